"""A model that knows no labels stands beside one that was taught some: an evaluation tells it those it expects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.comparison import CandidateResult
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import InputError
from studio.domain.evaluation import EvaluationSettings
from studio.domain.prediction import Labels, Prediction
from studio.gui.viewmodels.try_loading import load, read_offers
from studio.library.store import Library
from studio.services import column_runs
from studio.services.candidates import resolve
from studio.services.evaluating import begin
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.services.waiting import Waiter
from studio.tasks import find_task

TASK = find_task("text-classification")
MAPPING = ColumnMapping(inputs={"text": "message"}, reference="queue")
EMBEDDINGS, TINY = "starter/minilm-embeddings", "starter/support-intents-tiny"
_ROWS = (
    ("I want to cancel my order", "cancel_order"),
    ("please give me my money back", "get_refund"),
    ("cancel the order I made yesterday", "cancel_order"),
    ("when do I get my refund", "get_refund"),
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def test_it_chooses_among_the_labels_that_the_data_expects(session: ProjectSession) -> None:
    library = Library.open()
    data = session.datasets.add(
        TASK.id, "d", "d.csv", FileFormat("csv"), ("message", "queue"), _ROWS, (), "f" * 64, MAPPING
    )
    with CandidatePool(keep=1) as pool:
        info = begin(
            session,
            TASK,
            data,
            [resolve(TASK, name, library) for name in (TINY, EMBEDDINGS)],
            EvaluationSettings(MAPPING),
            pool,
            library=library,
        )
    taught, told = info.candidates
    assert told.status == "finished"
    assert set(told.labels) == set(told.options["choices"]) == {"cancel_order", "get_refund"}
    # One that knows its own is told nothing.
    assert taught.options["choices"] == () and len(taught.labels) > 2
    accuracy = [scored.metrics["accuracy"].value for scored in score(session, info.id).scores]
    assert accuracy == [1.0, 1.0]


def test_without_labels_it_says_what_is_missing() -> None:
    _candidate, spec = resolve(TASK, EMBEDDINGS, Library.open())
    waiter = Waiter(threading.Event(), 60)
    with CandidatePool() as pool, pool.borrow(spec, waiter) as opened:
        with pytest.raises(InputError, match="no labels of its own"):
            waiter.result(opened.worker.run({"text": "hello"}, TASK.resolve_options({})))
        labels = {"choices": ("greeting", "farewell")}
        answer = waiter.result(opened.worker.run({"text": "hello"}, TASK.resolve_options(labels)))
        assert isinstance(answer.prediction.output, Labels)
        assert answer.prediction.output.chosen == ("greeting",)


def test_only_an_evaluation_offers_it(session: ProjectSession) -> None:
    library = Library.open()
    begun = [offer.candidate.model for offer in load(session, library, TASK, "cpu").offers]
    told = [offer.candidate.model for offer in read_offers(session, library, TASK, "cpu", told=True)]
    assert EMBEDDINGS in told and EMBEDDINGS not in begun
    assert set(begun) < set(told)
    # Nobody's first candidate is one that must be told what to choose from.
    assert EMBEDDINGS not in [column.candidate.model for column in session.columns(TASK.id)]


def test_in_try_it_chooses_among_the_labels_of_its_neighbours(session: ProjectSession) -> None:
    class Hearing:
        def __init__(self) -> None:
            self.results: dict[str, CandidateResult] = {}

        def stage(self, column: str, stage: str) -> None: ...

        def text(self, column: str, piece: str) -> None: ...

        def answered(self, column: str, prediction: Prediction) -> None: ...

        def finished(self, column: str, result: CandidateResult) -> None:
            self.results[column] = result

    library, hears = Library.open(), Hearing()
    columns = [session.add_column(TASK.id, resolve(TASK, name, library)[0]) for name in (TINY, EMBEDDINGS)]
    with CandidatePool() as pool:
        inputs = {"text": "please give me my money back"}
        run = column_runs.begin(session, TASK, columns, inputs, {}, column_runs.Runners(pool, library), hears)
        run.go()
        again = column_runs.begin_again(
            session, TASK, session.run(run.run), columns[1], column_runs.Runners(pool, library), hears
        )
        again.go()
    taught, told = (hears.results[column.id].prediction for column in columns)
    assert taught is not None and told is not None
    assert isinstance(taught.output, Labels) and isinstance(told.output, Labels)
    assert {score.label for score in told.output.scores} == {score.label for score in taught.output.scores}
    assert told.output.chosen == taught.output.chosen
