"""Which line breaks of a text are the page's and which are the writer's: sentences go on over the page's."""

from __future__ import annotations

import re
import unicodedata

_BULLET = re.compile(r"\s*(?:[-*•·▪●○–—>#|]|\(?\d{1,3}[.)]|[a-z]\))(?:\s|$)")
_ENDS = tuple(".!?:;。！？：；…|")
#: A line is full, so that its sentence may go on in the next, from this share of the longest lines' length on.
_FULL = 0.7
#: Lines shorter than this were never broken by a page.
_SHORTEST = 40


def starts_item(line: str) -> bool:
    """Whether a line begins an item of a list, a heading of Markdown or a row of a table."""
    return _BULLET.match(line) is not None


def width_of(line: str) -> int:
    """About how much room a line takes: Chinese characters are twice as wide as Latin letters."""
    return len(line) if line.isascii() else len(line) + sum(unicodedata.east_asian_width(c) in "WF" for c in line)


def usual_width(lines: list[str]) -> int:
    """How wide the longer lines of a page are; 0 for none."""
    return sorted(map(width_of, lines))[int(0.9 * len(lines))] if lines else 0


def goes_on(line: str, width: int) -> bool:
    """Whether a line is so full that its sentence may go on in the next.

    Args:
        line: The line.
        width: `usual_width` of its page.
    """
    taken = width_of(line)
    return taken >= max(_SHORTEST, _FULL * width) and not (line.endswith(_ENDS) and taken < 0.9 * width)
