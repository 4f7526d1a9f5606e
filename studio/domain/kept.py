"""What someone kept of why a candidate answered as it did, to have it in the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from studio.domain.explanation import Explanation


@dataclass(frozen=True)
class KeptExplanation:
    """An explanation in a project.

    Attributes:
        id: Names it in the project.
        task: Task id.
        title: What the candidate is called.
        input: What was explained: the text, or the name of the picture.
        explanation: What came of it.
        kept: When, in UTC.
        evaluation: The evaluation whose row it is about; None where it comes from Try.
        candidate: The `studio.domain.evaluation.EvaluatedCandidate`, with ``evaluation``.
        position: The row, with ``evaluation``.
    """

    id: str
    task: str
    title: str
    input: str
    explanation: Explanation
    kept: datetime
    evaluation: int | None = None
    candidate: int | None = None
    position: int | None = None
