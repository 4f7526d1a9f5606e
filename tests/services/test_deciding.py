"""What counts as evidence for a decision: which rows, and how often each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.decision import Criterion, CriterionVerdict, Decision
from studio.domain.errors import Failure
from studio.domain.evaluation import Answer, EvaluationSettings
from studio.domain.prediction import Labels, LabelScore
from studio.engine.environment import cpu_name
from studio.project.evaluations import NewCandidate
from studio.services.deciding import decide, hardware_profiles
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task

TASK = "text-classification"
ROWS = 40


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def _decided(
    session: ProjectSession,
    criterion: Criterion,
    settings: EvaluationSettings | None = None,
    wrong: Sequence[tuple[int, int]] = (),
    failed: Sequence[int] = (),
    answered: int = ROWS,
    starred: Sequence[int] = (),
) -> Decision:
    """One candidate that answers "yes" to every row; ``wrong`` names (row, repeat), ``failed`` rows."""
    mapping = ColumnMapping({"text": "text"}, "want")
    rows = [(f"message {number}", "yes") for number in range(ROWS)]
    data = session.datasets.add(TASK, "d", "d.csv", FileFormat("csv"), ("text", "want"), rows, (), "0" * 64, mapping)
    for position in starred:
        session.datasets.mark(data.id, position, critical=True)
    settings = replace(settings or EvaluationSettings(mapping), mapping=mapping)
    asked = range(ROWS) if settings.positions is None else settings.positions
    info = session.evaluations.start(
        TASK, data.id, settings, len(asked), [NewCandidate("m", "M", "recorded", labels=("yes", "no"))], {}
    )
    candidate = info.candidates[0].id
    answers = []
    for position in list(asked)[:answered]:
        for repeat in range(settings.repeats):
            label = "no" if (position, repeat) in wrong else "yes"
            output = None if position in failed else Labels((LabelScore(label, 1.0),))
            failure = Failure("InputError", "No.", "") if position in failed else None
            answers.append(Answer(candidate, position, repeat, output, failure))
    session.evaluations.record(answers)
    session.evaluations.set_state(candidate, "finished" if answered == ROWS else "stopped")
    session.decisions.put_criterion(TASK, criterion)
    return decide(session, find_task(TASK), score(session, info.id))


def _only(decision: Decision) -> CriterionVerdict:
    return decision.verdicts[0].criteria[0]


CRITICAL = Criterion("c", "critical_rows", "at least", 1.0)


def test_a_starred_row_that_did_not_take_part_is_no_miss(session: ProjectSession) -> None:
    limited = EvaluationSettings(ColumnMapping(), positions=tuple(range(10)))
    found = _only(_decided(session, CRITICAL, limited, starred=(3, 39)))
    assert found.state == "met"
    assert found.estimate is not None
    assert found.estimate.n == 1


def test_a_starred_row_that_was_not_asked_yet_is_not_proven(session: ProjectSession) -> None:
    found = _only(_decided(session, CRITICAL, answered=20, starred=(3, 39)))
    assert (found.state, found.estimate) == ("not proven", None)


def test_a_starred_row_must_be_right_every_time(session: ProjectSession) -> None:
    thrice = EvaluationSettings(ColumnMapping(), repeats=3)
    assert _only(_decided(session, CRITICAL, thrice, wrong=[(3, 2)], starred=(3, 5))).state == "missed"


def test_a_starred_row_without_an_answer_is_a_miss(session: ProjectSession) -> None:
    assert _only(_decided(session, CRITICAL, failed=[3], starred=(3, 5))).state == "missed"


def test_repeats_are_no_further_rows(session: ProjectSession) -> None:
    few_errors = Criterion("e", "error_rate", "at most", 0.05)
    found = _only(_decided(session, few_errors, EvaluationSettings(ColumnMapping(), repeats=10)))
    assert found.estimate is not None
    assert found.estimate.n == ROWS
    assert found.state == "not proven"


def test_a_run_that_was_stopped_is_no_go(session: ProjectSession) -> None:
    easy = Criterion("a", "accuracy", "at least", 0.5)
    assert _decided(session, easy).verdicts[0].overall == "GO"
    assert _decided(session, easy, answered=20).verdicts[0].overall == "NOT PROVEN"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({}, "This computer ("),
        ({"cpu": cpu_name()}, "This computer ("),
        ({"cpu": "Abacus 3000"}, "The computer it was measured on (Abacus 3000)"),
        ({"cpu": cpu_name(), "cluster_nodes": "head, second"}, "The cluster it was measured on (head, second)"),
    ],
)
def test_hardware_is_named_after_what_it_was_measured_on(
    session: ProjectSession, facts: dict[str, str], name: str
) -> None:
    _decided(session, CRITICAL)
    info = replace(session.evaluations.all(TASK)[0], environment=facts)
    (profile,) = hardware_profiles(session, info)
    assert profile.name.startswith(name)
