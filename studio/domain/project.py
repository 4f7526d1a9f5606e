"""What a project holds: candidates side by side, what was typed, what was run, and what people thought of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from studio.domain.comparison import Candidate, CandidateResult, Comparison
from studio.domain.running import Inputs, Options

#: ``running``: still answering. ``interrupted``: the studio ended while it was answering; what was saved is kept.
ResultStatus = Literal["running", "finished", "failed", "cancelled", "interrupted"]
Thumb = Literal["up", "down"]
#: The answer to "which is better?" when names are hidden: ``1`` to ``4`` on the keyboard, in this order.
VoteChoice = Literal["a", "b", "tie", "both bad"]


@dataclass(frozen=True)
class ProjectInfo:
    """What a project says about itself.

    Attributes:
        name: What a person calls it; empty for one that was never named.
        created: When it was begun, in UTC.
        note: Free text.
    """

    name: str
    created: datetime
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A candidate's place in the comparison of one task; columns are kept in the order they are shown.

    Attributes:
        id: Stays the same while the column is moved or its options change. Another candidate is another column, so
            a conversation never goes on with a model that did not say what stands in it.
        task: Task id.
        candidate: Who answers here.
        options: Options that differ from the shared ones of the composer, for this column only.
        baseline: Whether the others are compared with this one; at most one of a task.
    """

    id: str
    task: str
    candidate: Candidate
    options: Options = field(default_factory=dict)
    baseline: bool = False


@dataclass(frozen=True)
class Composer:
    """What stands in the composer of one task.

    Attributes:
        task: Task id.
        draft: What was typed, by name of the task's input field.
        options: Shared options that differ from the task's defaults. A system prompt is one of them (``system``).
    """

    task: str
    draft: Mapping[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class Rating:
    """What a person thinks of one answer; None and empty say nothing."""

    thumb: Thumb | None = None
    note: str = ""


@dataclass(frozen=True)
class Vote:
    """A choice between two answers whose models were hidden.

    Attributes:
        run: Id of the run.
        a: Id of the result that was shown as A.
        b: Id of the result that was shown as B.
        choice: See `VoteChoice`.
        voted: When, in UTC.
    """

    run: int
    a: int
    b: int
    choice: VoteChoice
    voted: datetime


@dataclass(frozen=True)
class StoredResult:
    """One answer of one column, as far as it got.

    Attributes:
        id: Number in the project.
        run: Id of its run.
        column: Id of the column it was shown in; that column may be gone.
        options: All options it was run with, those of the column included.
        status: See `ResultStatus`.
        result: The candidate with everything known: answer, figures, placement, failure.
        streamed: Text that came before the answer was complete; empty once there is a prediction.
        rating: What a person thought of it.
    """

    id: int
    run: int
    column: str
    options: Options
    status: ResultStatus
    result: CandidateResult
    streamed: str = ""
    rating: Rating = Rating()

    @property
    def text(self) -> str:
        """The answer as text, complete or not."""
        return self.result.prediction.output.text if self.result.prediction else self.streamed


@dataclass(frozen=True)
class Run:
    """One input through several columns, as it was stored while it happened.

    Attributes:
        id: Number in the project; later runs have higher ones.
        task: Task id.
        started: When, in UTC.
        inputs: What was asked. For a conversation only the new turn; `ProjectSession.messages` gives the turns before.
        options: Shared options it was run with.
        at_once: Whether the columns ran at the same time; their times are then not comparable.
        blind: Whether names were hidden.
        environment: What a report needs to reproduce it.
        follows: In a conversation, the run of the turn before.
        title: What a person called it; mostly empty.
        note: What a person wrote about it.
        results: In the order of the columns; a column that was run again has several, the newest last.
        votes: Blind votes about it.
    """

    id: int
    task: str
    started: datetime
    inputs: Inputs
    options: Options
    at_once: bool = False
    blind: bool = False
    environment: Mapping[str, str | int | float | None] = field(default_factory=dict)
    follows: int | None = None
    title: str = ""
    note: str = ""
    results: tuple[StoredResult, ...] = ()
    votes: tuple[Vote, ...] = ()

    @property
    def latest(self) -> tuple[StoredResult, ...]:
        """The newest result of each column."""
        return tuple({result.column: result for result in self.results}.values())

    def comparison(self) -> Comparison:
        """The newest results as a comparison, for tables, JSON and reports."""
        return Comparison(
            self.task, self.inputs, self.options, tuple(stored.result for stored in self.latest), self.environment
        )


@dataclass(frozen=True)
class RunSummary:
    """A line of the history.

    Attributes:
        id: Id of the run.
        task: Task id.
        started: When, in UTC.
        title: What a person called it, or how its input begins.
        columns: How many columns answered or tried to.
        status: ``running`` while any column is, else ``interrupted``, ``failed`` or ``cancelled`` when any column
            ended so, else ``finished``.
        follows: In a conversation, the run of the turn before.
    """

    id: int
    task: str
    started: datetime
    title: str
    columns: int
    status: ResultStatus
    follows: int | None = None
