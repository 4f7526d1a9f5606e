"""Who takes part in an evaluation: the columns of Try, and other systems whose answers stand in the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure
from studio.domain.project import Column
from studio.gui.bridge import Background
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.viewmodels.try_loading import read_offers
from studio.services.candidate_offers import MOST, Offer, offers_of, title_of

if TYPE_CHECKING:
    from studio.gui.viewmodels.evaluate_setup import EvaluateSetup
    from studio.library.store import Library


@dataclass(frozen=True)
class Participant:
    """One who may take part.

    Attributes:
        key: Tells it apart: the column's id, or ``"recorded NAME"``.
        title: What a person calls it.
        column: Its column in Try; None for a recorded one.
        offer: What is known of its model; None where it is not there, or it is recorded.
        takes_part: Whether it is chosen.
    """

    key: str
    title: str
    column: Column | None = None
    offer: Offer | None = None
    takes_part: bool = True

    @property
    def candidate(self) -> Candidate | None:
        """What would run; None for a recorded one."""
        return self.column.candidate if self.column else None


class EvaluateCandidates(QObject):
    """Part of `EvaluateSetup`; also what the candidate picker asks.

    Signals:
        changed: Others are there, or another choice was made.
        offers_changed: There are other candidates to choose from.
        folder_refused: A folder can't be used as a model, and why.
    """

    changed = Signal()
    offers_changed = Signal()
    folder_refused = Signal(Failure)

    def __init__(
        self, setup: EvaluateSetup, background: Background, library: Callable[[], Library], preferences: Preferences
    ) -> None:
        super().__init__(setup)
        self._setup, self._background, self._preferences = setup, background, preferences
        self._library = library
        self._columns: tuple[Column, ...] = ()
        self.offers: tuple[Offer, ...] = ()
        self.free_mb: float | None = None
        #: Keys of those that were switched off.
        self.off: set[str] = set()

    @property
    def all(self) -> tuple[Participant, ...]:
        """Models first, then recorded ones."""
        models = [
            Participant(column.id, self._title(column), column, self._offer(column), column.id not in self.off)
            for column in self._columns
        ]
        dataset = self._setup.dataset
        recorded = [
            Participant(key, name, takes_part=key not in self.off)
            for name in (dataset.mapping.recorded if dataset else ())
            if (key := f"recorded {name}")
        ]
        return (*models, *recorded)

    @property
    def taking_part(self) -> tuple[Participant, ...]:
        """Those that are chosen."""
        return tuple(each for each in self.all if each.takes_part)

    @property
    def can_add(self) -> bool:
        """Whether there is room for one more model."""
        return self._setup.writable and len(self._columns) < MOST

    def show(self, columns: tuple[Column, ...], offers: tuple[Offer, ...] | None, off: set[str]) -> None:
        """These columns are there now; None leaves the offers as they are."""
        if (columns, off) == (self._columns, self.off) and offers is None:
            return
        self._columns, self.off = columns, off
        if offers is not None:
            self.offers = offers
            self.offers_changed.emit()
        self.changed.emit()

    def switch(self, key: str, on: bool) -> None:
        """Let one take part, or not."""
        self.off = self.off - {key} if on else self.off | {key}
        self._setup.remember()
        self.changed.emit()

    def add(self, candidate: Candidate) -> None:
        """A further model; it stands in Try as well."""
        task = self._setup.task
        if task is not None and self.can_add:
            self._setup.edit(lambda session: session.add_column(task.id, candidate))

    def remove(self, column: str) -> None:
        """Take a model away, from Try as well."""
        self._setup.edit(lambda session: session.remove_column(column))

    def use_only(self, models: tuple[str, ...]) -> None:
        """Let models that fit the data take part, and no others; those that are not there yet are added.

        Endpoints stay as they are: they are told what the data asks.
        """
        session, task = self._setup.session, self._setup.task
        if session is None or task is None or not models:
            return
        there = {column.candidate.model for column in self._columns}
        for model in models:
            fitting = next((offer.candidate for offer in self.offers if offer.candidate.model == model), None)
            if model not in there and fitting is not None and self.can_add:
                self.add(fitting)
        columns = session.columns(task.id)
        if any(column.candidate.model in models for column in columns):
            others = (column for column in columns if column.candidate.model not in models)
            off = {each.id for each in others if not each.candidate.remote or each.id in self.off}
            self.show(columns, None, off)
            self._setup.remember()

    def read_again(self) -> None:
        """Read the library again, and how much memory is free."""
        session, task, device = self._setup.session, self._setup.task, self._preferences.value("device")
        if session is None or task is None:
            return

        def work() -> tuple[tuple[Offer, ...], float]:
            from studio.services.fit import free_memory_mb

            return read_offers(session, self._library(), task, device, told=True), free_memory_mb()

        def show(found: tuple[tuple[Offer, ...], float]) -> None:
            if task is self._setup.task:
                self.offers, self.free_mb = found
                self.offers_changed.emit()

        self._background.run(work, show, owner=self)

    def read_folder(self, folder: Path) -> None:
        """Offer a model that lies in a folder outside the library; `folder_refused` where it is none."""
        task, device = self._setup.task, self._preferences.value("device")
        if task is None:
            return

        def work() -> tuple[Offer, ...]:
            from studio.services.column_runs import ready_folder

            return offers_of(ready_folder(task, folder, self._library()), device)

        def show(found: tuple[Offer, ...]) -> None:
            known = {offer.candidate for offer in self.offers}
            self.offers = (*(offer for offer in found if offer.candidate not in known), *self.offers)
            self.offers_changed.emit()

        self._background.run(work, show, self.folder_refused.emit, owner=self)

    def _offer(self, column: Column) -> Offer | None:
        return next((offer for offer in self.offers if offer.candidate == column.candidate), None)

    def _title(self, column: Column) -> str:
        offer = self._offer(column)
        return title_of(offer.model if offer else None, column.candidate.model)
