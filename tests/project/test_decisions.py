"""Criteria, brief and choices in a project; what is changed after results are there stays written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.decision import Criterion
from studio.domain.errors import UnknownNameError
from studio.domain.evaluation import Answer, EvaluationSettings, SliceKey
from studio.domain.prediction import Labels, LabelScore
from studio.project.evaluations import NewCandidate
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects

_TASK = "text-classification"
_FIRST = Criterion("c1", "accuracy", "at least", 0.9, "must", SliceKey("group", "vip"), 100)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "data").new() as made:
        yield made


def _answer_something(session: ProjectSession) -> int:
    data = session.datasets.add(_TASK, "d", "d.csv", FileFormat("csv"), ("m",), [("x",)], (), "f" * 64, ColumnMapping())
    new = NewCandidate("m:int8", "M", "model", Candidate("m", "int8"), labels=("a",))
    info = session.evaluations.start(_TASK, data.id, EvaluationSettings(ColumnMapping()), 1, [new], {})
    session.evaluations.record([Answer(info.candidates[0].id, 0, 0, Labels((LabelScore("a", 1.0),)))])
    return info.id


def test_criteria_keep_their_order_and_can_be_undone(session: ProjectSession) -> None:
    second = Criterion("c2", "latency_p95_s", "at most", 0.5, "should")
    session.decisions.put_criterion(_TASK, _FIRST)
    session.decisions.put_criterion(_TASK, second)
    session.decisions.put_criterion(_TASK, replace(_FIRST, threshold=0.95))
    assert [each.threshold for each in session.decisions.criteria(_TASK)] == [0.95, 0.5]
    session.decisions.remove_criterion(_TASK, "c1")
    assert session.decisions.criteria(_TASK) == (second,)
    session.undo()
    assert session.decisions.criteria(_TASK)[0].slice == SliceKey("group", "vip")
    with pytest.raises(UnknownNameError):
        session.decisions.remove_criterion(_TASK, "c9")
    assert session.decisions.criteria("chat") == ()


def test_changes_before_results_are_nobodys_business(session: ProjectSession) -> None:
    session.decisions.put_criterion(_TASK, _FIRST)
    session.decisions.put_criterion(_TASK, replace(_FIRST, threshold=0.8))
    session.undo()
    assert session.decisions.changes(_TASK) == ()


def test_changes_after_results_are_written_down_for_good(session: ProjectSession) -> None:
    session.decisions.put_criterion(_TASK, _FIRST)
    evaluation = _answer_something(session)
    lower = replace(_FIRST, threshold=0.8)
    session.decisions.put_criterion(_TASK, lower)
    session.decisions.put_criterion(_TASK, lower)
    changes = session.decisions.changes(_TASK)
    assert [(each.before, each.after, each.evaluation) for each in changes] == [(_FIRST, lower, evaluation)]
    # Undoing the edit (the two were typed within moments, and count as one) is a change as well.
    session.undo()
    assert session.decisions.changes(_TASK)[-1].before == lower
    assert len(session.decisions.changes(_TASK)) == 2
    session.decisions.put_criterion(_TASK, _FIRST)
    session.decisions.remove_criterion(_TASK, "c1")
    assert session.decisions.changes(_TASK)[-1].after is None


def test_the_brief(session: ProjectSession) -> None:
    session.decisions.set_brief(_TASK, "problem", "Too many tickets")
    session.decisions.set_brief(_TASK, "fallback", "yes")
    session.decisions.set_brief(_TASK, "fallback", "A person reads all of them", note=True)
    brief = session.decisions.brief(_TASK)
    assert brief.answers == {"problem": "Too many tickets", "fallback": "yes"}
    assert brief.notes == {"fallback": "A person reads all of them"}
    session.decisions.set_brief(_TASK, "problem", "")
    assert "problem" not in session.decisions.brief(_TASK).answers
    session.decisions.fill_brief(_TASK, {"problem": "P", "users": "U"})
    session.undo()
    assert "users" not in session.decisions.brief(_TASK).answers


def test_choices(session: ProjectSession) -> None:
    assert session.decisions.choice(_TASK, "sizing", {"a": 1}) == {"a": 1}
    session.decisions.set_choice(_TASK, "sizing", {"requests_per_day": 500.5, "hardware": "laptop"})
    assert session.decisions.choice(_TASK, "sizing") == {"requests_per_day": 500.5, "hardware": "laptop"}
    session.undo()
    assert session.decisions.choice(_TASK, "sizing") is None
