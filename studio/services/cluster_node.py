"""What a node of a cluster does for the studio: it holds one candidate in an ordinary worker process, as one here is.

Lives in a process that Ray started on that node. Latency is measured here, between this process and its worker, so
neither the network nor waiting for a turn is in it.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.cluster.folders import FolderCache
from studio.cluster.package import Package, PackedFile
from studio.domain.errors import Failure, ModelFolderError
from studio.domain.i18n import _
from studio.domain.running import Inputs, LoadSpec, Options
from studio.engine.child import OpenCandidate, open_candidate
from studio.engine.environment import environment
from studio.engine.jobs import Failed, Outcome
from studio.engine.protocol import Loaded, Ran, RanBatch
from studio.engine.supervisor import Supervisor
from studio.engine.worker import Worker

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class NodeLook:
    """What a node says of itself.

    Attributes:
        environment: See `studio.engine.environment.environment`.
        machine: Tells the computer apart from others; several nodes can be on one.
    """

    environment: Mapping[str, str | int | float | None]
    machine: str


def look() -> NodeLook:
    """Look at the computer that this runs on."""
    return NodeLook(environment(), machine())


def machine() -> str:
    """Tells this computer apart from others."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:  # Windows and macOS
        return f"{socket.gethostname()} {uuid.getnode():x}"


@dataclass(frozen=True)
class SentFile:
    """A picture or a recording that a row names, on its way to a node.

    Attributes:
        path: Where it lies on the computer that sends it.
        file: What tells it apart; None where there is no such file.
        data: Its contents; None as long as it is hoped that the node can read it at the same path.
    """

    path: Path
    file: PackedFile | None
    data: bytes | None = None


@dataclass(frozen=True)
class FilesWanted:
    """The node can't read the files of these rows: they have to be sent."""


class NodeCandidate:
    """One candidate on a node.

    Args:
        opener: Opens it inside the worker.
        root: Where folders that were sent are kept; the usual place where None.
    """

    def __init__(self, opener: OpenCandidate = open_candidate, root: Path | None = None) -> None:
        self._supervisor = Supervisor(opener)
        self._folders = FolderCache(root)
        self._worker: Worker | None = None

    # -- folders: called by the process that talks to Ray ----------------------------------------------------------

    def lacks(self, package: Package) -> bool:
        """See `FolderCache.lacks`."""
        return self._folders.lacks(package)

    def take(self, fingerprint: str, name: str, offset: int, data: bytes) -> None:
        """See `FolderCache.take`."""
        self._folders.take(fingerprint, name, offset, data)

    def complete(self, package: Package) -> None:
        """See `FolderCache.complete`."""
        self._folders.complete(package)

    def shares(self, packages: Sequence[Package]) -> bool:
        """Whether these folders can be read here as they are, because the node shares the disk."""
        return all(package.shared for package in packages)

    # -- the candidate ---------------------------------------------------------------------------------------------

    def open(self, spec: LoadSpec, folder: Package, weights: Package | None) -> Outcome[Loaded]:
        """Open a candidate in a new worker; what was open before is closed."""
        if self._worker is not None:
            self._worker.close()
        try:
            here = replace(spec, folder=self._folders.folder_of(folder))
            if weights is not None:
                here = replace(here, weights=self._folders.folder_of(weights))
        except OSError as error:
            return Failed(Failure.of(_lacking(error)))
        self._worker = self._supervisor.start()
        return _ended(self._worker.load(here).wait())

    def run(self, inputs: Inputs, options: Options) -> Outcome[Ran] | FilesWanted:
        """See `Worker.run`."""
        with _Files() as files:
            here = files.inputs(inputs)
            return FilesWanted() if here is None else _ended(self._open.run(here, options).wait())

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> Outcome[RanBatch] | FilesWanted:
        """See `Worker.run_batch`."""
        with _Files() as files:
            here = [each for inputs in batch if (each := files.inputs(inputs)) is not None]
            return FilesWanted() if len(here) < len(batch) else _ended(self._open.run_batch(here, options).wait())

    def lengths(self, batch: Sequence[Inputs]) -> Outcome[tuple[int, ...]] | FilesWanted:
        """See `Worker.lengths`."""
        with _Files() as files:
            here = [each for inputs in batch if (each := files.inputs(inputs)) is not None]
            return FilesWanted() if len(here) < len(batch) else _ended(self._open.lengths(here).wait())

    @property
    def _open(self) -> Worker:
        if self._worker is None:
            raise RuntimeError("no candidate is open")
        return self._worker


class _Files:
    """The files of the rows that are being answered; those that were sent go afterwards."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._count = 0

    def inputs(self, inputs: Inputs) -> Inputs | None:
        """The inputs with paths of this node; None where a file has to be sent first."""
        found: dict[str, Any] = {}
        for name, value in inputs.items():
            if isinstance(value, SentFile):
                path = self._path(value)
                if path is None:
                    return None
                found[name] = path
            else:
                found[name] = value
        return found

    def _path(self, sent: SentFile) -> str | None:
        if sent.data is None and sent.file is not None:
            return str(sent.path) if sent.file.same_at(sent.path.parent) else None
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="studio-rows-"))
        # In a folder of its own, under its own name, which sentences about it tell.
        self._count += 1
        path = self._folder / str(self._count) / sent.path.name
        if sent.data is not None:
            path.parent.mkdir()
            path.write_bytes(sent.data)
        return str(path)

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _ended(outcome: Outcome[Any] | None) -> Outcome[Any]:
    assert outcome is not None, "waited without a limit"
    return outcome


def _lacking(error: OSError) -> ModelFolderError:
    return ModelFolderError(
        _("The model did not arrive on a node of the cluster."), _("Try again; its disk may be full."), str(error)
    )
