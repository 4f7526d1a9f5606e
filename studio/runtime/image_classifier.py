"""Image classification: ViT, DeiT, Swin, MobileViT, ResNet, ConvNeXt and their like."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from studio.domain.classification import is_multi_label
from studio.domain.prediction import Labels, LabelScore, LabelTable, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.runtime.encoder import labels_of, probabilities
from studio.runtime.folder import files_of, read_json
from studio.runtime.image import ImageProcessor
from studio.runtime.image_ahead import PicturesAhead
from studio.runtime.session import Array, open_session


class ImageClassifier:
    """An open classification model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self._processor = ImageProcessor.open(folder)
        graph = folder / files_of(folder, spec.precision).roles["model"]
        self._session = open_session(graph, spec.provider, spec.threads)
        self._input = self._session.inputs[0]
        names = self._session.output_names
        # A distilled DeiT also gives the scores of its two heads, of which these are the mean.
        self._output = "logits" if "logits" in names else names[0]
        scores = self._session.outputs[names.index(self._output)]
        self._labels = labels_of(config, scores.shape[-1])
        self._multi_label = is_multi_label(config, len(self._labels))
        fixed = self._input.shape[0]
        self._ahead = PicturesAhead(self._processor, self._session.threads, 1 if isinstance(fixed, int) else 0)

    @property
    def placement(self) -> Placement:
        return self._session.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Classify one picture, whose path is ``inputs["image"]``; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        scores = probabilities(self.logits(inputs["image"]), self._multi_label)
        order = np.argsort(-scores, kind="stable")[: options.get("top_k") or len(scores)]
        best = tuple(LabelScore(self._labels[i], float(scores[i])) for i in order)
        return Prediction(Labels(best, self._multi_label), Timing(time.perf_counter() - began))

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable:
        """Classify several pictures. The next ones are decoded and scaled while the graph reads the first.

        Every label is scored, whatever ``top_k`` says. With dynamic int8, whose activations share a scale over the
        pictures of a run, answers differ from those of single pictures in the last digits.
        """
        logits = [self._run(pixels) for pixels in self._ahead.parts([inputs["image"] for inputs in batch])]
        scores = probabilities(np.concatenate(logits), self._multi_label).astype("<f4")
        return LabelTable(tuple(self._labels), scores.tobytes(), self._multi_label)

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """One for each: prepared, pictures are of one size, so any of them may run together."""
        return (1,) * len(batch)

    def logits(self, path: str) -> Array:
        """The raw scores of the picture in a file, shape ``(labels,)``."""
        row: Array = self._run(self._processor.read(path)[None])[0]
        return row

    def _run(self, pixels: Array) -> Array:
        """Raw scores, shape ``(pictures, labels)``."""
        return self._session.run({self._input.name: pixels.astype(self._input.dtype, copy=False)}, [self._output])[0]
