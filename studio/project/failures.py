"""What SQLite and the system say, as sentences for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.domain.errors import (
    DamagedProjectError,
    MissingProjectError,
    ProjectError,
    ProjectInUseError,
    ProjectStorageError,
    ReadOnlyProjectError,
    is_disk_full,
)
from studio.domain.i18n import _


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite or the system raise about the project at ``path`` into a `ProjectError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise explanation(path, error) from error
    except UnicodeError as error:
        # SQLite's messages quote the file, and a damaged one may quote anything.
        raise damaged(path.name, f"{path}: {error}") from error
    except OSError as error:
        raise _of_system(path, error) from error


def explanation(path: Path, error: sqlite3.Error) -> ProjectError:
    """The `ProjectError` that stands for ``error``."""
    code = getattr(error, "sqlite_errorname", None) or ""
    detail = f"{path}: {code or type(error).__name__}: {error}"
    name = path.name
    if code.startswith("SQLITE_FULL"):
        return disk_full(name, detail)
    if code.startswith("SQLITE_READONLY") or code == "SQLITE_PERM":
        return read_only(path, detail)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ProjectInUseError(
            _("{name} is being used by another program.").format(name=name),
            _("Close it there and try again, or open a copy."),
            detail,
        )
    if code.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
        return ProjectStorageError(
            _("{name} can't be read or written any more.").format(name=name),
            _("Check that its disk is connected and not full, and that you may write there."),
            detail,
        )
    return damaged(name, detail)


def damaged(name: str, detail: str) -> DamagedProjectError:
    """A file that began as a project and is one no more."""
    return DamagedProjectError(
        _("{name} is damaged and can't be opened.").format(name=name),
        _("Open an earlier copy if you have one; the file stays as it is."),
        detail,
    )


def disk_full(name: str, detail: str) -> ProjectStorageError:
    """No room to store a change or a copy."""
    return ProjectStorageError(
        _("The disk is full, so what changed in {name} could not be stored.").format(name=name),
        _("Free some space, or save a copy on another disk."),
        detail,
    )


def read_only(path: Path, detail: str = "") -> ReadOnlyProjectError:
    """A project that may not be changed."""
    return ReadOnlyProjectError(
        _("{name} is read-only, so nothing in it can be changed.").format(name=path.name),
        _("Open it to look at, or open a copy to go on."),
        detail or str(path),
    )


def gone(path: Path) -> ProjectStorageError:
    """A project whose file was deleted or moved while it was open."""
    return ProjectStorageError(
        _("{name} was moved or deleted while it was open, so nothing more is stored in it.").format(name=path.name),
        _("Save a copy now: all that was stored before is still here."),
        str(path),
    )


def _of_system(path: Path, error: OSError) -> ProjectError:
    if is_disk_full(error):
        return disk_full(path.name, f"{path}: {error}")
    if isinstance(error, FileNotFoundError):
        return MissingProjectError(
            _("There is no file {path}.").format(path=path),
            _("It may have been moved, renamed or deleted."),
            str(error),
        )
    return ProjectStorageError(
        _("{path} can't be used: {reason}.").format(path=path, reason=error.strerror or error),
        _("Check that its disk is connected, and that you may read and write there."),
        str(error),
    )
