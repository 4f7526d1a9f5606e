"""Downloads and conversions of the whole window: they go on whichever screen is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.hub import DownloadProgress, DownloadRequest
from studio.domain.i18n import N_, _
from studio.gui.bridge import Background, Stream
from studio.gui.jobs import RunningJob, RunningJobs
from studio.gui.words import Words, plain

if TYPE_CHECKING:
    from studio.library.add import AddRequest
    from studio.library.store import Library
    from studio.services.conversions import Conversion, Conversions
    from studio.services.downloads import Downloads

#: A download's id, or a conversion's number.
JobId = str | int


@dataclass(frozen=True)
class _Queues:
    downloads: Downloads
    conversions: Conversions
    forget: tuple[Callable[[], None], ...]

    def close(self) -> None:
        for forget in self.forget:
            forget()
        self.downloads.close()
        self.conversions.close()


class ModelJobs(QObject):
    """Follows the two queues of the library, and carries what is asked of them off the window's thread.

    Attributes:
        downloads: By job id, in the order of the queue.
        conversions: By number.

    Signals:
        changed: A job (its id) moved, began, ended or is off the list.
        arrived: A model (its id) is in the library now, or whole again.
        failed: What was asked for could not be done.
    """

    changed = Signal(object)
    arrived = Signal(str)
    failed = Signal(Failure)

    def __init__(
        self, background: Background, jobs: RunningJobs, library: Callable[[], Library], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._jobs, self._library = background, jobs, library
        self.downloads: dict[str, DownloadProgress] = {}
        self.conversions: dict[int, Conversion] = {}
        self._running: dict[JobId, RunningJob] = {}
        self._moved: Stream[DownloadProgress | Conversion] = Stream(background, self._take, self)
        self._making = threading.Lock()
        self._queues: _Queues | None = None
        self._closed = False

    # -- what a screen asks for ----------------------------------------------------------------------------------

    def look(self) -> None:
        """Read what earlier sessions left unfinished."""

        def read() -> tuple[DownloadProgress | Conversion, ...]:
            queues = self._opened()
            return *queues.downloads.jobs(), *queues.conversions.jobs()

        self._background.run(read, self._take, self.failed.emit, owner=self)

    def download(self, request: DownloadRequest) -> None:
        """Download a model."""
        self._ask(lambda queues: queues.downloads.enqueue(request))

    def repair(self, model_id: str) -> None:
        """Fetch the damaged files of a model again."""
        self._ask(lambda queues: queues.downloads.repair(model_id))

    def add(self, request: AddRequest) -> None:
        """Add a model from this computer, converting what has to be."""
        self._ask(lambda queues: queues.conversions.enqueue(request))

    def pause(self, job: str) -> None:
        """Stop a download and keep what has arrived."""
        self._ask(lambda queues: queues.downloads.pause(job))

    def resume(self, job: str) -> None:
        """Go on with a download."""
        self._ask(lambda queues: queues.downloads.resume(job))

    def again(self, number: int) -> None:
        """Begin a conversion anew that failed or was ended."""
        self._ask(lambda queues: queues.conversions.again(number), lambda: self._forget(number))

    def stop(self, job: JobId) -> None:
        """Give a job up; nothing is left of it."""
        if isinstance(job, int):
            number = job
            self._ask(lambda queues: queues.conversions.cancel(number))
        else:
            name = job
            self._ask(lambda queues: queues.downloads.cancel(name))

    def dismiss(self, job: JobId) -> None:
        """Take a job that is over, or rests, off the list; of an unfinished download what has arrived is deleted."""

        def away(queues: _Queues) -> None:
            if isinstance(job, int):
                queues.conversions.dismiss(job)
            else:
                queues.downloads.dismiss(job)

        self._ask(away, lambda: self._forget(job))

    def read_log(self, number: int, on_read: Callable[[str], object]) -> None:
        """What the libraries printed while a conversion was worked on."""
        self._background.run(lambda: self._opened().conversions.log(number), on_read, self.failed.emit, owner=self)

    # -- the queues ----------------------------------------------------------------------------------------------

    def _ask(self, what: Callable[[_Queues], object], then: Callable[[], object] = lambda: None) -> None:
        self._background.run(lambda: what(self._opened()), lambda _nothing: then(), self.failed.emit, owner=self)

    def _opened(self) -> _Queues:
        from studio.domain.errors import StudioError
        from studio.services.conversions import Conversions
        from studio.services.downloads import Downloads

        with self._making:
            if self._closed:
                raise StudioError(_("The studio is being closed."))
            if self._queues is None:
                library = self._library()
                downloads, conversions = Downloads(library), Conversions(library)
                heard = (downloads.on_change(self._moved.push), conversions.on_change(self._moved.push))
                self._queues = _Queues(downloads, conversions, heard)
            return self._queues

    def forget_library(self) -> None:
        """Another library is used from now on: pause what this one downloads."""
        queues, self._queues = self._queues, None
        known: tuple[JobId, ...] = (*self.downloads, *self.conversions)
        for job in known:
            self._forget(job)
        if queues is not None:
            self._background.run(queues.close, owner=self)

    def close(self) -> None:
        """The window closes: downloads are paused, and conversions end; both are offered again the next time."""
        with self._making:
            self._closed = True
            queues, self._queues = self._queues, None
        if queues is not None:
            queues.close()

    # -- what they say -------------------------------------------------------------------------------------------

    def _take(self, moved: Sequence[DownloadProgress | Conversion]) -> None:
        # Of each job only the newest counts, but one that ended must be heard.
        for job in {each.id: each for each in moved}.values():
            if isinstance(job, DownloadProgress):
                self._take_download(job)
            else:
                self._take_conversion(job)
            self.changed.emit(job.id)

    def _take_download(self, job: DownloadProgress) -> None:
        before = self.downloads.get(job.id)
        if job.stage == "cancelled":
            self.downloads.pop(job.id, None)
        else:
            self.downloads[job.id] = job
        if job.stage == "done" and (before is None or before.stage != "done"):
            self.arrived.emit(job.model_id)
        words = N_("Repairing {name}") if job.kind == "repair" else N_("Downloading {name}")
        self._show_running(
            job.id,
            not job.resting and not job.elsewhere,
            _named(words, job.model_id),
            partial(self.pause, job.id),
            job.fraction if job.bytes_total else None,
            job.doing,
            job.seconds_left,
        )

    def _take_conversion(self, job: Conversion) -> None:
        before = self.conversions.get(job.id)
        if job.stage == "cancelled":
            self.conversions.pop(job.id, None)
        else:
            self.conversions[job.id] = job
        if job.stage == "done" and job.model is not None and (before is None or before.stage != "done"):
            self.arrived.emit(job.model.id)
        self._show_running(
            job.id,
            not job.over,
            _named(N_("Adding {name}"), conversion_name(job)),
            partial(self.stop, job.id),
            job.fraction,
            job.doing,
            None,
        )

    def _show_running(
        self,
        job: JobId,
        runs: bool,
        title: Words,
        stop: Callable[[], object],
        fraction: float | None,
        doing: str,
        left_s: float | None,
    ) -> None:
        if not runs:
            ended = self._running.pop(job, None)
            if ended is not None:
                ended.end()
            return
        if job not in self._running:
            self._running[job] = self._jobs.begin(title, stop)
        self._running[job].show_progress(fraction, plain(doing) if doing else "", left_s)

    def _forget(self, job: JobId) -> None:
        if isinstance(job, int):
            self.conversions.pop(job, None)
        else:
            self.downloads.pop(job, None)
        ended = self._running.pop(job, None)
        if ended is not None:
            ended.end()
        self.changed.emit(job)


def conversion_name(job: Conversion) -> str:
    """What the model that is being made will be called."""
    from pathlib import PurePath

    return job.request.id or PurePath(job.request.source).stem or job.request.source


def _named(words: str, name: str) -> Words:
    return lambda: _(words).format(name=name)
