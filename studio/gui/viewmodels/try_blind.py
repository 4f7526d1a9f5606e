"""Comparing without names: two candidates in random order, a vote, and then who was who."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import StudioError
from studio.domain.project import Run, StoredResult, VoteChoice
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.gui.viewmodels.try_column import ColumnState
    from studio.gui.viewmodels.try_model import TryModel
    from studio.services.projects import ProjectSession

#: What two hidden candidates are called.
ALIASES = ("A", "B")


@dataclass(frozen=True)
class Tally:
    """How votes between the two candidates on show went so far."""

    a: int = 0
    b: int = 0
    tie: int = 0
    both_bad: int = 0

    @property
    def count(self) -> int:
        """How many votes there are."""
        return self.a + self.b + self.tie + self.both_bad


class Blind(QObject):
    """Part of `TryModel`.

    Signals:
        changed: Names are hidden or shown, a vote was given, or the tally is known.
    """

    changed = Signal()

    def __init__(self, model: TryModel, background: Background) -> None:
        super().__init__(model)
        self._model, self._background = model, background
        self._on = False
        self._pair: tuple[str, ...] = ()
        self._choice: VoteChoice | None = None
        self._old: list[ColumnState] = []
        self._old_choice: VoteChoice | None = None
        self._old_blind = False
        self._names: dict[int, dict[int, str]] = {}
        self.tally = Tally()

    @property
    def on(self) -> bool:
        """Whether names are hidden until a vote."""
        return self._on

    @property
    def possible(self) -> bool:
        """Whether there are two candidates to compare."""
        return self._model.writable and len(self._model.live_columns) > 1 and not self._model.past

    @property
    def choice(self) -> VoteChoice | None:
        """The vote on the run on show."""
        return self._old_choice if self._model.past else self._choice

    @property
    def compared(self) -> tuple[ColumnState, ...]:
        """A and B of the run on show; empty where it is not blind."""
        states = self._old if self._model.past and self._old_blind else self._model.columns if self._on else []
        return tuple(states) if len(states) == len(ALIASES) else ()

    @property
    def can_vote(self) -> bool:
        """Whether both have answered the run on show."""
        run = self._model.shown_run
        turns = [state.last for state in self.compared]
        return (
            bool(turns)
            and not self._model.running
            and self._model.writable
            and all(turn is not None and turn.run == run and turn.answer for turn in turns)
        )

    def chosen(self, live: list[ColumnState]) -> list[ColumnState]:
        """The columns on show: A and B while names are hidden, else all."""
        if not self._on:
            return live
        known = {state.id: state for state in live}
        return [known[column] for column in self._pair if column in known]

    def turn(self, on: bool) -> None:
        """Hide names from now on, or show them again."""
        if on == self._on or (on and not self.possible) or self._model.running:
            return
        self._on = on
        self._choice = None
        if on:
            self._draw()
            # Answers of before would tell who is who.
            self._model.begin_anew()
        self._name()
        self._model.remember()
        self._model.columns_changed.emit()
        self.changed.emit()

    def before_run(self) -> bool:
        """Another pair, or the same in another order, unless a conversation goes on without a vote.

        Returns:
            Whether a new conversation begins: who was revealed can't be hidden again.
        """
        if not self._on:
            return False
        going_on = self._model.talks and self._choice is None and self._model.shown_run is not None
        if going_on and len(self._pair) == len(ALIASES):
            return False
        self._choice = None
        self._draw()
        self._name()
        self._model.columns_changed.emit()
        self.changed.emit()
        return True

    def vote(self, choice: VoteChoice) -> None:
        """Say which is better; names appear."""
        run = self._model.shown_run
        turns = [state.last for state in self.compared]
        if not self.can_vote or run is None or turns[0] is None or turns[1] is None:
            return
        a, b = turns[0].result_id, turns[1].result_id
        if self._model.edit(lambda session: session.vote(run, a, b, choice)):
            self._take(choice)

    def read_votes(self, run: Run) -> None:
        """The votes of the run on show changed, such as by undo."""
        choice = run.votes[-1].choice if run.votes else None
        if choice != self.choice:
            self._take(choice)

    def keep(self, live: list[ColumnState]) -> None:
        """The project's columns changed; names stay hidden only while both are still there."""
        if self._on and len(self.chosen(live)) < len(ALIASES):
            self._on, self._pair = False, ()
            self._name()
            self.changed.emit()

    def look_at(self, run: Run, states: list[ColumnState]) -> None:
        """A past run is on show; who was never revealed stays hidden."""
        self._old, self._old_blind = states, run.blind and len(states) == len(ALIASES)
        self._old_choice = run.votes[-1].choice if run.votes else None
        self._name()
        self._count()

    def look_away(self) -> None:
        """No past run is on show any more."""
        self._old, self._old_blind, self._old_choice = [], False, None
        self._name()
        self.changed.emit()

    def view(self) -> dict[str, Any]:
        """What a project remembers of this."""
        return {"blind": self._on, "pair": list(self._pair)}

    def restore(self, view: Mapping[str, Any], run: Run | None) -> None:
        """What a project remembered."""
        pair = view.get("pair")
        self._pair = tuple(str(column) for column in pair) if isinstance(pair, list) else ()
        self._on = bool(view.get("blind")) and len(self._pair) == len(ALIASES)
        self._on = self._on and len(self.chosen(self._model.live_columns)) == len(ALIASES)
        self._choice = run.votes[-1].choice if run is not None and run.blind and run.votes else None
        self._names = {}
        self._name()
        self._count()

    def _draw(self) -> None:
        self._pair = tuple(state.id for state in random.sample(self._model.live_columns, len(ALIASES)))

    def _take(self, choice: VoteChoice | None) -> None:
        if self._model.past:
            self._old_choice = choice
        else:
            self._choice = choice
        self._name()
        self._count()

    def _name(self) -> None:
        """Give A and B their names; everyone else has its own."""
        pair = self.chosen(self._model.live_columns) if self._on else []
        for state in self._model.live_columns:
            alias = ALIASES[pair.index(state)] if state in pair else ""
            state.name(alias, bool(alias) and self._choice is None)
        for alias, state in zip(ALIASES, self._old, strict=False):
            state.name(alias if self._old_blind else "", self._old_blind and self._old_choice is None)

    def _count(self) -> None:
        """Count the votes between these two candidates, wherever they stood."""
        session, task = self._model.session, self._model.task
        names = tuple(state.column.candidate.name for state in self.compared)
        self.tally = Tally()
        self.changed.emit()
        if session is None or task is None or len(names) < len(ALIASES) or self.choice is None:
            return

        def show(tally: Tally) -> None:
            self.tally = tally
            self.changed.emit()

        self._background.run(lambda: self._counted(session, task.id, names), show, owner=self)

    def _counted(self, session: ProjectSession, task: str, names: tuple[str, ...]) -> Tally:
        counts = {"a": 0, "b": 0, "tie": 0, "both bad": 0}
        other: dict[str, str] = {"a": "b", "b": "a"}
        for vote in session.votes(task):
            if vote.run not in self._names:
                try:
                    self._names[vote.run] = _names_of(session.run(vote.run).results)
                except StudioError:
                    continue
            known = self._names[vote.run]
            voted = (known.get(vote.a), known.get(vote.b))
            if voted == names:
                counts[vote.choice] += 1
            elif voted == names[::-1]:
                counts[other.get(vote.choice, vote.choice)] += 1
        return Tally(counts["a"], counts["b"], counts["tie"], counts["both bad"])


def _names_of(results: Iterable[StoredResult]) -> dict[int, str]:
    return {stored.id: stored.result.candidate.name for stored in results}
