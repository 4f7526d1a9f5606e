"""A model of the studio for other programs: what can be offered, whether it is, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJob, RunningJobs
from studio.server.offer import Offer

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.server.process import ServerProcess
    from studio.services.offering import Servable

State = Literal["off", "starting", "on", "stopping"]


class OfferingModel(QObject):
    """Belongs to the whole window: it goes on whichever screen is shown, and ends with the window.

    Signals:
        changed: It begins, is on, ends, or is off.
        models_changed: Others can be offered.
    """

    changed = Signal()
    models_changed = Signal()

    def __init__(
        self, background: Background, jobs: RunningJobs, library: Callable[[], Library], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._jobs, self._library = background, jobs, library
        self._process: ServerProcess | None = None
        self._job: RunningJob | None = None
        self._closed = False
        #: What can be offered, once it was read.
        self.models: tuple[Servable, ...] = ()
        self.read = False
        self.state: State = "off"
        #: What is offered, or was last.
        self.offer: Offer | None = None
        #: Its address while it is on.
        self.url = ""
        #: Why it is off, where nobody stopped it.
        self.failure: Failure | None = None

    def read_again(self) -> None:
        """Look which models can be offered."""

        def look() -> tuple[Servable, ...]:
            from studio.services.offering import servable

            return servable(self._library())

        def show(found: tuple[Servable, ...]) -> None:
            self.models, self.read = found, True
            self.models_changed.emit()

        self._background.run(look, show, owner=self)

    def start(self, offer: Offer) -> None:
        """Begin to serve."""
        if self.state != "off" or self._closed:
            return
        self.offer, self.failure = offer, None
        self._job = self._jobs.begin(N_("Offering a model to other programs"), self.stop)
        self._go_on("starting")

        def work() -> ServerProcess:
            from studio.server.process import ServerProcess

            return ServerProcess(
                offer,
                self._library().own,
                lambda url: self._background.post(lambda: self._on_ready(url)),
                lambda failure: self._background.post(lambda: self._on_end(failure)),
            )

        self._background.run(work, self._take, self._on_end, owner=self)

    def stop(self) -> None:
        """End it; requests under way get their answer where that is quick."""
        if self.state not in ("starting", "on"):
            return
        self._go_on("stopping")
        if self._process is not None:
            self._background.run(self._process.stop, owner=self)

    def close(self) -> None:
        """The window closes."""
        self._closed = True
        if self._process is not None:
            self._process.stop()

    def _take(self, process: ServerProcess) -> None:
        """The process is there; it may have said something already, and be wanted no more."""
        if self.state == "off":
            return
        self._process = process
        if self._closed or self.state == "stopping":
            self._background.run(process.stop)

    def _on_ready(self, url: str) -> None:
        if self.state == "starting":
            self.url = url
            self._go_on("on")

    def _on_end(self, failure: Failure | None) -> None:
        if self._closed or self.state == "off":
            return
        self._process, self.url, self.failure = None, "", failure
        if self._job is not None:
            self._job.end()
            self._job = None
        self._go_on("off")

    def _go_on(self, state: State) -> None:
        self.state = state
        self.changed.emit()
