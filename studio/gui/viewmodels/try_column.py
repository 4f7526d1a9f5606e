"""One column of Try: who answers there, and what was answered so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from studio.domain.comparison import CandidateResult
from studio.domain.prediction import Output, Prediction
from studio.domain.project import Column, Rating, ResultStatus, StoredResult
from studio.domain.running import Inputs
from studio.services.candidate_offers import Offer, title_of, variant_of

#: Stages of an answer that the services don't tell: its turn has not come, and Stop was pressed.
WAITING, STOPPING = "waiting", "stopping"


@dataclass
class Turn:
    """One question and what this column answers.

    Attributes:
        run: Id of the run.
        inputs: What was asked; in a conversation only the new turn.
        result_id: Id of the answer in the project.
        status: How it stands.
        stage: What it does right now, while it runs.
        text: What came so far, until it is whole.
        result: The outcome; None while it runs, and where the studio ended before it did.
        rating: What a person thinks of it.
        early: The whole answer, while it is still being measured.
    """

    run: int
    inputs: Inputs
    result_id: int
    status: ResultStatus = "running"
    stage: str = WAITING
    text: str = ""
    result: CandidateResult | None = None
    rating: Rating = field(default_factory=Rating)
    early: Prediction | None = None

    @property
    def running(self) -> bool:
        """Whether it is not over yet."""
        return self.status == "running"

    @property
    def output(self) -> Output | None:
        """The whole answer; None while there is none."""
        prediction = self.result.prediction if self.result else self.early
        return prediction.output if prediction else None

    @property
    def answer(self) -> str:
        """The answer as text, as far as it got."""
        output = self.output
        return output.text if output else self.text


def turn_of(stored: StoredResult, inputs: Inputs) -> Turn:
    """A stored answer as a turn."""
    ended = stored.result if stored.result.prediction or stored.result.failure else None
    status: ResultStatus = "interrupted" if stored.status == "running" else stored.status
    return Turn(stored.run, inputs, stored.id, status, "", stored.streamed, ended, stored.rating)


class ColumnState(QObject):
    """What one column shows.

    Signals:
        described: Who answers, or whether that is hidden, changed.
        turns_changed: There are other turns.
        turn_changed: The last turn's stage, outcome or rating changed.
        text_added: The last turn's text grew by this.
        compared: What it is compared with, or where it leads, changed.
    """

    described = Signal()
    turns_changed = Signal()
    turn_changed = Signal()
    text_added = Signal(str)
    compared = Signal()

    def __init__(self, column: Column, offer: Offer | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.column = column
        self.offer = offer
        self.alias = ""
        self.hidden = False
        self.turns: list[Turn] = []
        self.leads: frozenset[str] = frozenset()
        self.baseline: Output | None = None
        self.beside_others = False

    @property
    def id(self) -> str:
        """Id of the column."""
        return self.column.id

    @property
    def title(self) -> str:
        """The model's name, whether hidden or not."""
        return title_of(self.offer.model if self.offer else None, self.column.candidate.model)

    @property
    def label(self) -> str:
        """The model's name with what tells it from another candidate of the same model."""
        return f"{self.title} · {variant_of(self.column.candidate)}"

    @property
    def last(self) -> Turn | None:
        """The newest turn."""
        return self.turns[-1] if self.turns else None

    @property
    def running(self) -> bool:
        """Whether it answers right now, or waits for its turn."""
        return self.last is not None and self.last.running

    def describe(self, column: Column, offer: Offer | None) -> None:
        """Its options or pin changed, or more is known of its model."""
        if (column, offer) != (self.column, self.offer):
            self.column, self.offer = column, offer or self.offer
            self.described.emit()

    def name(self, alias: str, hidden: bool) -> None:
        """Call it A or B, and hide who it is."""
        if (alias, hidden) != (self.alias, self.hidden):
            self.alias, self.hidden = alias, hidden
            self.described.emit()

    def show_turns(self, turns: Iterable[Turn]) -> None:
        """Show these turns instead."""
        self.turns = list(turns)
        self.leads, self.baseline = frozenset(), None
        self.turns_changed.emit()

    def enter_stage(self, stage: str) -> None:
        """The running turn does something else now."""
        if self.last is not None and self.last.running:
            self.last.stage = stage
            self.turn_changed.emit()

    def add_text(self, text: str) -> None:
        """A piece of the running turn's answer."""
        if self.last is not None and self.last.running:
            self.last.text += text
            self.text_added.emit(text)

    def answer(self, prediction: Prediction) -> None:
        """The running turn's answer is whole; it is still being measured."""
        if self.last is not None and self.last.running:
            self.last.early = prediction
            self.turn_changed.emit()

    def finish(self, status: ResultStatus, result: CandidateResult | None) -> None:
        """The running turn is over."""
        if self.last is not None and self.last.running:
            self.last.status, self.last.stage, self.last.result = status, "", result
            self.turn_changed.emit()

    def rate(self, result_id: int, rating: Rating) -> None:
        """An answer was rated."""
        for turn in self.turns:
            if turn.result_id == result_id and turn.rating != rating:
                turn.rating = rating
                self.turn_changed.emit()

    def compare(self, leads: frozenset[str], baseline: Output | None, beside_others: bool = False) -> None:
        """In which figures it leads, the answer its own is compared with, and whether others ran at the same time."""
        if (leads, baseline, beside_others) != (self.leads, self.baseline, self.beside_others):
            self.leads, self.baseline, self.beside_others = leads, baseline, beside_others
            self.compared.emit()
