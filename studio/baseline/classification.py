"""Sequence classification by transformers in eager mode."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_tokenizer, open_weights, placement, prepare_process, weights_folder
from studio.domain.characters import clean_text
from studio.domain.classification import is_multi_label, left_out_notice, longest_text
from studio.domain.prediction import Labels, LabelScore, Number, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement


class EagerClassifier:
    """An open classification model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForSequenceClassification

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForSequenceClassification, folder)
        self._tokenizer = open_tokenizer(folder)
        self._max_tokens = _max_tokens(self._model.config, self._tokenizer)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Classify one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        logits, left_out = self._logits(inputs["text"])
        config = self._model.config
        multi_label = is_multi_label(config.to_dict(), len(logits))
        scores = sigmoid(logits) if multi_label else softmax(logits)
        order = np.argsort(-scores, kind="stable")[: options.get("top_k") or len(scores)]
        best = tuple(LabelScore(str(config.id2label[int(i)]), float(scores[i])) for i in order)
        notices = (left_out_notice(left_out, self._max_tokens or 0),) if left_out else ()
        return Prediction(Labels(best, multi_label), Timing(time.perf_counter() - began), notices)

    def logits(self, text: str) -> npt.NDArray[Any]:
        """The raw scores of one text, shape ``(labels,)``, float32."""
        return self._logits(text)[0]

    def _logits(self, text: str) -> tuple[npt.NDArray[Any], int]:
        import torch

        text = clean_text(text)
        read = self._tokenizer(text, return_tensors="pt")
        tokens = read["input_ids"].shape[1]
        if self._max_tokens and tokens > self._max_tokens:
            read = self._tokenizer(text, return_tensors="pt", truncation=True, max_length=self._max_tokens)
        with torch.inference_mode():
            logits = self._model(**read).logits[0]
        return logits.numpy(), tokens - read["input_ids"].shape[1]


class EagerRegressor(EagerClassifier):
    """An open model with one output, which is the number it predicts."""

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Predict a number for one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        logits, left_out = self._logits(inputs["text"])
        notices = (left_out_notice(left_out, self._max_tokens or 0),) if left_out else ()
        return Prediction(Number(float(logits[0])), Timing(time.perf_counter() - began), notices)


def _max_tokens(config: Any, tokenizer: Any) -> int | None:
    positions = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    stated = tokenizer.model_max_length if tokenizer.model_max_length < 1e9 else None
    return longest_text(config.to_dict(), positions, stated)


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Probabilities of labels that exclude each other, shape ``(labels,)``, float64."""
    x = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(x / x.sum())


def sigmoid(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Probabilities of labels that are independent, shape ``(labels,)``, float64."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -700, 700))))
