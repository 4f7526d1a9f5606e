"""Scores from text: the same numbers as PyTorch, found by the folder, added, run and evaluated as any other task."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from studio.baseline.classification import EagerRegressor
from studio.domain.evaluation import EvaluationSettings
from studio.domain.prediction import Number, Prediction
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.library.add import AddRequest
from studio.library.reading import task_of
from studio.library.store import Library
from studio.runtime.encoder import TextRegressor
from studio.services import models
from studio.services.candidates import resolve
from studio.services.evaluating import begin
from studio.services.evaluation_export import export_evaluation
from studio.services.importing import import_file, look
from studio.services.pool import CandidatePool
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task
from tests.tiny import encoders
from tests.tiny.cache import TinyCache

TEXTS = ("I want to cancel order 4411", "Where is my refund?", "fine " * 60)


def _number(prediction: Prediction) -> float:
    assert isinstance(prediction.output, Number)
    return prediction.output.value


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2"])
def test_numbers_equal_those_of_pytorch(tiny: TinyCache, family: str) -> None:
    spec = LoadSpec("regression", tiny.built(encoders.exported, family, "number"))
    ours, original = TextRegressor(spec), EagerRegressor(spec)
    table = ours.run_batch([{"text": text} for text in TEXTS], {})
    for place, text in enumerate(TEXTS):
        expected = original.run({"text": text}, {}, ignore_text, never_cancelled)
        answer = ours.run({"text": text}, {}, ignore_text, never_cancelled)
        assert _number(answer) == pytest.approx(_number(expected), abs=1e-4)
        assert answer.notices == expected.notices == table.notices.get(place, ())
        batched = table.rows()[place]
        assert isinstance(batched, Number)
        assert batched.value == pytest.approx(_number(expected), abs=1e-4)


def test_one_output_means_a_number_and_several_mean_labels(tiny: TinyCache) -> None:
    for kind, task in (("number", "regression"), ("single", "text-classification")):
        config = json.loads((tiny.built(encoders.weights, "bert", kind) / "config.json").read_text())
        found = task_of(config, "text-classification")
        assert found is not None
        assert found.id == task


def test_from_a_folder_of_weights_to_figures(tiny: TinyCache, tmp_path: Path) -> None:
    library = Library(tmp_path / "library", tmp_path / "none")
    added = models.add(library, AddRequest(str(tiny.built(encoders.weights, "bert", "number")), id="stars"))
    assert added is not None
    assert (added.task, added.state) == ("regression", "ready")
    assert added.fidelity["fp32"].max_logit_difference < 1e-3
    sheet = tmp_path / "reviews.csv"
    with sheet.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["review", "expected"], *([text, number] for number, text in enumerate(TEXTS))])
    task = find_task("regression")
    found = look(sheet, task=task)
    with Projects(tmp_path / "projects").new() as session, CandidatePool(keep=0) as pool:
        data = import_file(session, task, sheet, found.format, found.mapping)
        candidates = [resolve(task, "stars:fp32", library)]
        info = begin(session, task, data, candidates, EvaluationSettings(data.mapping), pool, library=library)
        result = score(session, info.id)
        assert result.headline == "mae"
        assert {"mae", "rmse", "r2", "spearman"} <= set(result.scores[0].metrics)
        answers = {a.position: a.output for a in session.evaluations.answers(info.candidates[0].id)}
        assert all(isinstance(output, Number) for output in answers.values())
        assert result.scores[0].metrics["mae"].value == pytest.approx(
            sum(abs(answers[place].value - place) for place in range(3)) / 3  # type: ignore[union-attr]
        )
        written = json.loads(export_evaluation(session, result, "json", tmp_path / "out.json").read_text("utf-8"))
        row = written["candidates"][0]["rows"][1]
        assert row["output"] == {"value": pytest.approx(answers[1].value)}  # type: ignore[union-attr]
        # A number is near or far, never simply right.
        assert row["right"] is None
