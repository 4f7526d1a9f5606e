"""The models on this computer as the Models screen lists them, with whether each will run here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.domain.hub import CachedModel
    from studio.domain.model import Model
    from studio.library.store import Library
    from studio.library.verify import Verification
    from studio.services.fit import Fit
    from studio.services.pool import CandidatePool


@dataclass(frozen=True)
class Listed:
    """A model and what is known of it.

    Attributes:
        model: The model.
        fits: Advice by precision.
    """

    model: Model
    fits: Mapping[str, Fit]


class ModelsLibrary(QObject):
    """Reads the library off the window's thread, and does what is asked of a model.

    Signals:
        changed: The list was read again, or could not be (`failure`).
        busy_changed: A model is being worked on, or no more.
        verified: The files of a model (its id) were checked.
        removed: A model (its id) is gone.
        linked: A model of the cache (its id on the Hub) is listed now.
        failed: Something asked for could not be done.
    """

    changed = Signal()
    busy_changed = Signal()
    verified = Signal(str, object)
    removed = Signal(str)
    linked = Signal(str)
    failed = Signal(Failure)

    def __init__(
        self,
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._library, self._pool = background, library, pool
        self.models: tuple[Listed, ...] = ()
        self.busy: frozenset[str] = frozenset()
        self.read = False
        self.failure: Failure | None = None

    def read_again(self) -> None:
        """Look at the disk again."""

        def look() -> tuple[Listed, ...]:
            from studio.services.fit import fits_of, room
            from studio.services.models import listed

            found = room()
            return tuple(Listed(model, fits_of(model, found)) for model in listed(self._library()))

        self._background.run(look, self._take, self._take_failure, owner=self)

    def _take(self, models: tuple[Listed, ...]) -> None:
        self.models, self.read, self.failure = models, True, None
        self.changed.emit()

    def _take_failure(self, failure: Failure) -> None:
        self.failure = failure
        self.changed.emit()

    def matching(self, task: str, text: str) -> tuple[Listed, ...]:
        """Those of a use case (all where empty) whose name, licence or language has every word of ``text``."""
        words = text.casefold().split()

        def says(each: Listed) -> bool:
            model = each.model
            told = " ".join((model.id, model.title, model.licence, model.architecture, *model.languages)).casefold()
            return all(word in told for word in words)

        return tuple(each for each in self.models if task in ("", each.model.task) and says(each))

    def find(self, model_id: str) -> Listed | None:
        """One of them."""
        return next((each for each in self.models if each.model.id == model_id), None)

    def verify(self, model_id: str) -> None:
        """Check every file of a model."""

        def check() -> Verification:
            from studio.services.models import verify

            return verify(self._library(), model_id)[1]

        def done(found: Verification) -> None:
            self._set_busy(model_id, False)
            self.verified.emit(model_id, found)

        self._run(model_id, check, done)

    def remove(self, model_id: str) -> None:
        """Delete a model, unless it is at work."""

        def delete() -> None:
            from studio.services.models import remove

            self._pool().release(self._library().find(model_id).folder)
            remove(self._library(), model_id)

        def done(_nothing: None) -> None:
            self._set_busy(model_id, False)
            self.removed.emit(model_id)
            self.read_again()

        self._run(model_id, delete, done)

    def read_cache(self, on_read: Callable[[tuple[CachedModel, ...]], object]) -> None:
        """Look into the cache of the Hugging Face libraries."""

        def look() -> tuple[CachedModel, ...]:
            from studio.services.hub_access import cached_models

            return cached_models(self._library())

        self._background.run(look, on_read, self.failed.emit, owner=self)

    def link(self, hub_id: str) -> None:
        """List a model of that cache here, without copying it."""

        def work() -> None:
            from studio.services.hub_access import link_cached

            link_cached(self._library(), hub_id)

        def done(_nothing: None) -> None:
            self.linked.emit(hub_id)
            self.read_again()

        self._background.run(work, done, self.failed.emit, owner=self)

    def _run(self, model_id: str, work: Callable[[], object], done: Callable[..., object]) -> None:
        if model_id in self.busy:
            return

        def failed(failure: Failure) -> None:
            self._set_busy(model_id, False)
            self.failed.emit(failure)

        self._set_busy(model_id, True)
        self._background.run(work, done, failed, owner=self)

    def _set_busy(self, model_id: str, busy: bool) -> None:
        self.busy = self.busy | {model_id} if busy else self.busy - {model_id}
        self.busy_changed.emit()
