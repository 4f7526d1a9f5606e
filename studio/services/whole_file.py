"""Writing a file so that there is all of it or nothing: a half-written report that opens is worse than none."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    text = "b" not in mode
    try:
        with beside.open(mode, encoding="utf-8" if text else None, newline=newline if text else None) as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise InputError(
            _("{path} can't be written.").format(path=path), _("Choose another place, or free some space."), str(error)
        ) from error
    finally:
        beside.unlink(missing_ok=True)
