"""What was being added when the studio ended: kept beside the models, so that it can be begun again."""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.library.add import AddRequest
from studio.library.working_folder import started
from studio.services.whole_file import write_whole

#: Listings of the library do not look where names begin with a dot.
_FOLDER = ".unfinished"


class UnfinishedConversions:
    """Notes in a library, one for each conversion that is not over. What can't be written or read is not kept.

    Args:
        root: The library's folder.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / _FOLDER

    def note(self, request: AddRequest) -> Path:
        """Keep what was asked for, until `forget`."""
        path = self._folder / f"{time.time_ns():020}-{uuid.uuid4().hex[:8]}.json"
        self._write(path, request)
        return path

    def forget(self, note: Path) -> None:
        """It is over."""
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)
            self._folder.rmdir()

    def left(self) -> Iterator[tuple[Path, AddRequest]]:
        """What processes that are gone did not end, the oldest first; from now on it is this one's."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
                if started(int(stored["pid"])) == stored["started"]:
                    continue
                request = _request(stored)
            except (OSError, ValueError, KeyError, TypeError):
                self.forget(path)
                continue
            self._write(path, request)
            yield path, request

    def _write(self, path: Path, request: AddRequest) -> None:
        stored = {
            "pid": os.getpid(),
            "started": started(os.getpid()),
            "source": request.source,
            "id": request.id,
            "task": request.task,
            "precisions": request.precisions,
            "keep_weights": request.keep_weights,
            "replace": request.replace,
            "source_name": request.source_name,
        }
        with contextlib.suppress(OSError):
            write_whole(path, json.dumps(stored, ensure_ascii=False))


def _request(stored: dict[str, Any]) -> AddRequest:
    """What was asked for. That pickled weights may be opened is asked anew.

    Raises:
        TypeError: A value is not of its kind.
    """
    given: dict[str, Any] = {"source": stored["source"], "precisions": tuple(stored["precisions"])}
    given |= {name: stored[name] for name in ("id", "task", "source_name") if stored[name] is not None}
    flags = {name: stored[name] for name in ("keep_weights", "replace")}
    words = [*given.pop("precisions"), *given.values()]
    if not all(isinstance(word, str) for word in words) or not all(isinstance(flag, bool) for flag in flags.values()):
        raise TypeError("a note of a conversion holds values of other kinds")
    return AddRequest(**given, precisions=tuple(stored["precisions"]), **flags)
