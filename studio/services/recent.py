"""Which projects were open lately, kept in a small file of its own."""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

#: How many are remembered.
KEPT = 30


@dataclass(frozen=True)
class RecentProject:
    """A project that was open lately.

    Attributes:
        path: Its file.
        name: What it was called then.
        opened: When it was last open, in UTC.
        draft: Whether it was never saved to a place of the user's choice.
        missing: Whether the file is not there now (moved, deleted, or a disk that is not connected).
    """

    path: Path
    name: str
    opened: datetime
    draft: bool = False
    missing: bool = False


class RecentProjects:
    """The list, newest first. A list that can't be read counts as empty, one that can't be written is not kept:
    neither may stand in the way of work."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def all(self) -> tuple[tuple[Path, str, datetime], ...]:
        """Path, name and time of each."""
        try:
            entries = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(
                (Path(str(entry["path"])), str(entry["name"]), datetime.fromisoformat(str(entry["opened"])))
                for entry in entries[:KEPT]
            )
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return ()

    def add(self, path: Path, name: str) -> None:
        """Put a project at the top."""
        others = [entry for entry in self.all() if entry[0] != path]
        self._write([(path, name, datetime.now(UTC)), *others])

    def remove(self, path: Path) -> None:
        """Forget a project."""
        self._write([entry for entry in self.all() if entry[0] != path])

    def _write(self, entries: list[tuple[Path, str, datetime]]) -> None:
        data = [{"path": str(p), "name": name, "opened": opened.isoformat()} for p, name, opened in entries[:KEPT]]
        unfinished = self._file.with_name(f".{self._file.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            unfinished.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
