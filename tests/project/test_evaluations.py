"""Evaluations in a project: every answer comes back as it was, nothing counts twice, edits can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import Failure, UnknownNameError
from studio.domain.evaluation import Answer, EvaluationSettings, RunFacts
from studio.domain.prediction import GeneratedText, Labels, LabelScore
from studio.domain.project import Rating
from studio.project.evaluations import NewCandidate
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects

_LABELS = ("cancel", "refund", "other")
_ROWS = 5


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "data").new() as made:
        yield made


def _begin(session: ProjectSession) -> tuple[int, int, int]:
    """An evaluation of a model and a recorded column; its id and those of its candidates."""
    mapping = ColumnMapping(inputs={"text": "message"}, reference="label", recorded={"Vendor": "vendor"})
    data = session.datasets.add(
        "text-classification", "d", "d.csv", FileFormat("csv", "utf-8", ","), ("message", "label", "vendor"),
        [(f"m{i}", "refund", "refund") for i in range(_ROWS)], (), "f" * 64, mapping,
    )  # fmt: skip
    info = session.evaluations.start(
        "text-classification",
        data.id,
        EvaluationSettings(mapping),
        _ROWS,
        [
            NewCandidate("m:int8", "M", "model", Candidate("m", "int8"), {"top_k": None}, "mit", _LABELS),
            NewCandidate("Vendor", "Vendor", "recorded"),
        ],
        {"cpu": "x", "cores": 2},
    )
    return info.id, info.candidates[0].id, info.candidates[1].id


def _labels(*scores: float) -> Labels:
    found = sorted(zip(_LABELS, scores, strict=True), key=lambda pair: -pair[1])
    return Labels(tuple(LabelScore(label, score) for label, score in found))


def test_answers_come_back_as_they_were(session: ProjectSession) -> None:
    evaluation, model, vendor = _begin(session)
    answers = [
        Answer(model, 0, 0, _labels(0.125, 0.75, 0.125), None, 0.002),
        Answer(model, 1, 0, None, Failure("InputError", "empty")),
        Answer(model, 2, 0, _labels(0.5, 0.25, 0.25), notices=("cut",)),
        Answer(model, 3, 0, Labels((LabelScore("refund", 0.5),)), notices=()),
        Answer(model, 4, 0, GeneratedText("hé\u0000llo", (3, 70_000), 5, "length"), None, 1.5, 0.25, 30.0, 8.0),
        Answer(vendor, 4, 0, Labels((LabelScore("new", 1.0),), True)),
    ]
    session.evaluations.record(answers)
    assert list(session.evaluations.answers(model)) == answers[:5]
    assert list(session.evaluations.answers(model, [4, 1])) == [answers[4], answers[1]]
    assert list(session.evaluations.answers(vendor)) == [answers[5]]
    assert session.evaluations.texts(model) == {0: "refund", 1: None, 2: "cancel", 3: "refund", 4: "hé\u0000llo"}
    info = session.evaluations.get(evaluation)
    assert [(each.done, each.failed) for each in info.candidates] == [(5, 1), (1, 0)]
    assert info.candidates[0].candidate == Candidate("m", "int8")
    assert info.environment == {"cpu": "x", "cores": 2}


def test_an_answer_never_counts_twice(session: ProjectSession) -> None:
    _evaluation, model, _vendor = _begin(session)
    for score in (0.25, 0.5):
        session.evaluations.record([Answer(model, 0, 0, _labels(score, 0.125, 0.125))])
    found = list(session.evaluations.answers(model))
    assert len(found) == 1
    assert isinstance(found[0].output, Labels)
    assert found[0].output.scores[0].score == 0.5
    assert session.evaluations.done(model) == {(0, 0)}


def test_counts_follow_what_is_replaced(session: ProjectSession) -> None:
    evaluation, model, vendor = _begin(session)
    failure = Failure("WorkerCrashed", "gone")

    def counts() -> list[tuple[int, int]]:
        return [(each.done, each.failed) for each in session.evaluations.get(evaluation).candidates]

    session.evaluations.record([Answer(model, position, 0, None, failure) for position in range(4)])
    assert counts() == [(4, 4), (0, 0)]
    session.evaluations.record(
        [
            Answer(model, 0, 0, _labels(0.5, 0.25, 0.25)),
            Answer(model, 1, 0, None, failure),
            Answer(model, 1, 1, None, failure),
            Answer(vendor, 0, 0, Labels((LabelScore("new", 1.0),))),
        ]
    )
    assert counts() == [(5, 4), (1, 0)]


def test_state_and_facts(session: ProjectSession) -> None:
    evaluation, model, vendor = _begin(session)
    assert session.evaluations.get(evaluation).status == "stopped"
    session.evaluations.set_state(model, "running")
    assert session.evaluations.get(evaluation).status == "running"
    facts = RunFacts(load_s=0.5, latencies_s=(0.25, 0.5))
    session.evaluations.set_state(model, "finished", facts)
    session.evaluations.set_state(vendor, "failed", failure=Failure("InputError", "no"))
    info = session.evaluations.get(evaluation)
    assert info.status == "finished"
    assert info.candidates[0].facts == facts
    assert info.candidates[1].failure == Failure("InputError", "no")
    session.evaluations.set_state(vendor, "finished")
    assert session.evaluations.get(evaluation).candidates[1].failure is None


def test_an_evaluation_that_ran_when_the_studio_ended_is_interrupted(tmp_path: Path) -> None:
    projects = Projects(tmp_path / "data")
    with projects.new() as session:
        session.save(tmp_path / "p.studio")
        evaluation, model, _vendor = _begin(session)
        session.evaluations.set_state(model, "running")
        session.evaluations.record([Answer(model, 0, 0, _labels(0.5, 0.25, 0.25))])
    with projects.open(tmp_path / "p.studio") as session:
        info = session.evaluations.get(evaluation)
        assert info.status == "interrupted"
        assert info.candidates[0].done == 1


def test_what_people_say_can_be_undone(session: ProjectSession) -> None:
    evaluation, model, vendor = _begin(session)
    changes: list[object] = []
    session.on_change(lambda change: changes.append(change.parts))
    session.evaluations.set_title(evaluation, " First ")
    session.evaluations.set_baseline(evaluation, model)
    session.evaluations.vote(evaluation, 3, model, vendor, "tie")
    session.evaluations.rate(model, 2, Rating("up", "good"))
    assert all("evaluation" in parts for parts in changes)  # type: ignore[operator]
    assert session.evaluations.votes(evaluation)[0][2].choice == "tie"
    assert session.evaluations.ratings(evaluation) == {(model, 2): Rating("up", "good")}
    for _edit in range(4):
        assert session.undo()
    info = session.evaluations.get(evaluation)
    assert (info.title, info.baseline) == ("", None)
    assert not session.evaluations.votes(evaluation)
    assert not session.evaluations.ratings(evaluation)
    session.redo()
    assert session.evaluations.get(evaluation).title == "First"


def test_removed_ones_are_left_out(session: ProjectSession) -> None:
    evaluation, _model, _vendor = _begin(session)
    session.evaluations.remove(evaluation)
    assert session.evaluations.all() == ()
    session.undo()
    assert [info.id for info in session.evaluations.all("text-classification")] == [evaluation]
    session.datasets.remove(session.datasets.all()[0].id)
    assert session.evaluations.all() == ()


def test_unknown_ones_are_named(session: ProjectSession) -> None:
    evaluation, model, _vendor = _begin(session)
    with pytest.raises(UnknownNameError):
        session.evaluations.get(99)
    with pytest.raises(UnknownNameError):
        session.evaluations.set_baseline(evaluation, 99)
    with pytest.raises(UnknownNameError):
        session.evaluations.vote(evaluation, 0, model, 99, "a")
    with pytest.raises(UnknownNameError):
        session.evaluations.set_state(99, "running")
