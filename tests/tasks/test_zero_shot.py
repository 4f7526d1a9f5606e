"""Labels of one's own: NLI models score as transformers' pipeline does, embedding models by similarity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.errors import InputError, ModelFolderError, StoppedError
from studio.domain.prediction import Labels, Prediction
from studio.domain.running import LoadSpec, Placement, ignore_text, never_cancelled
from studio.library.reading import task_of
from studio.runtime.zero_shot_embedding import SimilarityClassifier
from studio.tasks import find_task
from tests.tiny import embedders, encoders, nli
from tests.tiny.cache import TinyCache

TASK = find_task("zero-shot-classification")
LABELS = ("a refund", "the order", "an invoice", "praise for the app")
TEXTS = (
    "Where is my refund?",
    "I want to CANCEL order 4411, please!!",
    "我想取消订单。退款在哪里？",
    "I sent the shoes back two weeks ago. " * 20,
)


def _open(folder: Path, backend: Any = "onnx") -> Any:
    return TASK.open(LoadSpec(TASK.id, folder, backend=backend))


def _ask(runner: Any, text: str, **options: Any) -> Prediction:
    return runner.run({"text": text}, TASK.resolve_options({"labels": LABELS, **options}), ignore_text, never_cancelled)


def _scores(prediction: Prediction) -> dict[str, float]:
    assert isinstance(prediction.output, Labels)
    return {score.label: score.score for score in prediction.output.scores}


def _pipeline(folder: Path, text: str, template: str, multi_label: bool) -> dict[str, float]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    model = AutoModelForSequenceClassification.from_pretrained(str(folder))
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    found: Any = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu")(
        text, candidate_labels=list(LABELS), hypothesis_template=template, multi_label=multi_label
    )
    return dict(zip(found["labels"], found["scores"], strict=True))


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("family", nli.FAMILIES)
def test_scores_are_those_of_transformers_pipeline(tiny: TinyCache, family: str, multi_label: bool) -> None:
    folder = tiny.built(nli.exported, family)
    ours, original = _open(folder), _open(folder, "pytorch")
    for text in TEXTS:
        expected = _pipeline(folder, text, "This example is {}.", multi_label)
        answers = [_ask(runner, text, multi_label=multi_label) for runner in (ours, original)]
        for found in answers:
            assert _scores(found) == pytest.approx(expected, abs=1e-4), text
        # Both read the same part of a long text, and say so.
        assert answers[0].notices == answers[1].notices
        assert answers[0].notices or len(text) < 500
    assert _scores(_ask(ours, TEXTS[0], hypothesis_template="I mean {}")) == pytest.approx(
        _pipeline(folder, TEXTS[0], "I mean {}", False), abs=1e-4
    )


def test_entailment_may_be_the_first_output(tiny: TinyCache) -> None:
    folder = tiny.built(nli.exported, "bert", "reversed")
    for multi_label in (False, True):
        expected = _pipeline(folder, TEXTS[1], "This example is {}.", multi_label)
        assert _scores(_ask(_open(folder), TEXTS[1], multi_label=multi_label)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("build", [nli.exported, embedders.exported])
def test_a_batch_answers_as_single_texts_do(tiny: TinyCache, build: Any) -> None:
    runner = _open(tiny.built(build, "bert"))
    options = TASK.resolve_options({"labels": LABELS, "multi_label": True})
    table = runner.run_batch([{"text": text} for text in TEXTS], options)
    for place, (text, together) in enumerate(zip(TEXTS, table.rows(), strict=True)):
        alone = _ask(runner, text, multi_label=True)
        assert {s.label: s.score for s in together.scores} == pytest.approx(_scores(alone), abs=1e-4)
        assert table.notices.get(place, ()) == alone.notices
    assert runner.lengths([{"text": "a"}, {"text": TEXTS[3]}])[1] > 20
    assert np.isfinite(runner.logits("a text")).all()


def test_a_label_that_leaves_no_room_for_the_text_is_refused(tiny: TinyCache) -> None:
    folder = tiny.built(nli.exported, "bert")
    for backend in ("onnx", "pytorch"):
        with pytest.raises(InputError, match="no room is left"):
            _ask(_open(folder, backend), TEXTS[3], labels=("a " * 200, "b"))


def test_a_classifier_without_entailment_says_so(tiny: TinyCache) -> None:
    folder = tiny.built(encoders.exported, "bert")
    with pytest.raises(ModelFolderError, match="whether one sentence follows"):
        _open(folder)


def test_a_stopped_run_ends_between_batches(tiny: TinyCache) -> None:
    runner = _open(tiny.built(nli.exported, "bert"))
    asked = iter([False, True])
    many = TASK.resolve_options({"labels": tuple(f"label {number}" for number in range(100))})
    with pytest.raises(StoppedError):
        runner.run({"text": TEXTS[0]}, many, ignore_text, lambda: next(asked))


class _Topics:
    """Embeddings that are known: one axis for refunds, one for parcels."""

    max_tokens: int | None = None
    placement = Placement("CPUExecutionProvider", ("CPUExecutionProvider",))

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], cancelled: Any = never_cancelled, role: str = "") -> Any:
        self.asked += texts
        rows = [[("refund" in t) or ("money" in t), "parcel" in t, "_" in t, 0.3] for t in texts]
        return np.array(rows, np.float32)

    def sizes(self, texts: Sequence[str], role: str = "") -> list[tuple[int, int]]:
        return [(len(text.split()), 0) for text in texts]


def test_embedding_models_choose_the_label_that_means_about_the_same() -> None:
    embedder = _Topics()
    runner: Any = SimilarityClassifier(embedder)
    options = TASK.resolve_options({"labels": ("get_refund", "parcel")})
    output = runner.run({"text": "my money please"}, options, ignore_text, never_cancelled).output
    assert output.chosen == ("get_refund",)
    assert sum(score.score for score in output.scores) == pytest.approx(1)
    # Underscores are no words, and labels are embedded once.
    assert "get refund" in embedder.asked
    embedder.asked.clear()
    runner.run({"text": "another"}, options, ignore_text, never_cancelled)
    assert embedder.asked == ["another"]


def test_with_several_labels_possible_none_may_fit() -> None:
    runner: Any = SimilarityClassifier(_Topics())
    options = TASK.resolve_options({"labels": ("refund", "parcel"), "multi_label": True})

    def chosen(text: str) -> tuple[str, ...]:
        chosen: tuple[str, ...] = runner.run({"text": text}, options, ignore_text, never_cancelled).output.chosen
        return chosen

    assert set(chosen("the refund for my parcel")) == {"refund", "parcel"}
    assert chosen("hello") == ()


@pytest.mark.parametrize(
    ("labels", "words"),
    [((), "no labels"), (("a", "A"), "given twice"), (("a", " "), "is empty"), (("only",), "only one label")],
)
def test_labels_that_give_no_choice_are_refused(tiny: TinyCache, labels: tuple[str, ...], words: str) -> None:
    for build in (nli.exported, embedders.exported):
        with pytest.raises(InputError, match=words):
            _ask(_open(tiny.built(build, "bert")), "a text", labels=labels)
    with pytest.raises(InputError, match="no place for the label"):
        _ask(_open(tiny.built(nli.exported, "bert")), "a text", hypothesis_template="about")


def test_the_baseline_of_an_embedding_model_scores_the_same(tiny: TinyCache) -> None:
    folder = tiny.built(embedders.exported, "bert")
    one, other = (_scores(_ask(_open(folder, backend), TEXTS[0])) for backend in ("onnx", "pytorch"))
    assert one == pytest.approx(other, abs=1e-3)


def test_which_models_are_for_it() -> None:
    config = {"architectures": ["BartForSequenceClassification"], "id2label": {"0": "contradiction", "1": "entailment"}}
    assert task_of(config, "zero-shot-classification") is TASK
    assert task_of(config, "") is TASK
    assert task_of(config, "text-classification") is find_task("text-classification")
    plain = {**config, "id2label": {"0": "good", "1": "bad"}}
    assert task_of(plain, "") is find_task("text-classification")
    assert TASK.runs("feature-extraction")
    assert task_of({"architectures": ["BertModel"]}, "sentence-similarity") is find_task("feature-extraction")
    assert task_of({"architectures": ["MPNetModel"]}) is find_task("feature-extraction")
