"""Labels that a person typed, scored for a picture by transformers in eager mode: CLIP, SigLIP and their like."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.classification import softmax
from studio.baseline.loading import (
    open_image_processor,
    open_tokenizer,
    open_weights,
    placement,
    prepare_process,
    weights_folder,
)
from studio.domain.label_choice import (
    PHOTO_TEMPLATE,
    PROBE_LABELS,
    checked_labels,
    cut_notice,
    in_sentences,
    longest_label,
    whole_length,
)
from studio.domain.prediction import Labels, LabelScore, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.media.picture import open_picture


class EagerImageTextMatcher:
    """An open model of images and texts; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForZeroShotImageClassification

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForZeroShotImageClassification, folder)
        self._processor = open_image_processor(folder)
        self._tokenizer = open_tokenizer(folder)
        config = self._model.config.to_dict()
        self._max_tokens = longest_label(config)
        self._whole = whole_length(config)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Score every label for one picture; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        labels = checked_labels(options["labels"])
        sentences = in_sentences(str(options.get("hypothesis_template") or PHOTO_TEMPLATE), labels)
        lengths = [len(ids) for ids in self._tokenizer(sentences)["input_ids"]]
        cut = [label for label, length in zip(labels, lengths, strict=True) if length > self._max_tokens]
        scores = softmax(self._logits(inputs["image"], sentences))
        ranked = tuple(LabelScore(labels[i], float(scores[i])) for i in np.argsort(-scores, kind="stable"))
        notices = (cut_notice(cut),) if cut else ()
        return Prediction(Labels(ranked), Timing(time.perf_counter() - began), notices)

    def logits(self, path: str | Path) -> npt.NDArray[Any]:
        """The raw scores of the picture in a file for a fixed set of labels, float32."""
        return self._logits(path, in_sentences(PHOTO_TEMPLATE, PROBE_LABELS))

    def _logits(self, path: str | Path, sentences: Sequence[str]) -> npt.NDArray[Any]:
        import torch

        read = self._tokenizer(
            list(sentences),
            return_tensors="pt",
            truncation=True,
            max_length=self._max_tokens,
            padding="max_length" if self._whole else True,
        )
        # SigLIP reads its padding; a mask would hide it.
        names = ("input_ids",) if self._whole else ("input_ids", "attention_mask")
        texts = {name: read[name] for name in names}
        pixels = self._processor(open_picture(path), return_tensors="pt")
        with torch.inference_mode():
            logits: npt.NDArray[Any] = self._model(**texts, **pixels).logits_per_image[0].numpy()
        return logits
