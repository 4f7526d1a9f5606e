"""The evaluations of a project: what was asked, every answer as it comes, and blind votes on rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure
from studio.domain.evaluation import (
    Answer,
    CandidateKind,
    EvaluationInfo,
    EvaluationSettings,
    EvaluationStatus,
    RunFacts,
)
from studio.domain.project import Rating, Vote, VoteChoice
from studio.domain.running import Options, Placement
from studio.project.datasets import Datasets, Notify
from studio.project.file import ProjectFile
from studio.project.journal import Journal


@dataclass(frozen=True)
class NewCandidate:
    """A candidate that takes part; see `studio.domain.evaluation.EvaluatedCandidate`."""

    name: str
    title: str
    kind: CandidateKind
    candidate: Candidate | None = None
    options: Options | None = None
    licence: str = ""
    labels: tuple[str, ...] = ()
    sends_data: bool = False


class Evaluations:
    """Reads, records and edits the evaluations of one project. Safe to use from any thread."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify, datasets: Datasets) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify
        self._datasets = datasets

    def all(self, task: str | None = None) -> tuple[EvaluationInfo, ...]:
        """Those of one task or all, the newest first; removed ones are left out."""
        raise NotImplementedError

    def get(self, evaluation: int) -> EvaluationInfo:
        """An evaluation. Raises `UnknownNameError`: there is none."""
        raise NotImplementedError

    def start(
        self,
        task: str,
        dataset: int,
        settings: EvaluationSettings,
        rows: int,
        candidates: Sequence[NewCandidate],
        environment: Mapping[str, str | int | float | None],
    ) -> EvaluationInfo:
        """Store that an evaluation begins. Candidates can be added to it later (`add_candidate`)."""
        raise NotImplementedError

    def add_candidate(self, evaluation: int, candidate: NewCandidate) -> int:
        """A further candidate on the same rows; returns its id."""
        raise NotImplementedError

    def record(self, answers: Sequence[Answer]) -> None:
        """Store answers, all of them or none; one that is there already is replaced, so none counts twice."""
        raise NotImplementedError

    def set_state(
        self,
        candidate: int,
        status: EvaluationStatus,
        facts: RunFacts | None = None,
        placement: Placement | None = None,
        failure: Failure | None = None,
        labels: tuple[str, ...] | None = None,
    ) -> None:
        """How far a candidate is; None leaves as it is."""
        raise NotImplementedError

    def done(self, candidate: int) -> frozenset[tuple[int, int]]:
        """Which (position, repeat) have an answer or a failure: continuing leaves these out."""
        raise NotImplementedError

    def answers(self, candidate: int, positions: Sequence[int] | None = None) -> Iterator[Answer]:
        """Answers of one candidate by position and repeat; of some rows or all."""
        raise NotImplementedError

    def texts(self, candidate: int) -> Mapping[int, str | None]:
        """By position, the first repeat's answer as text (for a classifier its label); None for a failure. Quick."""
        raise NotImplementedError

    def set_title(self, evaluation: int, title: str) -> None:
        """Name it (undoable)."""
        raise NotImplementedError

    def set_baseline(self, evaluation: int, candidate: int | None) -> None:
        """Compare the others with this one (undoable)."""
        raise NotImplementedError

    def remove(self, evaluation: int) -> None:
        """Take it out of the list (undoable)."""
        raise NotImplementedError

    def vote(self, evaluation: int, position: int, a: int, b: int, choice: VoteChoice, voter: str = "") -> None:
        """Choose between the answers of candidates ``a`` and ``b`` to a row, names hidden (undoable).

        ``voter`` is empty for whoever sits here, else a colleague's name from a reviewer pack.
        """
        raise NotImplementedError

    def votes(self, evaluation: int) -> tuple[tuple[int, str, Vote], ...]:
        """Every vote as (position, voter, vote); `Vote.run` is the evaluation, ``a`` and ``b`` are candidates."""
        raise NotImplementedError

    def rate(self, candidate: int, position: int, rating: Rating) -> None:
        """Say what one thinks of an answer (undoable); an empty rating takes it back."""
        raise NotImplementedError

    def ratings(self, evaluation: int) -> Mapping[tuple[int, int], Rating]:
        """Ratings by (candidate, position)."""
        raise NotImplementedError
