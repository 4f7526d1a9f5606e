"""The candidates of Try: those to choose from, and adding, changing, moving, pinning and removing them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure
from studio.domain.running import Options
from studio.gui.bridge import Background
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.viewmodels.try_loading import read_offers, specs_in_use
from studio.services.candidate_offers import MOST, Offer, offers_of

if TYPE_CHECKING:
    from studio.gui.viewmodels.try_model import TryModel
    from studio.library.store import Library
    from studio.services.pool import CandidatePool


class Candidates(QObject):
    """Part of `TryModel`.

    Signals:
        offers_changed: There are other candidates to choose from.
        folder_refused: A folder can't be used as a model, and why.
    """

    offers_changed = Signal()
    folder_refused = Signal(Failure)

    def __init__(
        self,
        model: TryModel,
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        preferences: Preferences,
    ) -> None:
        super().__init__(model)
        self._model, self._background, self._preferences = model, background, preferences
        self._library, self._pool = library, pool
        self.offers: tuple[Offer, ...] = ()
        self.free_mb: float | None = None

    def offer_of(self, candidate: Candidate) -> Offer | None:
        """What is known of a candidate; None where its model is not there."""
        return next((offer for offer in self.offers if offer.candidate == candidate), None)

    def show_offers(self, offers: tuple[Offer, ...]) -> None:
        """These can be chosen now."""
        self.offers = offers
        for state in self._model.live_columns:
            state.describe(state.column, self.offer_of(state.column.candidate))
        self.offers_changed.emit()

    def read_again(self) -> None:
        """Read the library again, and how much memory is free."""
        session, task, device = self._model.session, self._model.task, self._preferences.value("device")
        if session is None or task is None:
            return

        def work() -> tuple[tuple[Offer, ...], float]:
            from studio.services.fit import free_memory_mb

            return read_offers(session, self._library(), task, device), free_memory_mb()

        def show(found: tuple[tuple[Offer, ...], float]) -> None:
            if session is self._model.session and task is self._model.task:
                offers, self.free_mb = found
                self.show_offers(offers)

        self._background.run(work, show, owner=self)

    def read_folder(self, folder: Path) -> None:
        """Offer a model that lies in a folder outside the library; `folder_refused` where it is none."""
        task, device = self._model.task, self._preferences.value("device")
        if task is None:
            return

        def work() -> tuple[Offer, ...]:
            from studio.services.column_runs import ready_folder

            return offers_of(ready_folder(task, folder, self._library()), device)

        def show(found: tuple[Offer, ...]) -> None:
            known = {offer.candidate for offer in self.offers}
            self.show_offers((*(offer for offer in found if offer.candidate not in known), *self.offers))

        self._background.run(work, show, self.folder_refused.emit, owner=self)

    @property
    def can_add(self) -> bool:
        """Whether there is room for one more, and it is no time for hidden names."""
        model = self._model
        return model.writable and not model.loading and not model.past and not model.blind.on and self._has_room

    @property
    def _has_room(self) -> bool:
        return self._model.task is not None and len(self._model.live_columns) < MOST

    def add(self, candidate: Candidate, position: int | None = None) -> None:
        """Put a candidate beside the others."""
        task = self._model.task
        if task is not None and self._has_room:
            self._model.edit(lambda session: session.add_column(task.id, candidate, position=position))

    def replace(self, column: str, candidate: Candidate) -> None:
        """Put another candidate in a column's place."""
        self._model.edit(lambda session: session.replace_column(column, candidate))

    def remove(self, column: str) -> bool:
        """Take a column away; whether that was possible."""
        return self._model.edit(lambda session: session.remove_column(column))

    def move(self, column: str, position: int) -> None:
        """Move a column to a place, counted from 0."""
        last = len(self._model.live_columns) - 1
        self._model.edit(lambda session: session.move_column(column, min(max(position, 0), last)))

    def pin(self, column: str, pinned: bool) -> None:
        """Compare the others with this one, or stop doing so."""
        self._model.edit(lambda session: session.pin_baseline(column, pinned))

    def set_options(self, column: str, options: Options) -> None:
        """Settings of one column that differ from the shared ones."""
        self._model.edit(lambda session: session.set_column_options(column, options))

    def close_unused(self) -> None:
        """Close loaded candidates that stand in no column of the project any more."""
        session = self._model.session

        def work() -> None:
            self._pool().close_idle(specs_in_use(session, self._library()) if session else ())

        # A project that is closed meanwhile has no columns to keep anything for; the next one closes what is left.
        self._background.run(work, on_failed=lambda _failure: None, owner=self)
