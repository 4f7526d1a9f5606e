"""Sequence classification with encoder models: BERT, DistilBERT, RoBERTa, DeBERTa-v2, XLM-R, MiniLM and their like."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from studio.domain.classification import is_multi_label, left_out_notice, longest_text
from studio.domain.prediction import Labels, LabelScore, LabelTable, Number, OutputTable, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.runtime.folder import files_of, number, read_json
from studio.runtime.padding import padded
from studio.runtime.session import Array, not_numbers, open_session
from studio.runtime.tokenization import Encoded, Tokenizer


class TextClassifier:
    """An open classification model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self._tokenizer = Tokenizer.open(folder)
        graph = folder / files_of(folder, spec.precision).roles["model"]
        self._session = open_session(graph, spec.provider, spec.threads)
        self._wanted = set(self._session.input_names)
        positions = number(config, "max_position_embeddings", "n_positions")
        self._max_tokens = longest_text(config, positions, self._tokenizer.max_tokens)
        self._labels = labels_of(config, self._session.outputs[0].shape[-1])
        self._multi_label = is_multi_label(config, len(self._labels))
        self._pad_id = self._tokenizer.special_id("pad_token") or number(config, "pad_token_id") or 0

    @property
    def placement(self) -> Placement:
        return self._session.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Classify one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        encoded = self._tokenizer.encode(inputs["text"], self._max_tokens)
        logits = self._session.run(self._feeds([encoded]))[0]
        return self._prediction(logits[0], encoded, options, began)

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable:
        """Classify several texts in one run of the graph, padded to the longest.

        Padding is masked, so the answers are those of single runs; with dynamic int8, whose activations share a scale
        over the batch, they differ in the last digits. Every label is scored, whatever ``top_k`` says.
        """
        encoded = self._tokenizer.encode_all([inputs["text"] for inputs in batch], self._max_tokens)
        logits = self._session.run(self._feeds(encoded))[0]
        scores = probabilities(logits, self._multi_label).astype("<f4")
        cut = {
            row: (left_out_notice(one.left_out, self._max_tokens or 0),)
            for row, one in enumerate(encoded)
            if one.left_out
        }
        return LabelTable(tuple(self._labels), scores.tobytes(), self._multi_label, cut)

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """See `studio.domain.running.BatchRunner.lengths`."""
        encoded = self._tokenizer.encode_all([inputs["text"] for inputs in batch], self._max_tokens)
        return tuple(len(one.ids) for one in encoded)

    def logits(self, text: str) -> Array:
        """The raw scores of one text, shape ``(labels,)``, for checking a conversion."""
        row: Array = self._session.run(self._feeds([self._tokenizer.encode(text, self._max_tokens)]))[0][0]
        return row

    def _feeds(self, batch: Sequence[Encoded]) -> dict[str, Array]:
        return {name: array for name, array in padded(batch, self._pad_id).items() if name in self._wanted}

    def _prediction(self, logits: Array, encoded: Encoded, options: Options, began: float) -> Prediction:
        scores = probabilities(logits, self._multi_label)
        order = np.argsort(-scores, kind="stable")
        limit = options.get("top_k") or len(order)
        best = tuple(LabelScore(self._labels[i], float(scores[i])) for i in order[:limit])
        notices = (left_out_notice(encoded.left_out, self._max_tokens or 0),) if encoded.left_out else ()
        return Prediction(Labels(best, self._multi_label), Timing(time.perf_counter() - began), notices)


class TextRegressor(TextClassifier):
    """An open model with one output, which is the number it predicts."""

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Predict a number for one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        encoded = self._tokenizer.encode(inputs["text"], self._max_tokens)
        value = float(self._session.run(self._feeds([encoded]))[0][0, 0])
        if not math.isfinite(value):
            raise not_numbers()
        notices = (left_out_notice(encoded.left_out, self._max_tokens or 0),) if encoded.left_out else ()
        return Prediction(Number(value), Timing(time.perf_counter() - began), notices)

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> OutputTable:  # type: ignore[override]
        """Predict for several texts in one run of the graph; see `TextClassifier.run_batch`."""
        encoded = self._tokenizer.encode_all([inputs["text"] for inputs in batch], self._max_tokens)
        values = self._session.run(self._feeds(encoded))[0][:, 0]
        if not np.isfinite(values).all():
            raise not_numbers()
        cut = {
            row: (left_out_notice(one.left_out, self._max_tokens or 0),)
            for row, one in enumerate(encoded)
            if one.left_out
        }
        return OutputTable(tuple(Number(float(value)) for value in values), cut)


def probabilities(logits: Array, multi_label: bool) -> Array:
    """Softmax over the last axis, or with ``multi_label`` a sigmoid of each; float64, stable for large logits."""
    x = logits.astype(np.float64)
    if multi_label:
        return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))
    e = np.exp(x - x.max(-1, keepdims=True))
    result: Array = e / e.sum(-1, keepdims=True)
    return result


def labels_of(config: dict[str, Any], outputs: int | str | None) -> list[str]:
    """Label names in the order of the logits; ``LABEL_n`` where the configuration names none."""
    named = config.get("id2label")
    names = {int(k): str(v) for k, v in named.items() if str(k).isdigit()} if isinstance(named, dict) else {}
    count = outputs if isinstance(outputs, int) else max(names, default=number(config, "num_labels") or 2) + 1
    return [names.get(i, f"LABEL_{i}") for i in range(count)]
