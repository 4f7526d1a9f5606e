"""One open ``.studio`` file: opening, closing, copying, moving, and transactions from any thread.

While a project is open its database is in WAL mode: each change costs about a millisecond, and a process that is
killed loses nothing that was committed. Closed, it is one plain file that can be mailed or copied.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from studio.domain.errors import InputError, ProjectError
from studio.domain.i18n import _
from studio.project.checks import check_contents, read_header
from studio.project.connection import connect, end_running, needs_rollback, open_to_read, open_to_write, prepare
from studio.project.failures import explained, gone, read_only
from studio.project.lock import ProjectLock, in_use, is_held
from studio.project.schema import MIGRATIONS, Migration, migrate


class ProjectFile:
    """An open project file; `create`, `open` and `open_read_only` make one. Safe to use from any thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: ProjectLock | None) -> None:
        self._path = path
        self._connection = connection
        self._lock = lock
        self._identity = _identity(path)
        self._turn = threading.RLock()
        self._closed = False

    # -- opening -------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> ProjectFile:
        """A new, empty project.

        Raises:
            InputError: There is a file already.
            ProjectError: It can't be made there.
        """
        if path.exists():
            raise _exists(path)
        with explained(path):
            lock = _locked(path)
            try:
                # Made whole under another name first, so that no half-made project is ever seen.
                unfinished = _beside(path)
                try:
                    connection = connect(unfinished)
                    try:
                        migrate(connection, migrations)
                    finally:
                        connection.close()
                    unfinished.replace(path)
                finally:
                    _delete(unfinished)
                return cls(path, open_to_write(path, migrations), lock)
            except BaseException:
                lock.release()
                raise

    @classmethod
    def open(cls, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> ProjectFile:
        """Open a project to work in it. A file that fails any check is left as it is, to the byte.

        Raises:
            ProjectError: One of its kinds for a file that is missing, foreign, damaged, newer, read-only, or open
                elsewhere.
        """
        with explained(path):
            read_header(path, len(migrations))
            if _may_not_write(path):
                raise read_only(path)
            lock = _locked(path)
            try:
                # A transaction that was cut off half-way must be rolled back first; only an opening to write does that.
                opening = connect(path, "rw") if needs_rollback(path) else open_to_read(path)
                with contextlib.closing(opening) as reader:
                    prepare(reader)
                    check_contents(reader, path, migrations)
                connection = open_to_write(path, migrations)
                try:
                    end_running(connection)
                except BaseException:
                    connection.close()
                    raise
                return cls(path, connection, lock)
            except BaseException:
                lock.release()
                raise

    @classmethod
    def open_read_only(cls, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> ProjectFile:
        """The project as it is now, in memory, to look at; also one that is open elsewhere.

        Raises:
            ProjectError: As `open`, except for files that are read-only or in use.
        """
        with explained(path):
            read_header(path, len(migrations))
            memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            try:
                with contextlib.closing(open_to_read(path)) as reader:
                    prepare(reader)
                    check_contents(reader, path, migrations)
                    reader.backup(memory)
                prepare(memory)
                migrate(memory, migrations)
                if not is_held(path):
                    end_running(memory)
                memory.execute("PRAGMA query_only = ON")
            except BaseException:
                memory.close()
                raise
            return cls(path, memory, None)

    # -- using ---------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        return self._path

    @property
    def read_only(self) -> bool:
        return self._lock is None

    @property
    def closed(self) -> bool:
        return self._closed

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone."""
        with self._turn, explained(self._path):
            self._check_open()
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection within one transaction, for this thread alone: all of it is stored, or nothing.

        Raises:
            ReadOnlyProjectError: The project was opened to look at.
            ProjectStorageError: The disk is full or gone.
        """
        with self._turn, explained(self._path):
            self._check_open()
            if self._lock is None:
                raise read_only(self._path)
            if self._is_gone():
                raise gone(self._path)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite has ended the transaction itself after some errors, a full disk among them.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _is_gone(self) -> bool:
        """Whether the file was deleted or moved away while it is open: what is written would be lost."""
        return self._lock is not None and _identity(self._path) != self._identity

    def _check_open(self) -> None:
        if self._closed:
            raise ProjectError(_("{name} is closed.").format(name=self._path.name))

    # -- leaving -------------------------------------------------------------------------------------------------

    def copy_to(self, target: Path, overwrite: bool = False) -> None:
        """Write a compact copy; work here goes on meanwhile. The target appears whole or not at all.

        Raises:
            InputError: The target is this file, or exists and ``overwrite`` was not given.
            NotAProjectError: The target is no project, so it is not replaced.
            ProjectInUseError: The target is open in another window.
            ProjectStorageError: There is no room, or no permission.
        """
        with self._target(target, overwrite):
            self._write_copy(target)

    def move_to(self, target: Path, overwrite: bool = False) -> None:
        """Move the file and go on in it there. Raises as `copy_to`; the file then stays where it was."""
        if self._lock is None:
            raise read_only(self._path)
        with self._target(target, overwrite) as lock, self._turn:
            self._check_open()
            self._write_copy(target)
            connection = open_to_write(target, MIGRATIONS)
            old_path, old_connection, old_lock = self._path, self._connection, self._lock
            self._path, self._connection, self._lock = target, connection, lock.pop()
            self._identity = _identity(target)
            old_connection.close()
            for mark in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    old_path.with_name(old_path.name + mark).unlink(missing_ok=True)
            old_lock.release()

    @contextmanager
    def _target(self, target: Path, overwrite: bool) -> Iterator[list[ProjectLock]]:
        """Checks and locks the place of a copy. Who takes the lock out of the list keeps it."""
        if target.resolve() == self._path.resolve():
            raise InputError(_("This is the file of the open project."), _("Choose another name."))
        with explained(target):
            if target.exists():
                if is_held(target):
                    raise in_use(target)
                if not overwrite:
                    raise _exists(target)
                read_header(target, newest=2**31)
            locks = [_locked(target)]
            try:
                yield locks
            finally:
                for lock in locks:
                    lock.release()

    def _write_copy(self, target: Path) -> None:
        unfinished = _beside(target)
        try:
            with self._reader() as connection:
                connection.execute("VACUUM INTO ?", (str(unfinished),))
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            unfinished.replace(target)
        finally:
            _delete(unfinished)

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection to copy from; of its own where there is a file, so that writers need not wait."""
        with self.reading() as connection:
            if self._lock is None or self._is_gone():
                connection.execute("PRAGMA query_only = OFF")
                try:
                    yield connection
                finally:
                    connection.execute(f"PRAGMA query_only = {int(self._lock is None)}")
                return
        with contextlib.closing(connect(self._path, "ro")) as reader:
            yield reader

    def close(self) -> None:
        """Leave one plain file behind. Closing twice is fine."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            try:
                if self._lock is not None:
                    # On a full disk this fails; the changes then stay in the -wal file, which the next open reads.
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.execute("PRAGMA journal_mode = DELETE")
            finally:
                self._connection.close()
                if self._lock is not None:
                    self._lock.release()


def _locked(path: Path) -> ProjectLock:
    """The lock of a project. With it in hand, half-made copies of a killed process are nobody's, and go."""
    lock = ProjectLock(path)
    for left in path.parent.glob(glob.escape(f".{path.name}.") + "*.part*"):
        with contextlib.suppress(OSError):
            left.unlink()
    return lock


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _may_not_write(path: Path) -> bool:
    # Permission bits count even for an administrator, who could ignore them: they are the user's will.
    return not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


def _delete(path: Path) -> None:
    for mark in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + mark).unlink(missing_ok=True)


def _exists(path: Path) -> InputError:
    return InputError(
        _("There is a file {name} already.").format(name=path.name), _("Choose another name, or replace it.")
    )
