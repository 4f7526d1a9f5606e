"""Who has a project open: a lock file beside it.

The operating system's lock on that file decides, and it ends with its process, however that dies. What is written in
the file only tells a second opener whom to ask.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from studio.domain.errors import ProjectInUseError
from studio.domain.i18n import _

#: Windows locks bytes for reading too, so the byte locked lies far behind what is read.
_FAR = 1 << 30
_LONGEST = 4096
#: Whoever asks `is_held` has the lock for a moment, which is no reason to refuse anyone.
_TRIES = 3
_PAUSE_S = 0.02


@dataclass(frozen=True)
class Holder:
    """Who has a project open.

    Attributes:
        pid: Process id.
        host: Computer.
        user: Account.
        since: When it was opened, in UTC.
    """

    pid: int
    host: str
    user: str
    since: datetime


class ProjectLock:
    """The right to change a project. Taken when made, given up by `release`; also works between two windows of one
    process.

    Raises:
        ProjectInUseError: Someone else has it; the sentence says who.
        OSError: The folder can't be written to.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._path = lock_path(project)
        self._descriptor = self._take()
        holder = {
            "pid": os.getpid(),
            "host": platform.node(),
            "user": _user(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.truncate(self._descriptor if os.truncate in os.supports_fd else self._path, 0)
        os.write(self._descriptor, json.dumps(holder).encode())

    def _take(self) -> int:
        tries = 0
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            if not _try_lock(descriptor):
                os.close(descriptor)
                tries += 1
                if tries == _TRIES:
                    raise in_use(self._project)
                time.sleep(_PAUSE_S)
                continue
            # Whoever held it before may have deleted the file between our opening and locking it.
            try:
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    return descriptor
            except FileNotFoundError:
                pass
            os.close(descriptor)

    def release(self) -> None:
        """Give it up; doing so twice is fine."""
        if self._descriptor < 0:
            return
        if sys.platform == "win32":
            # An open file can't be deleted there.
            os.close(self._descriptor)
            self._path.unlink(missing_ok=True)
        else:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
        self._descriptor = -1

    def __enter__(self) -> ProjectLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_path(project: Path) -> Path:
    """Where the lock of a project lies; links to one project share it."""
    real = project.resolve()
    return real.with_name(f".{real.name}.lock")


def is_held(project: Path) -> bool:
    """Whether someone has the project open to change it."""
    try:
        descriptor = os.open(lock_path(project), os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def holder_of(project: Path) -> Holder | None:
    """Who has the project open; None where nobody has, or it can't be read who."""
    return _read(project) if is_held(project) else None


def in_use(project: Path) -> ProjectInUseError:
    """The sentence for a project that someone else holds."""
    holder = _read(project)
    next_step = _("Close it there, or open it read-only or as a copy.")
    if holder is None:
        return ProjectInUseError(_("{name} is open in another window.").format(name=project.name), next_step)
    since = holder.since.astimezone()
    return ProjectInUseError(
        _("{name} has been open in another window since {time} ({user} on {host}, process {pid}).").format(
            name=project.name, time=f"{since:%Y-%m-%d %H:%M}", user=holder.user, host=holder.host, pid=holder.pid
        ),
        next_step,
    )


def _read(project: Path) -> Holder | None:
    try:
        with lock_path(project).open("rb") as file:
            data = json.loads(file.read(_LONGEST))
        return Holder(
            int(data["pid"]), str(data["host"]), str(data["user"]), datetime.fromisoformat(str(data["since"]))
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "?"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
