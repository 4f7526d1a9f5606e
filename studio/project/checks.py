"""Whether a file is a project of ours and whole, found out without changing a byte of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.domain.errors import DamagedProjectError, MissingProjectError, NewerProjectError, NotAProjectError
from studio.domain.i18n import _
from studio.project.failures import damaged
from studio.project.schema import APPLICATION_ID, MIGRATIONS, Migration, expected_shape, shape_of, version_of

#: SQLite's header (https://sqlite.org/fileformat.html#the_database_header): its first words, and where the
#: numbers lie that a program may set.
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_USER_VERSION_AT = 60
_APPLICATION_ID_AT = 68


@dataclass(frozen=True)
class Header:
    """What the first bytes of a project say."""

    version: int


def read_header(path: Path, newest: int = len(MIGRATIONS)) -> Header:
    """What kind of file this is, from its first bytes alone.

    Args:
        path: Any file.
        newest: The newest version that this studio knows.

    Raises:
        MissingProjectError: There is none, or it is a folder.
        NotAProjectError: It is something else.
        DamagedProjectError: It began as a database and is cut short.
        NewerProjectError: A newer studio wrote it.
        OSError: It can't be read.
    """
    if not path.is_file():
        raise MissingProjectError(
            _("There is no project file {path}.").format(path=path),
            _("It may have been moved, renamed or deleted."),
        )
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    if not start.startswith(_MAGIC):
        raise NotAProjectError(
            _("{name} is not a project of the studio.").format(name=path.name),
            _("Project files end in .studio and are made with New project."),
            f"{path} starts with {start[:16]!r}",
        )
    if len(start) < _HEADER_BYTES:
        raise damaged(path.name, f"{path} has {len(start)} bytes")
    version = int.from_bytes(start[_USER_VERSION_AT : _USER_VERSION_AT + 4], "big")
    application = int.from_bytes(start[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4], "big")
    if application != APPLICATION_ID:
        raise NotAProjectError(
            _("{name} is a database of another program, not a project of the studio.").format(name=path.name),
            _("Project files end in .studio and are made with New project."),
            f"{path}: application id {application:#010x}",
        )
    _check_version(path, version, newest)
    return Header(version)


def check_contents(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Whether the pages are whole and the tables are those of a project and nothing else (no triggers, no views).

    Raises:
        DamagedProjectError: They are not.
        NewerProjectError: A newer studio wrote it (the header of a file that was not closed may not say so yet).
        sqlite3.Error: SQLite could not even read it.
    """
    version = version_of(connection)
    _check_version(path, version, len(migrations))
    report = connection.execute("PRAGMA quick_check(1)").fetchone()
    if report is None or report[0] != "ok":
        raise damaged(path.name, f"{path}: {report and report[0]}")
    if version < 1 or shape_of(connection) != expected_shape(version, migrations):
        raise DamagedProjectError(
            _("{name} does not have the tables of a project, so another program changed it.").format(name=path.name),
            _("Open an earlier copy if you have one; the file stays as it is."),
            f"{path}: version {version}, {sorted(item[:2] for item in shape_of(connection))}",
        )


def _check_version(path: Path, version: int, newest: int) -> None:
    if version > newest:
        raise NewerProjectError(
            _("{name} was made with a newer version of the studio.").format(name=path.name),
            _("Update the studio to open it; the file stays as it is."),
            f"{path}: version {version}, this studio knows {newest}",
        )
