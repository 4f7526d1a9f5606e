"""How right a candidate was when it was as sure as now: an explanation's confidence held against an evaluation."""

from __future__ import annotations

from dataclasses import replace

from studio.domain.comparison import Candidate
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo
from studio.domain.explanation import Calibration, Explanation
from studio.services.project_session import ProjectSession
from studio.tasks import find_task

#: Rows about as sure are those whose confidence is within the first of these, or the next with too few.
_WITHIN = (0.05, 0.1, 0.2)
_ENOUGH = 20


def with_calibration(
    found: Explanation, session: ProjectSession | None, task: str, candidate: Candidate
) -> Explanation:
    """The explanation with what an evaluation in the project says of such confidence, where there is one."""
    if session is None or find_task(task).output != "labels":
        return found
    calibration = calibration_of(session, task, candidate, found.score)
    return found if calibration is None else replace(found, calibration=calibration)


def calibration_of(session: ProjectSession, task: str, candidate: Candidate, confidence: float) -> Calibration | None:
    """How often a candidate was right when it was about as sure; None where the project can't tell.

    The newest evaluation with expected answers counts. Rows within 5 points are taken, or within 10 or 20 where these
    are fewer than 20.
    """
    for info in session.evaluations.all(task):
        for each in info.candidates:
            if info.settings.mapping.reference and _same(each, candidate) and each.done > each.failed:
                found = _from_rows(session, info, each, confidence)
                if found is not None:
                    return found
    return None


def _same(evaluated: EvaluatedCandidate, candidate: Candidate) -> bool:
    known = evaluated.candidate
    return known is not None and (known.model, known.precision, known.backend) == (
        candidate.model,
        candidate.precision,
        candidate.backend,
    )


def _from_rows(
    session: ProjectSession, info: EvaluationInfo, evaluated: EvaluatedCandidate, confidence: float
) -> Calibration | None:
    import numpy as np

    from studio.evaluation.answered import language_of
    from studio.services.scoring import read_answers
    from studio.statistics.proportions import wilson

    references = session.datasets.column(info.dataset.id, info.settings.mapping.reference or "")
    answered = read_answers(session, evaluated)
    _positions, answers = answered.judged(references, info.settings.label_map, language_of(references))
    if not len(answers) or answers.scores is None:
        return None
    scored = np.isfinite(answers.scores).all(1)
    sure = np.where(scored, np.nan_to_num(answers.scores).max(1), np.nan)
    expected, given = answers.codes
    near = np.zeros(len(sure), bool)
    for within in _WITHIN:
        near = np.abs(sure - confidence) <= within + 1e-9
        if near.sum() >= _ENOUGH:
            break
    n = int(near.sum())
    if not n:
        return None
    right = int((expected == given)[near].sum())
    low, high = wilson(right, n)
    return Calibration(float(sure[near].min()), float(sure[near].max()), n, right / n, low, high)
