"""Blind voting over rows: two answers without names, a choice, who was who, and what all votes say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import StudioError
from studio.domain.metric import Estimate
from studio.domain.project import VoteChoice
from studio.services.evaluation_pages import ResultRow, read_page
from studio.services.row_votes import Agreement, agreement, strengths, win_estimates
from studio.statistics.preferences import Strength

if TYPE_CHECKING:
    from studio.gui.bridge import Background
    from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel

#: Questions that are drawn at a time: nobody answers more in one go.
_MOST_QUESTIONS = 500
#: (position, a, b)
Question = tuple[int, int, int]


@dataclass(frozen=True)
class Standing:
    """What all votes say.

    Attributes:
        votes: How many there are.
        rates: Share of votes won, by candidate.
        strengths: Bradley–Terry strengths where three or more took part.
        agreement: Whether several voters agree.
        voters: Who voted; empty for whoever sits here.
    """

    votes: int = 0
    rates: dict[int, Estimate] = field(default_factory=dict)
    strengths: dict[int, Strength] = field(default_factory=dict)
    agreement: Agreement | None = None
    voters: tuple[str, ...] = ()


class BlindVotes(QObject):
    """Part of `EvaluateResultsModel`.

    Signals:
        changed: Another question, a vote, or what all votes say.
    """

    changed = Signal()

    def __init__(self, model: EvaluateResultsModel, background: Background, seed: int | None = None) -> None:
        super().__init__(model)
        self._model, self._background, self._seed = model, background, seed
        self._wanted = False
        #: Questions beyond those that were drawn.
        self._total = 0
        self._questions: list[Question] = []
        self._evaluation: int | None = None
        self._asked = 0
        self.standing = Standing()
        self.question: Question | None = None
        self.row: ResultRow | None = None
        self.choice: VoteChoice | None = None
        self.done = 0
        self.pair: tuple[int, int] | None = None
        model.rows.found.connect(self._begin_if_new)
        model.marked.connect(self.refresh)
        model.changed.connect(self._on_changed)

    @property
    def possible(self) -> bool:
        """Whether there are two candidates to choose between."""
        info = self._model.info
        return info is not None and len(info.candidates) > 1

    @property
    def left(self) -> int:
        """Questions that were not answered yet, the one on show included."""
        return self._total + len(self._questions) + (1 if self.question is not None and self.choice is None else 0)

    @property
    def can_vote(self) -> bool:
        """Whether a question waits for a choice."""
        return self.row is not None and self.choice is None and self._model.writable

    def _on_changed(self) -> None:
        info = self._model.info
        if info is None or info.id != self._evaluation:
            self._evaluation = info.id if info else None
            self._questions, self.question, self.row, self.choice, self.pair = [], None, None, None, None
            self.standing, self.done, self._total = Standing(), 0, 0
            self.changed.emit()
        if info is not None:
            self.refresh()

    def open(self) -> None:
        """Votes are looked at now: questions are drawn once the rows are known."""
        self._wanted = True
        self._begin_if_new()

    def _begin_if_new(self) -> None:
        if self._wanted and self.question is None and not self._questions and self._model.rows.known is not None:
            self.begin()

    # -- questions -------------------------------------------------------------------------------------------------

    def choose_pair(self, pair: tuple[int, int] | None) -> None:
        """Compare these two only; None for every pair in turn."""
        self.pair = pair
        self.question = self.row = self.choice = None
        self.begin()

    def begin(self) -> None:
        """Collect the rows on which candidates differ and that were not voted on here, in random order."""
        info, index, session = self._model.info, self._model.rows.known, self._model.session
        if info is None or index is None or session is None or len(info.candidates) < 2:
            return
        pairs = [self.pair] if self.pair else list(combinations([each.id for each in info.candidates], 2))
        self._asked += 1
        asked = self._asked

        def collect() -> tuple[list[Question], int]:
            import numpy as np

            chance = np.random.default_rng(self._seed)
            answers = {each.candidate: each.answer for each in index.candidates}
            voted: dict[frozenset[int], set[int]] = {}
            for position, voter, vote in session.evaluations.votes(info.id):
                if not voter:
                    voted.setdefault(frozenset((vote.a, vote.b)), set()).add(position)
            found: list[Question] = []
            total = 0
            for a, b in pairs:
                differ = (answers[a] != answers[b]) & (answers[a] >= 0) & (answers[b] >= 0)
                positions = index.positions[differ]
                positions = positions[~np.isin(positions, list(voted.get(frozenset((a, b)), ())))]
                total += len(positions)
                # Who stands at the left is by chance as well.
                found += [
                    (int(position), a, b) if chance.random() < 0.5 else (int(position), b, a)
                    for position in chance.permutation(positions)[:_MOST_QUESTIONS]
                ]
            order = chance.permutation(len(found))[:_MOST_QUESTIONS]
            return [found[place] for place in order], total

        def take(collected: tuple[list[Question], int]) -> None:
            if asked == self._asked:
                self._questions, self._total = collected
                self._total -= len(self._questions)
                self.next()

        self._background.run(collect, take, owner=self)

    def next(self) -> None:
        """The next question; a question that was not answered comes back at the end."""
        if self.question is not None and self.choice is None and self._questions:
            self._questions.append(self.question)
        self.choice, self.row = None, None
        self.question = self._questions.pop(0) if self._questions else None
        self.changed.emit()
        info, session, question = self._model.info, self._model.session, self.question
        if question is None or info is None or session is None:
            return

        def take(rows: Sequence[ResultRow]) -> None:
            if question == self.question and rows:
                self.row = rows[0]
                self.changed.emit()

        self._background.run(lambda: read_page(session, info, [question[0]]), take, owner=self)

    def vote(self, choice: VoteChoice) -> None:
        """Say which is better; names appear."""
        session, info = self._model.session, self._model.info
        if not self.can_vote or self.question is None or session is None or info is None:
            return
        position, a, b = self.question
        try:
            session.evaluations.vote(info.id, position, a, b, choice)
        except StudioError as error:
            self._model.say_failed(error)
            return
        self.choice = choice
        self.done += 1
        self.changed.emit()

    # -- what they say ---------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read all votes again: some were given, taken back, or read in."""
        session, info = self._model.session, self._model.info
        if session is None or info is None:
            return
        question, choice = self.question, self.choice

        def read() -> tuple[Standing, bool]:
            votes = session.evaluations.votes(info.id)
            here = {(position, vote.a, vote.b) for position, voter, vote in votes if not voter}
            return (
                Standing(
                    len(votes),
                    win_estimates(votes),
                    strengths(votes),
                    agreement(votes),
                    tuple(sorted({voter for _position, voter, _vote in votes})),
                ),
                question in here,
            )

        def take(found: tuple[Standing, bool]) -> None:
            self.standing, there = found
            if question == self.question and choice is not None and choice == self.choice and not there:
                # The vote was taken back: the question is open again.
                self.choice = None
            self.changed.emit()

        self._background.run(read, take, owner=self)
