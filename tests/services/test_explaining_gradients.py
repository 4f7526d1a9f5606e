"""Integrated gradients of models that have no original here: proved against their graphs, and refused where not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from studio.baseline.attribution import baseline_id
from studio.baseline.classification import EagerClassifier
from studio.domain.attribution import Question, Reply
from studio.domain.errors import InputError
from studio.domain.places import shipped_models_folder
from studio.domain.prediction import Output
from studio.domain.running import Inputs, LoadSpec, ignore_text, never_cancelled
from studio.library.reading import read_model
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.explaining import methods_of
from studio.services.explaining_gradients import has_gradients, in_pytorch, integrated_gradients, probes_cost
from studio.services.explaining_text import WordGame
from studio.tasks import find_task

TASK = find_task("text-classification")
OPTIONS = TASK.resolve_options({})
TINY = "starter/support-intents-tiny"


class _Here:
    """A runner in this process, asked as a worker is (`studio.services.explaining_asking.Asking`)."""

    def __init__(self, spec: LoadSpec) -> None:
        self.runner: Any = TASK.open(spec)
        self.options = OPTIONS
        self.asked = 0

    def outputs(self, batch: list[Inputs]) -> list[Output]:
        self.tick(len(batch))
        return [self.runner.run(inputs, OPTIONS, ignore_text, never_cancelled).output for inputs in batch]

    def reply(self, question: Question) -> Reply:
        found: Reply = self.runner.explain(question, never_cancelled)
        return found

    def tick(self, questions: int) -> None:
        self.asked += questions


def _spec(model: str) -> LoadSpec:
    return resolve(TASK, model, Library.open())[1]


@pytest.mark.parametrize(
    ("model", "texts", "word"),
    [
        (TINY, ("please cancel order 4411, I don't need it any more", "where can I download my invoice?"), 0),
        ("starter/sentiment-tiny", ("The update is great, everything feels faster!",), 3),
    ],
)
def test_weights_of_a_starter_add_up(model: str, texts: tuple[str, ...], word: int) -> None:
    """Completeness to 1 %, against both ends of the way as PyTorch computes them itself."""
    import torch

    spec = _spec(model)
    inside_spec = in_pytorch(spec, None)
    assert inside_spec.read_back and inside_spec.precision == "int8"
    graph, inside = _Here(spec), _Here(inside_spec)
    runner = inside.runner
    assert isinstance(runner, EagerClassifier)
    for text in texts:
        game = WordGame(TASK, {"text": text}, graph)  # type: ignore[arg-type]
        graph.asked = inside.asked = 0
        found = integrated_gradients(game, inside, {"text": text}, inside_spec)  # type: ignore[arg-type]
        assert graph.asked + inside.asked == probes_cost(len(game.parts))
        read = runner._tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
        special = read.pop("special_tokens_mask").bool()
        empty = torch.where(special, read["input_ids"], baseline_id(runner._tokenizer))
        _answer, score = runner._explained(runner.logits(text), game.answer)
        with torch.inference_mode():
            whole, nothing = (
                float(score(runner._model(**{**read, "input_ids": ids}).logits)[0])
                for ids in (read["input_ids"], empty)
            )
        assert whole - nothing > 0.5
        # Marks between words belong to the words beside them, so nothing is lost.
        assert sum(found.by_part) == pytest.approx(whole - nothing, rel=0.01, abs=0.002)
        assert found.completeness <= 0.01
        assert found.inside.read_back and abs(whole - game.whole.score) <= found.inside.apart + 1e-6 < 0.2
    if word:
        assert max(range(len(game.parts)), key=lambda place: found.by_part[place]) == word


def test_weights_that_answer_otherwise_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(shipped_models_folder() / "starter" / "support-intents-tiny", folder)
    config = json.loads((folder / "config.json").read_text())
    # The graph does not read its configuration, PyTorch does.
    (folder / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 10.0}))
    spec = LoadSpec(TASK.id, folder, "int8", threads=1)
    inputs = {"text": "please cancel order 4411"}
    game = WordGame(TASK, inputs, _Here(spec))  # type: ignore[arg-type]
    inside = in_pytorch(spec, None)
    with pytest.raises(InputError, match="graph of changed can't be read that far") as raised:
        integrated_gradients(game, _Here(inside), inputs, inside)  # type: ignore[arg-type]
    assert "apart" in raised.value.detail


def test_which_models_can_be_looked_into(tmp_path: Path) -> None:
    library = Library.open()
    assert methods_of(TASK, library.find(TINY)) == ("occlusion", "shapley", "integrated-gradients")
    assert "integrated-gradients" not in methods_of(TASK)
    assert not has_gradients(library.find("starter/minilm-embeddings"))
    folder = tmp_path / "headless"
    shutil.copytree(shipped_models_folder() / "starter" / "support-intents-tiny", folder)
    for config in ({"architectures": ["BertModel"]}, {"architectures": 7}, {}):
        (folder / "config.json").write_text(json.dumps({"model_type": "bert", **config}))
        assert not has_gradients(read_model(folder, ""))


def test_an_original_that_is_here_is_taken(tmp_path: Path) -> None:
    spec = LoadSpec(TASK.id, tmp_path / "model", "int8", threads=3)
    kept = LoadSpec(TASK.id, tmp_path / "model", backend="pytorch", weights=tmp_path / "kept", threads=3)
    model = read_model(shipped_models_folder() / "starter" / "support-intents-tiny", "")
    assert in_pytorch(kept, model) == kept
    assert in_pytorch(spec, None).read_back and in_pytorch(spec, model).weights is None
