"""Confidence held against what an evaluation of the project found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.explanation import Explanation, Part
from studio.services.explaining_calibration import calibration_of, with_calibration
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from tests.gui.evaluated import labels_evaluation

TASK = "text-classification"
TINY = Candidate("starter/support-intents-tiny", "int8")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def _brute_force(session: ProjectSession, low: float, high: float) -> tuple[int, int]:
    """Rows whose confidence is between both, and how many of them are right."""
    (info,) = session.evaluations.all(TASK)
    expected = session.datasets.column(info.dataset.id, "intent")
    rows = right = 0
    for answer in session.evaluations.answers(info.candidates[0].id):
        if answer.output is not None:
            best = answer.output.scores[0]  # type: ignore[union-attr]
            if low <= best.score <= high:
                rows += 1
                right += best.label == expected[answer.position]
    return rows, right


def test_rows_about_as_sure_are_counted(session: ProjectSession) -> None:
    labels_evaluation(session)
    found = calibration_of(session, TASK, TINY, 0.9)
    assert found is not None
    rows, right = _brute_force(session, 0.85, 0.95)
    assert (found.rows, found.right) == (rows, pytest.approx(right / rows))
    assert rows >= 20 and 0.85 <= found.low <= found.high <= 0.95
    assert found.right_low < found.right <= found.right_high + 1e-9
    # In the range of wrong answers it was right less often.
    unsure = calibration_of(session, TASK, TINY, 0.5)
    assert unsure is not None and unsure.right < found.right


def test_nothing_is_said_where_nothing_is_known(session: ProjectSession) -> None:
    found = Explanation("cancel order", 0.9, (Part("cancel", 0, 6),), (0.5,))
    assert with_calibration(found, session, TASK, TINY) is found
    assert with_calibration(found, None, TASK, TINY) is found
    labels_evaluation(session)
    assert with_calibration(found, session, TASK, TINY).calibration is not None
    assert calibration_of(session, TASK, replace(TINY, precision="fp32"), 0.9) is None
    assert calibration_of(session, TASK, Candidate("Keyword rules", ""), 0.9) is None
    assert with_calibration(found, session, "translation", TINY) is found
