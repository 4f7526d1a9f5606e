"""Classifiers answer as their PyTorch originals do, whatever the architecture, the text and the tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.baseline.classification import EagerClassifier
from studio.domain.prediction import Labels, Prediction
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.runtime.encoder import TextClassifier
from studio.runtime.tokenization import Tokenizer
from tests.tiny import encoders
from tests.tiny.cache import TinyCache

TEXTS = (
    "Where is my refund?",
    "I want to CANCEL order 4411, please!!",
    "我想取消订单。退款在哪里？",
    "🙂 naïve café — ﬁne\u200bprint \x07",
    "שלום עולם",
    "a",
    "I sent the shoes back two weeks ago. " * 40,
)
OPTIONS = {"top_k": None}


def _scores(prediction: Prediction) -> dict[str, float]:
    assert isinstance(prediction.output, Labels)
    return {score.label: score.score for score in prediction.output.scores}


@pytest.mark.parametrize("kind", ["single", "multi"])
@pytest.mark.parametrize("family", encoders.FAMILIES)
def test_scores_equal_those_of_pytorch(tiny: TinyCache, family: str, kind: str) -> None:
    spec = LoadSpec("text-classification", tiny.built(encoders.exported, family, kind))
    ours, original = TextClassifier(spec), EagerClassifier(spec)
    for text in TEXTS:
        answer = ours.run({"text": text}, OPTIONS, ignore_text, never_cancelled)
        expected = original.run({"text": text}, OPTIONS, ignore_text, never_cancelled)
        assert _scores(answer) == pytest.approx(_scores(expected), abs=1e-4), text
        # Both read the same part of a long text, and say so.
        assert answer.notices == expected.notices
        assert bool(answer.notices) == (len(text) > 500)
        assert isinstance(answer.output, Labels)
        assert answer.output.multi_label == (kind == "multi")


@pytest.mark.parametrize("family", encoders.FAMILIES)
def test_a_batch_answers_as_single_texts_do(tiny: TinyCache, family: str) -> None:
    classifier = TextClassifier(LoadSpec("text-classification", tiny.built(encoders.exported, family)))
    batch = classifier.run_batch([{"text": text} for text in TEXTS], OPTIONS)
    for place, (text, together) in enumerate(zip(TEXTS, batch.rows(), strict=True)):
        alone = classifier.run({"text": text}, OPTIONS, ignore_text, never_cancelled)
        assert {s.label: s.score for s in together.scores} == pytest.approx(_scores(alone), abs=1e-4)
        assert batch.notices.get(place, ()) == alone.notices


@pytest.fixture(params=encoders.FAMILIES)
def folder(tiny: TinyCache, request: pytest.FixtureRequest) -> Path:
    return tiny.built(encoders.weights, request.param)


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("limit", [3, 10, 48])
def test_a_text_is_cut_as_the_library_cuts_it(folder: Path, limit: int, special: bool) -> None:
    tokenizer = Tokenizer.open(folder)
    for text in TEXTS:
        ours = tokenizer.encode(text, limit, special)
        total = len(tokenizer.inner.encode(text, add_special_tokens=special).ids)
        tokenizer.inner.enable_truncation(limit)
        expected = tokenizer.inner.encode(text, add_special_tokens=special)
        tokenizer.inner.no_truncation()
        assert (ours.ids, ours.type_ids) == (expected.ids, expected.type_ids)
        assert ours.left_out == total - len(ours.ids)
