"""Writing a file so that there is all of it or nothing: a half-written report that opens is worse than none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from studio.domain.errors import InputError
from studio.domain.i18n import _


@contextmanager
def whole_file(path: Path, mode: str = "w", newline: str | None = "\n") -> Iterator[IO[Any]]:
    """Open a file to write; it appears under its name, replacing an earlier one, once the block ends well.

    Raises:
        InputError: It can't be written there.
    """
    try:
        with _instead(path, mode, newline) as file:
            yield file
    except OSError as error:
        raise InputError(
            _("{path} can't be written.").format(path=path), _("Choose another place, or free some space."), str(error)
        ) from error


def write_whole(file: Path, text: str) -> None:
    """Put ``text`` in place of what the file holds, also where the power goes meanwhile; its folder is made.

    Raises:
        OSError: It can't be written; what it held is still there.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _instead(file, "w", None) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _instead(path: Path, mode: str, newline: str | None) -> Iterator[IO[Any]]:
    # Imported here: every start reads settings, few write them.
    import uuid

    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    text = "b" not in mode
    try:
        with beside.open(mode, encoding="utf-8" if text else None, newline=newline if text else None) as file:
            yield file
        beside.replace(path)
    finally:
        # Where even that fails, what went wrong before is what counts.
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def set_aside(file: Path) -> str:
    """Keep a damaged file under another name, so that the next change does not overwrite it; that name."""
    from datetime import datetime

    kept = file.with_name(f"{file.stem}.damaged-{datetime.now():%Y%m%d-%H%M%S}{file.suffix}")
    with suppress(OSError):
        file.replace(kept)
    return kept.name
