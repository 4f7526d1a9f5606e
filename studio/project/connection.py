"""SQLite connections to project files: with care for what a stranger may have written, and without traces."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from studio.project.failures import read_only
from studio.project.lock import is_held
from studio.project.schema import Migration, migrate

#: How long another program may hold the file before that is an error, in seconds.
PATIENCE_S = 2.0
#: Longest single value SQLite hands out, in bytes: a crafted file can't ask for gigabytes.
_LONGEST_VALUE = 64 * 1024 * 1024


def open_to_write(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """A connection in WAL mode, to a file of the newest version; an older one is migrated.

    Raises:
        ReadOnlyProjectError: The disk allows no WAL mode.
        sqlite3.Error: It can't be opened or migrated.
    """
    connection = connect(path, "rw")
    try:
        prepare(connection)
        migrate(connection, migrations)
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise read_only(path, "no WAL mode here")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, neither in the file nor beside it."""
    # A file without a -wal file is complete in itself; `immutable` keeps SQLite from making files beside it.
    return connect(path, "ro" if has_log(path) or is_held(path) else "ro&immutable=1")


def connect(path: Path, mode: str = "rwc") -> sqlite3.Connection:
    """A connection in autocommit mode, for any thread.

    Args:
        path: The file.
        mode: ``ro``, ``rw`` or ``rwc`` (make it where it is missing), as in SQLite's URIs.
    """
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=PATIENCE_S,
        isolation_level=None,
        check_same_thread=False,
    )


def prepare(connection: sqlite3.Connection) -> None:
    """Have SQLite read a file that may be anyone's with care."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    # A file that shrinks under a memory map kills the process.
    connection.execute("PRAGMA mmap_size = 0")
    # Bytes that are no UTF-8 become marks; the checks then say that the file is damaged.
    connection.text_factory = _text


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def end_running(connection: sqlite3.Connection) -> None:
    """Answers that were running when the studio ended are running no more."""
    connection.execute("UPDATE results SET status = 'interrupted' WHERE status = 'running'")
    # A file of an older version has no evaluations yet.
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'evaluated'").fetchone():
        connection.execute("UPDATE evaluated SET status = 'interrupted' WHERE status = 'running'")


def has_log(path: Path) -> bool:
    """Whether changes wait in a write-ahead log beside the file: it is open, or its process was killed."""
    return _beside(path, "-wal").exists()


def needs_rollback(path: Path) -> bool:
    """Whether a transaction was cut off half-way; the file is whole again once it was opened to write."""
    return _beside(path, "-journal").exists()


def _beside(path: Path, mark: str) -> Path:
    real = path.resolve()
    return real.with_name(real.name + mark)
