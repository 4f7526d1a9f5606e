"""Comparing with the original: what counts as the same, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from studio.domain.errors import ConversionError, InputError
from studio.domain.model import Fidelity
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Prediction, Timing
from studio.domain.running import LoadSpec, Placement
from studio.domain.task import Task
from studio.library.fidelity import MOST_FP32_DIFFERENCE, Comparer, judge
from studio.library.fidelity_inputs import SENTENCES, TEXTS
from studio.tasks import find_task

_ORIGINAL = LoadSpec("text-classification", Path("m"), backend="pytorch")
_CANDIDATE = LoadSpec("text-classification", Path("m"), "int8")


class _Classifier:
    """Scores a text by its length, plus what a test adds."""

    placement = Placement("none", ())

    def __init__(self, added: float = 0.0) -> None:
        self._added = added

    def logits(self, text: str) -> npt.NDArray[Any]:
        return np.array([len(text) % 2, 0.5 + self._added], np.float32)

    def run(self, inputs: Any, *_rest: Any) -> Prediction:
        if "?!" in inputs["text"]:
            raise InputError("A language it does not have.")
        scores = self.logits(inputs["text"])
        order = np.argsort(-scores)
        return Prediction(Labels(tuple(LabelScore("ab"[i], float(scores[i])) for i in order)), Timing(0.0))


class _Writer(_Classifier):
    """Writes two tokens, the second as a test wants it."""

    def __init__(self, second: int, options: list[Any]) -> None:
        super().__init__()
        self._second = second
        self._options = options

    def run(self, inputs: Any, options: Any, *_rest: Any) -> Prediction:
        self._options.append(options)
        return Prediction(GeneratedText("x", (7, self._second), 3, "length"), Timing(0.0))

    def prompt_ids(self, inputs: Any, options: Any) -> list[int]:
        return [1, 2, 3]

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> npt.NDArray[Any]:
        assert list(prompt) == [1, 2, 3]
        scores = np.zeros((len(answer), 10), np.float32)
        scores[0, self._second] = 2
        return scores


def _task(original: Any, candidate: Any, base: str = "text-classification") -> Task:
    return replace(find_task(base), open=lambda spec: original if spec.backend == "pytorch" else candidate)


def _compared(original: Any, candidate: Any) -> Fidelity:
    comparer = Comparer(_task(original, candidate), _ORIGINAL, Path())
    comparer.prepare()
    return comparer.compare(_CANDIDATE)


def test_the_same_is_the_same() -> None:
    found = _compared(_Classifier(), _Classifier())
    assert found == Fidelity(0.0, 1.0, len([text for text in TEXTS if "?!" not in text]))


def test_another_label_on_some_inputs() -> None:
    found = _compared(_Classifier(), _Classifier(0.75))
    assert found.max_logit_difference == pytest.approx(0.75)
    odd = [len(text) % 2 for text in TEXTS if "?!" not in text]
    assert found.same_outputs == pytest.approx(1 - sum(odd) / len(odd))


def test_no_numbers_are_an_infinite_difference() -> None:
    assert _compared(_Classifier(), _Classifier(float("nan"))).max_logit_difference == float("inf")


def test_equal_infinities_are_equal() -> None:
    assert _compared(_Classifier(float("-inf")), _Classifier(float("-inf"))).max_logit_difference == 0


def test_scores_of_another_number_are_an_infinite_difference() -> None:
    class _Wide(_Classifier):
        def logits(self, text: str) -> npt.NDArray[Any]:
            return np.append(super().logits(text), np.float32(0))

        def run(self, inputs: Any, *_rest: Any) -> Prediction:
            return Prediction(Labels((LabelScore("a", 1.0),)), Timing(0.0))

    assert _compared(_Classifier(), _Wide()).max_logit_difference == float("inf")


def test_an_original_that_answers_nothing_is_refused() -> None:
    class _Mute(_Classifier):
        def run(self, inputs: Any, *_rest: Any) -> Prediction:
            raise InputError("No.")

    with pytest.raises(ConversionError, match="could not answer"):
        _compared(_Mute(), _Classifier())


def test_generations_are_short_greedy_and_compared_by_their_tokens() -> None:
    options: list[Any] = []
    comparer = Comparer(
        _task(_Writer(4, options), _Writer(5, options), "chat"), replace(_ORIGINAL, task="chat"), Path()
    )
    comparer.prepare()
    assert comparer.compare(replace(_CANDIDATE, task="chat")) == Fidelity(2.0, 0.0, len(SENTENCES))
    assert all(given["temperature"] == 0 and given["max_new_tokens"] <= 32 for given in options)
    assert len(options) == 2 * len(SENTENCES) + 1


def test_a_model_of_many_languages_is_told_which() -> None:
    class _Polyglot(_Writer):
        def run(self, inputs: Any, options: Any, *_rest: Any) -> Prediction:
            if options["target_language"] != "de":
                raise InputError("Say the language.")
            assert options["source_language"] == "en"
            return super().run(inputs, options)

    model = _Polyglot(4, [])
    comparer = Comparer(_task(model, model, "translation"), replace(_ORIGINAL, task="translation"), Path())
    comparer.prepare()
    assert comparer.compare(replace(_CANDIDATE, task="translation")) == Fidelity(0.0, 1.0, len(SENTENCES))


def test_fp32_may_only_round() -> None:
    judge("fp32", Fidelity(MOST_FP32_DIFFERENCE, 1.0, 10), "pytorch")
    with pytest.raises(ConversionError, match="does not compute what the original does"):
        judge("fp32", Fidelity(MOST_FP32_DIFFERENCE * 1.01, 1.0, 10), "pytorch")


@pytest.mark.parametrize("precision", ["fp16", "int8", "int4"])
def test_smaller_precisions_may_differ_but_must_compute(precision: str) -> None:
    judge(precision, Fidelity(3.0, 0.5, 10), "pytorch")
    with pytest.raises(ConversionError, match=f"{precision} version"):
        judge(precision, Fidelity(float("inf"), 0.5, 10), "pytorch")


def test_the_inputs_are_many_and_different() -> None:
    assert len(set(TEXTS)) == len(TEXTS) > 30
    assert set(SENTENCES) < set(TEXTS)
    assert max(map(len, TEXTS)) > 2000
    assert any(ord(c) > 0x10000 for text in TEXTS for c in text)
