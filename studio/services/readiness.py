"""Whether a data set is fit to evaluate these candidates on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.domain.comparison import Candidate
from studio.domain.dataset import Dataset
from studio.domain.running import never_cancelled
from studio.domain.task import Task
from studio.evaluation.readiness import Note, Readiness, UnknownLabel
from studio.library.store import Library
from studio.services.project_session import ProjectSession

__all__ = ["Note", "Readiness", "UnknownLabel", "check"]


def check(
    session: ProjectSession,
    dataset: Dataset,
    task: Task,
    candidates: Sequence[Candidate],
    library: Library,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Readiness:
    """Look at every row: counts, balance, duplicates, lengths in each candidate's tokens, languages, labels, hints of
    personal data, and how large a difference the rows can prove. 100,000 rows take a few seconds.

    Raises:
        StoppedError: ``cancelled`` said so.
    """
    raise NotImplementedError
