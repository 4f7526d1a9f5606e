"""What the chapters of a report are made of, and what a chapter is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.decision import Decision
from studio.domain.evaluation import CandidateScores, Evaluation
from studio.domain.report import Block
from studio.domain.task import Task
from studio.services.project_session import ProjectSession


@dataclass(frozen=True)
class Material:
    """What sections are made of.

    Attributes:
        session: The project.
        task: The use case.
        scored: The evaluation.
        decision: What is decided about it.
        models: What is known of its models (`studio.services.report_models`).
        redact: Whether what users wrote is left out.
    """

    session: ProjectSession
    task: Task
    scored: Evaluation
    decision: Decision
    models: Sequence[Mapping[str, Any]] = ()
    redact: bool = False


@dataclass(frozen=True)
class SectionPlan:
    """A chapter.

    Attributes:
        id: What it is chosen by.
        title: Heading (marked with ``N_``).
        build: Its blocks; none where there is nothing to say.
    """

    id: str
    title: str
    build: Callable[[Material], list[Block]]


def title_of(scored: Evaluation, scores: CandidateScores) -> str:
    """What a candidate is called in a report."""
    return scored.candidate(scores.candidate).title
