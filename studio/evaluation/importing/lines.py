"""Lines of a text file, however long, with their number and whether their bytes are what the encoding allows."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Longest line that is kept, in characters; of a longer one only the beginning is.
LONGEST_LINE = 4_000_000
#: Bytes that the encoding does not allow are read as these (`surrogateescape`, or U+FFFD where that can't be).
_ESCAPED = re.compile("[\udc80-\udcff]")
#: Encodings of more than one byte a unit can't mark single bytes.
_WIDE = ("utf-16", "utf-32")


class Lines:
    """Reads a text file line by line. Lines can be given back, to be read again.

    Attributes:
        line: Number of the line that was read last, counted from 1.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._raw: BinaryIO = path.open("rb")
        self._size = max(1, path.stat().st_size)
        errors = "replace" if encoding.lower().startswith(_WIDE) else "surrogateescape"
        # newline="": a line break inside a quoted cell stays as it is.
        self._text = io.TextIOWrapper(self._raw, encoding, errors, newline="")
        self._back: deque[str] = deque()
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.line += 1
        if len(line) >= LONGEST_LINE and not line.endswith(("\n", "\r")):
            self._skip_rest()
        return line

    def _skip_rest(self) -> None:
        while (more := self._text.readline(LONGEST_LINE)) and not more.endswith(("\n", "\r")):
            pass

    def give_back(self, lines: list[str]) -> None:
        """Read these lines, which were the last ones read, once more."""
        self._back.extendleft(reversed(lines))
        self.line -= len(lines)

    def at_end(self) -> bool:
        """Whether every line was read."""
        if not self._back:
            line = self._text.readline(LONGEST_LINE)
            if line:
                self._back.append(line)
        return not self._back

    def fraction(self) -> float:
        """The share of the file that is read."""
        return min(1.0, self._raw.tell() / self._size) if not self._raw.closed else 1.0

    def close(self) -> None:
        """Give the file free."""
        self._text.close()


def is_undecodable(text: str) -> bool:
    """Whether a text holds bytes that its file's encoding does not allow."""
    return _ESCAPED.search(text) is not None
