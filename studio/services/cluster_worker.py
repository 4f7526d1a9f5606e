"""The studio's handle on a candidate that is open on a node: the same jobs as those of a worker process here."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from studio.cluster.link import ClusterLink, unpickled
from studio.cluster.package import Package, packed
from studio.domain.errors import Failure
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import FILE_KINDS
from studio.engine.jobs import Cancelled, Failed, Job
from studio.engine.protocol import Loaded, Ran, RanBatch
from studio.services.cluster_node import FilesWanted, SentFile
from studio.tasks import find_task

_IDS = itertools.count(1)
#: What ends the worker on the node, so that the candidate has to be opened again.
_ENDS_WORKER = ("WorkerError", "WorkerCrashed", "WorkerHung", "OutOfMemory")


class ClusterWorker:
    """One candidate on a node. It does one job at a time.

    Args:
        link: The cluster.
        lane: Number of the process there that holds it.
        spec: What is opened.
    """

    def __init__(self, link: ClusterLink, lane: int, spec: LoadSpec) -> None:
        self._link, self._lane, self._spec = link, lane, spec
        self._file_fields = {field.name for field in find_task(spec.task).inputs if field.kind in FILE_KINDS}
        self._sends_files = False
        self._failure: Failure | None = None

    @property
    def failure(self) -> Failure | None:
        """Why it can do no more jobs; None while it can."""
        return self._failure

    def load(self, folder: Package, weights: Package | None) -> Job[Loaded]:
        """Open the candidate."""
        return self._submit("open", self._spec, folder, weights)

    def run(self, inputs: Inputs, options: Options) -> Job[Ran]:
        """See `studio.engine.worker.Worker.run`."""
        return self._with_files("run", inputs, options)

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> Job[RanBatch]:
        """See `studio.engine.worker.Worker.run_batch`."""
        return self._with_files("run_batch", tuple(batch), options)

    def lengths(self, batch: Sequence[Inputs]) -> Job[tuple[int, ...]]:
        """See `studio.engine.worker.Worker.lengths`."""
        return self._with_files("lengths", tuple(batch))

    def _with_files(self, method: str, inputs: Any, *more: Any) -> Job[Any]:
        if not self._file_fields:
            return self._submit(method, inputs, *more)
        job: Job[Any] = Job(next(_IDS), self._cancel, None)

        def ask() -> None:
            sent = self._sent(inputs) if isinstance(inputs, Mapping) else tuple(self._sent(each) for each in inputs)
            self._link.call(self._lane, method, sent, *more).add_done_callback(heard)

        def heard(future: Future[Any]) -> None:
            # Asked once more with the files themselves where the node can't read them, and so from then on.
            if not self._sends_files and _value(future) == FilesWanted():
                self._sends_files = True
                ask()
            else:
                self._take(job, future)

        ask()
        return job

    def _submit(self, method: str, *arguments: Any) -> Job[Any]:
        job: Job[Any] = Job(next(_IDS), self._cancel, None)
        self._link.call(self._lane, method, *arguments).add_done_callback(lambda future: self._take(job, future))
        return job

    def _take(self, job: Job[Any], future: Future[Any]) -> None:
        """Hand on how it ended; on the thread that hears the cluster."""
        error = future.exception()
        if error is not None:
            self._failure = Failure.of(error)
            job.end(Failed(self._failure))
            return
        outcome = unpickled(future.result())
        if isinstance(outcome, Failed) and outcome.failure.kind in _ENDS_WORKER:
            self._failure = outcome.failure
        job.end(outcome)

    def _cancel(self, job: Job[Any]) -> None:
        """Nothing of it is wanted any more: the process there ends, and its worker with it."""
        self._failure = self._failure or Failure("StoppedError", "")
        self._link.drop(self._lane)
        job.end(Cancelled())

    def _sent(self, inputs: Inputs) -> Inputs:
        found = dict(inputs)
        for name in self._file_fields & set(inputs):
            found[name] = _sent_file(Path(inputs[name]), self._sends_files)
        return found


def _value(future: Future[Any]) -> Any:
    return None if future.exception() is not None else unpickled(future.result())


def _sent_file(path: Path, with_data: bool) -> SentFile:
    try:
        (file,) = packed(path.parent, [path.name]).files
        return SentFile(path, file, path.read_bytes() if with_data else None)
    except (OSError, ValueError):
        # The node says so in the same sentence as a worker here would.
        return SentFile(path, None)


def lost(worker: ClusterWorker) -> bool:
    """Whether the process on the node is gone, and not only its worker."""
    failure = worker.failure
    return failure is not None and failure.kind not in _ENDS_WORKER
