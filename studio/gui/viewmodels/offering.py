"""A model of the studio for other programs: what can be offered, whether it is, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJob, RunningJobs
from studio.services.offering import Offer, Offering, State

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.offering import Servable


class OfferingModel(QObject):
    """Belongs to the whole window: it goes on whichever screen is shown, and ends with the window.

    Signals:
        changed: It begins, is on, or is off.
        models_changed: Others can be offered.
    """

    changed = Signal()
    models_changed = Signal()

    def __init__(
        self, background: Background, jobs: RunningJobs, library: Callable[[], Library], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._jobs, self._library = background, jobs, library
        self._offering = Offering(lambda: background.post(self._on_change))
        self._job: RunningJob | None = None
        self._stopping = False
        self._closed = False
        #: What can be offered.
        self.models: tuple[Servable, ...] = ()
        self.read = False

    @property
    def state(self) -> State:
        """Whether it is on."""
        return self._offering.state

    @property
    def stopping(self) -> bool:
        """Whether it is about to end."""
        return self._stopping

    @property
    def url(self) -> str:
        """Its address; empty while it is not on."""
        return self._offering.url

    @property
    def offer(self) -> Offer | None:
        """What is offered, or was last."""
        return self._offering.offer

    @property
    def failure(self) -> Failure | None:
        """Why it is off, where nobody stopped it."""
        return self._offering.failure

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
        if self.state == "off":
            # Starting a process takes a moment.
            self._background.run(lambda: self._offering.start(offer), owner=self)

    def stop(self) -> None:
        """End it; requests under way get their answer where that is quick."""
        if self.state != "off" and not self._stopping:
            self._stopping = True
            self.changed.emit()
            self._background.run(self._offering.stop, owner=self)

    def close(self) -> None:
        """The window closes."""
        self._closed = True
        self._offering.stop()

    def _on_change(self) -> None:
        if self._closed:
            return
        if self.state == "off":
            self._stopping = False
        if self.state != "off" and self._job is None:
            self._job = self._jobs.begin(N_("Offering a model to other programs"), self.stop)
        elif self.state == "off" and self._job is not None:
            self._job.end()
            self._job = None
        self.changed.emit()
