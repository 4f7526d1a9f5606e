"""A download on disk: what was asked for, what is to be fetched, and what has arrived so far.

``.downloads/NAME`` in the library, where listings do not look::

    job.json   what was asked for and which files, with hashes, of which commit
    parts/     files that are not complete, or not checked yet
    model/     files that are complete and have the right hash

Beside it lie its locks, held by the processes that work on it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import DamagedModelError, Failure, HubError, StudioError
from studio.domain.hub import DownloadKind, DownloadRequest, HubFile
from studio.domain.i18n import _
from studio.library.hub_client import is_safe_name
from studio.library.safety import check_id

FOLDER = ".downloads"
_FILE = "job.json"


class BusyError(HubError):
    """Another window or terminal works on this download."""


def busy(model_id: str) -> BusyError:
    """The error that says so."""
    return BusyError(
        _("Another window or terminal is downloading {id} right now.").format(id=model_id),
        _("Watch it there, or close that one and go on here."),
    )


@dataclass(frozen=True)
class DownloadPlan:
    """Which files of which commit are fetched; fixed once, so that a resumed download never mixes two versions.

    Attributes:
        revision: The commit.
        files: What to fetch.
        offered: Everything else there is, for external data that only a graph itself names.
        licence: See `studio.domain.hub.HubModel`.
        languages: See `studio.domain.hub.HubModel`.
        task: Task id, or empty.
    """

    revision: str
    files: tuple[HubFile, ...]
    offered: tuple[HubFile, ...] = ()
    licence: str = ""
    languages: tuple[str, ...] = ()
    task: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files to fetch."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True)
class Job:
    """What ``job.json`` holds.

    Attributes:
        model_id: Name in the library; also the job's id.
        kind: See `DownloadKind`.
        request: What was asked for.
        created_s: When, in seconds since 1970; the order of the queue.
        plan: None until the Hub was asked.
        failure: Why it stopped last, where it did not stop because somebody wanted it to.
    """

    model_id: str
    kind: DownloadKind
    request: DownloadRequest
    created_s: float
    plan: DownloadPlan | None = None
    failure: Failure | None = None

    @property
    def known_plan(self) -> DownloadPlan:
        """The plan, once there is one.

        Raises:
            StudioError: The Hub was not asked yet.
        """
        if self.plan is None:
            raise StudioError(_("The download {id} has not begun.").format(id=self.model_id))
        return self.plan


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job; nothing in it is a model yet."""

    path: Path
    model_id: str

    @classmethod
    def of(cls, library: Path, model_id: str) -> JobFolder:
        """The folder for a model of this name, which may not exist yet.

        Raises:
            InputError: That can't be a model's name.
        """
        # "@" can't be part of a name, so two names never share a folder.
        return cls(library / FOLDER / check_id(model_id).replace("/", "@"), model_id)

    @property
    def parts(self) -> Path:
        return self.path / "parts"

    @property
    def model(self) -> Path:
        return self.path / "model"

    def part(self, file: HubFile) -> Path:
        """Where a file grows. Named by its content too: what a changed file left behind is not gone on with."""
        return self.parts / hashlib.sha256(f"{file.name}\0{file.etag}\0{file.size}".encode()).hexdigest()[:32]

    def bytes_done(self, plan: DownloadPlan) -> int:
        """What of the plan is on disk."""
        return sum(self.bytes_of(file) for file in plan.files)

    def bytes_of(self, file: HubFile) -> int:
        """What of one file is on disk."""
        for path in (self.model / file.name, self.part(file)):
            with contextlib.suppress(OSError):
                return min(file.size, path.stat().st_size)
        return 0

    def write(self, job: Job) -> None:
        """Keep ``job``, in one step.

        Raises:
            OSError: It can't be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        unfinished = self.path / f"{_FILE}.{uuid.uuid4().hex[:8]}"
        try:
            with unfinished.open("w", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(job), ensure_ascii=False, indent=1) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(self.path / _FILE)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def read(self) -> Job:
        """The job.

        Raises:
            DamagedModelError: It can't be read; what has arrived can only be deleted.
        """
        try:
            return _job(json.loads((self.path / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise DamagedModelError(
                _("The notes of the download {id} are damaged.").format(id=self.model_id),
                _("Cancel it and start it again."),
                f"{self.path / _FILE}: {error!r}",
            ) from error

    @contextlib.contextmanager
    def lock(self, what: Literal["job", "transfer"], wait_s: float = 0.0) -> Iterator[None]:
        """Nobody else works on this job, or writes its parts, meanwhile. A process that dies lets go.

        Raises:
            BusyError: Somebody else does.
        """
        from filelock import FileLock, Timeout

        path = self._lock_of(what)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(path).acquire(timeout=wait_s, poll_interval=0.05):
                yield
        except Timeout as error:
            raise busy(self.model_id) from error
        finally:
            if not self.path.exists():
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
                    path.parent.rmdir()

    def _lock_of(self, what: Literal["job", "transfer"]) -> Path:
        return self.path.with_name(f"{self.path.name}@{what}.lock")

    def is_busy(self) -> bool:
        """Whether another process, or another queue of this one, works on it."""
        if not self._lock_of("job").exists():
            return False
        try:
            with self.lock("job"):
                return False
        except BusyError:
            return True

    def remove(self) -> None:
        """Delete everything that has arrived; whoever calls this holds the job's lock, or nobody does."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._lock_of("transfer").unlink(missing_ok=True)
            self._lock_of("job").unlink(missing_ok=True)
            self.path.parent.rmdir()


def unfinished_jobs(library: Path) -> tuple[JobFolder, ...]:
    """The jobs that lie in a library, in no order."""
    root = library / FOLDER
    try:
        found = [path for path in root.iterdir() if (path / _FILE).is_file() and not path.is_symlink()]
    except OSError:
        return ()
    return tuple(JobFolder(path, path.name.replace("@", "/")) for path in found)


def _job(data: dict[str, Any]) -> Job:
    request = dict(data["request"])
    request["precisions"] = tuple(str(name) for name in request.get("precisions") or ())
    kind: DownloadKind = "repair" if data["kind"] == "repair" else "download"
    failure = data.get("failure")
    return Job(
        check_id(str(data["model_id"])),
        kind,
        DownloadRequest(**request),
        float(data["created_s"]),
        _plan(data["plan"]) if data.get("plan") else None,
        Failure(**failure) if failure else None,
    )


def _plan(data: dict[str, Any]) -> DownloadPlan:
    plan = DownloadPlan(
        str(data["revision"]),
        tuple(HubFile(**file) for file in data["files"]),
        tuple(HubFile(**file) for file in data.get("offered") or ()),
        str(data.get("licence") or ""),
        tuple(str(code) for code in data.get("languages") or ()),
        str(data.get("task") or ""),
    )
    # The file lies in a folder that others may write to.
    if not all(is_safe_name(file.name) for file in (*plan.files, *plan.offered)):
        raise ValueError("a file outside the folder")
    return plan


def with_files(plan: DownloadPlan, names: set[str]) -> DownloadPlan:
    """The plan with further files of the same commit."""
    more = tuple(file for file in plan.offered if file.name in names)
    return replace(plan, files=(*plan.files, *more), offered=tuple(f for f in plan.offered if f.name not in names))
