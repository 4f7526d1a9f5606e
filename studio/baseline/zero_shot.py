"""Labels of one's own by an NLI model of transformers in eager mode, as its ``zero-shot-classification`` does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_tokenizer, open_weights, placement, prepare_process, weights_folder
from studio.domain.characters import clean_text
from studio.domain.classification import left_out_notice, longest_text
from studio.domain.entailment import EXAMPLE_TEMPLATE, PROBE_LABELS, Entailment, label_too_long
from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.label_choice import checked_labels, in_sentences
from studio.domain.prediction import Labels, LabelScore, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement, never_cancelled


class EagerEntailment:
    """An open NLI model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForSequenceClassification

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForSequenceClassification, folder)
        self._tokenizer = open_tokenizer(folder)
        config = self._model.config
        self._meaning = Entailment.of(config.to_dict(), spec.folder.name)
        positions = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        stated = self._tokenizer.model_max_length if self._tokenizer.model_max_length < 1e9 else None
        self._max_tokens = longest_text(config.to_dict(), positions, stated)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Score every label for one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        labels = checked_labels(options["labels"])
        template = str(options.get("hypothesis_template") or EXAMPLE_TEMPLATE)
        logits, left_out = self._logits(inputs["text"], labels, template, cancelled)
        multi_label = bool(options.get("multi_label"))
        yes = logits[:, self._meaning.yes].astype(np.float64)
        if multi_label:
            scores = 1 / (1 + np.exp(np.clip(logits[:, self._meaning.no] - yes, -700, 700)))
        else:
            scores = np.exp(yes - yes.max()) / np.exp(yes - yes.max()).sum()
        order = np.argsort(-scores, kind="stable")[: options.get("top_k") or len(labels)]
        best = tuple(LabelScore(labels[place], float(scores[place])) for place in order)
        notices = (left_out_notice(left_out, self._max_tokens or 0),) if left_out else ()
        return Prediction(Labels(best, multi_label), Timing(time.perf_counter() - began), notices)

    def logits(self, text: str) -> npt.NDArray[Any]:
        """The raw scores of one text with a fixed set of labels, shape ``(labels, outputs)``."""
        return self._logits(text, PROBE_LABELS, EXAMPLE_TEMPLATE, never_cancelled)[0]

    def _logits(
        self, text: str, labels: Sequence[str], template: str, cancelled: Callable[[], bool]
    ) -> tuple[npt.NDArray[Any], int]:
        import torch

        rows, left_out = [], 0
        for sentence in in_sentences(template, labels):
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            pair = (clean_text(text), clean_text(sentence))
            read = self._tokenizer(*pair, return_tensors="pt")
            over = max(0, read["input_ids"].shape[1] - (self._max_tokens or read["input_ids"].shape[1]))
            if over:
                if over >= len(self._tokenizer(pair[0], add_special_tokens=False)["input_ids"]):
                    raise label_too_long(self._max_tokens or 0)
                read = self._tokenizer(*pair, return_tensors="pt", truncation="only_first", max_length=self._max_tokens)
            left_out = max(left_out, over)
            with torch.inference_mode():
                rows.append(self._model(**read).logits[0].float().numpy())
        return np.stack(rows), left_out
