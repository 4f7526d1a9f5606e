"""Rows of an evaluation with everything that was answered to them, read a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio.domain.dataset import DataRow
from studio.domain.evaluation import Answer, EvaluationInfo
from studio.domain.project import Rating
from studio.services.project_session import ProjectSession

#: Rows that are searched at a time.
_SEARCHED = 2000


@dataclass(frozen=True)
class ResultRow:
    """A row and what every candidate answered to it.

    Attributes:
        row: The row with its marks.
        answers: By candidate id, one for each repeat so far.
        ratings: What people said about these answers, by candidate id.
    """

    row: DataRow
    answers: Mapping[int, tuple[Answer, ...]]
    ratings: Mapping[int, Rating]


def read_page(session: ProjectSession, info: EvaluationInfo, positions: Sequence[int]) -> tuple[ResultRow, ...]:
    """The rows at these positions, in that order."""
    answers: dict[int, dict[int, list[Answer]]] = {position: {} for position in positions}
    for candidate in info.candidates:
        for answer in session.evaluations.answers(candidate.id, positions):
            answers[answer.position].setdefault(candidate.id, []).append(answer)
    said: dict[int, dict[int, Rating]] = {}
    for (candidate_id, position), rating in session.evaluations.ratings(info.id).items():
        said.setdefault(position, {})[candidate_id] = rating
    return tuple(
        ResultRow(
            row,
            {candidate: tuple(found) for candidate, found in answers[row.position].items()},
            said.get(row.position, {}),
        )
        for row in session.datasets.rows(info.dataset.id, positions)
    )


def holding(session: ProjectSession, info: EvaluationInfo, text: str) -> Iterator[int]:
    """Positions of the rows that hold ``text`` in a cell or an answer, whatever its case; read bit by bit."""
    wanted = text.casefold()
    found: set[int] = set()

    def holds(given: str) -> bool:
        folded = given.casefold()
        # Labels such as ``get_refund`` are shown as words, and found as what they are and as what is seen.
        return wanted in folded or wanted in folded.replace("_", " ")

    for start in range(0, info.dataset.rows, _SEARCHED):
        for row in session.datasets.page(info.dataset.id, start, _SEARCHED):
            if any(holds(cell) for cell in row.cells):
                found.add(row.position)
    for candidate in info.candidates:
        for position, answer in session.evaluations.texts(candidate.id).items():
            if answer and holds(answer):
                found.add(position)
    yield from found
