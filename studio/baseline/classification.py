"""Sequence classification by transformers in eager mode."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_original, open_tokenizer, placement, prepare_process, weights_folder
from studio.domain.attribution import Gradients, Question, Reply
from studio.domain.characters import clean_text
from studio.domain.classification import is_multi_label, left_out_notice, longest_text
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.prediction import Labels, LabelScore, Number, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement


class EagerClassifier:
    """An open classification model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForSequenceClassification

        self._model = open_original(AutoModelForSequenceClassification, spec)
        self._tokenizer = open_tokenizer(spec.folder if spec.read_back else weights_folder(spec))
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

    def explain(self, question: Question, cancelled: Callable[[], bool]) -> Reply:
        """Weigh the tokens of a text, see `studio.baseline.attribution`."""
        from studio.baseline.attribution import baseline_id, integrated_gradients, token_weights

        if not isinstance(question, Gradients):
            raise InputError(
                _("The PyTorch original can't be explained in this way."), _("Explain the ONNX version instead.")
            )
        text = clean_text(question.inputs["text"])
        answer, score = self._explained(self._logits(text)[0], question.answer)
        limit = {"truncation": True, "max_length": self._max_tokens} if self._max_tokens else {}
        read = self._tokenizer(
            text, return_tensors="pt", return_special_tokens_mask=True, return_offsets_mapping=True, **limit
        )
        places = [(int(start), int(end)) for start, end in read.pop("offset_mapping")[0]]
        found = integrated_gradients(self._model, read, baseline_id(self._tokenizer), score, cancelled)
        return token_weights(answer, found, places)

    def _explained(self, logits: npt.NDArray[Any], answer: str = "") -> tuple[str, Callable[[Any], Any]]:
        """The answer that is explained, and its score from logits."""
        config = self._model.config
        named = (int(number) for number, label in config.id2label.items() if answer and str(label) == answer)
        best = next(named, int(np.argmax(logits)))
        if is_multi_label(config.to_dict(), len(logits)):
            return str(config.id2label[best]), lambda each: each.sigmoid()[:, best]
        return str(config.id2label[best]), lambda each: each.softmax(-1)[:, best]

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

    def _explained(self, logits: npt.NDArray[Any], answer: str = "") -> tuple[str, Callable[[Any], Any]]:
        return Number(float(logits[0])).text, lambda each: each[:, 0]

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
