"""Small files of the user's that are whole at any time: settings, the list of endpoints."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Put ``text`` in place of what the file holds; whatever happens meanwhile, it holds the one or the other.

    Raises:
        OSError: It can't be written; what it held is still there.
    """
    # Imported here: every start reads settings, few write them.
    import uuid

    unfinished = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def set_aside(file: Path) -> str:
    """Keep a damaged file under another name, so that the next change does not overwrite it; that name."""
    from datetime import datetime

    kept = file.with_name(f"{file.stem}.damaged-{datetime.now():%Y%m%d-%H%M%S}{file.suffix}")
    with suppress(OSError):
        file.replace(kept)
    return kept.name
