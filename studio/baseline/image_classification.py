"""Image classification by transformers in eager mode."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.classification import sigmoid, softmax
from studio.baseline.loading import open_image_processor, open_weights, placement, prepare_process, weights_folder
from studio.domain.classification import is_multi_label
from studio.domain.prediction import Labels, LabelScore, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.media.picture import open_picture


class EagerImageClassifier:
    """An open classification model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForImageClassification

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForImageClassification, folder)
        self._processor = open_image_processor(folder)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Classify one picture; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        logits = self.logits(inputs["image"])
        config = self._model.config
        multi_label = is_multi_label(config.to_dict(), len(logits))
        scores = sigmoid(logits) if multi_label else softmax(logits)
        order = np.argsort(-scores, kind="stable")[: options.get("top_k") or len(scores)]
        best = tuple(LabelScore(str(config.id2label[int(i)]), float(scores[i])) for i in order)
        return Prediction(Labels(best, multi_label), Timing(time.perf_counter() - began))

    def logits(self, path: str | Path) -> npt.NDArray[Any]:
        """The raw scores of the picture in a file, shape ``(labels,)``, float32."""
        import torch

        read = self._processor(open_picture(path), return_tensors="pt")
        with torch.inference_mode():
            logits: npt.NDArray[Any] = self._model(**read).logits[0].numpy()
        return logits
