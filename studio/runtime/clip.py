"""Which of the labels that a person typed suits a picture best: CLIP, SigLIP and their like.

The graph holds both towers, as optimum exports ``zero-shot-image-classification``, and compares each picture with each
text. Several pictures go through it together, so that the texts are read once for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.domain.label_choice import (
    PHOTO_TEMPLATE,
    PROBE_LABELS,
    checked_labels,
    cut_notice,
    in_sentences,
    longest_label,
    whole_length,
)
from studio.domain.prediction import Labels, LabelScore, LabelTable, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.runtime.encoder import probabilities
from studio.runtime.folder import files_of, read_json
from studio.runtime.image import ImageProcessor
from studio.runtime.image_ahead import PicturesAhead
from studio.runtime.padding import padded
from studio.runtime.session import Array, open_session
from studio.runtime.tokenization import Tokenizer


@dataclass(frozen=True)
class _Texts:
    """Labels as the graph reads them.

    Attributes:
        labels: The labels, checked.
        feeds: ``input_ids`` and ``attention_mask``, shape ``(labels, tokens)``.
        notices: What the user must know.
    """

    labels: tuple[str, ...]
    feeds: dict[str, Array]
    notices: tuple[str, ...]


class ImageTextMatcher:
    """An open model of images and texts; see `studio.domain.running.Runner`.

    Scores sum to 1 over the labels, for SigLIP as well: it was trained to judge each text by itself, which gives small
    numbers that a person can't compare; the order of the labels is the same.
    """

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self._processor = ImageProcessor.open(folder)
        self._tokenizer = Tokenizer.open(folder)
        graph = folder / files_of(folder, spec.precision).roles["model"]
        self._session = open_session(graph, spec.provider, spec.threads)
        self._wanted = {port.name: port.dtype for port in self._session.inputs}
        self._max_tokens = longest_label(config)
        self._whole = whole_length(config)
        pad = self._tokenizer.special_id("pad_token")
        self._pad_id = 0 if pad is None else pad
        self._ahead = PicturesAhead(self._processor, self._session.threads)
        self._asked: tuple[tuple[str, ...], str] | None = None
        self._texts: _Texts | None = None

    @property
    def placement(self) -> Placement:
        return self._session.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Score every label for one picture; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        texts = self._texts_of(options)
        scores = probabilities(self._run(self._processor.read(inputs["image"])[None], texts)[0], False)
        order = np.argsort(-scores, kind="stable")
        ranked = tuple(LabelScore(texts.labels[i], float(scores[i])) for i in order)
        return Prediction(Labels(ranked), Timing(time.perf_counter() - began), texts.notices)

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable:
        """Score every label for several pictures, of which the next are prepared while the graph reads the first."""
        texts = self._texts_of(options)
        parts = self._ahead.parts([inputs["image"] for inputs in batch])
        logits = np.concatenate([self._run(pixels, texts) for pixels in parts])
        notices = dict.fromkeys(range(len(batch)), texts.notices) if texts.notices else {}
        return LabelTable(texts.labels, probabilities(logits, False).astype("<f4").tobytes(), False, notices)

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """One for each: prepared, pictures are of one size, so any of them may run together."""
        return (1,) * len(batch)

    def logits(self, path: str) -> Array:
        """The raw scores of the picture in a file for a fixed set of labels, for checking a conversion."""
        texts = self._texts_of({"labels": PROBE_LABELS, "hypothesis_template": PHOTO_TEMPLATE})
        row: Array = self._run(self._processor.read(path)[None], texts)[0]
        return row

    def _texts_of(self, options: Options) -> _Texts:
        asked = (tuple(options["labels"]), str(options.get("hypothesis_template") or PHOTO_TEMPLATE))
        if self._texts is None or asked != self._asked:
            self._texts, self._asked = self._read(*asked), asked
        return self._texts

    def _read(self, given: Sequence[str], template: str) -> _Texts:
        labels = checked_labels(given)
        encoded = self._tokenizer.encode_all(in_sentences(template, labels), self._max_tokens)
        feeds = padded(encoded, self._pad_id, self._whole or 0)
        cut = [label for label, one in zip(labels, encoded, strict=True) if one.left_out]
        return _Texts(
            labels,
            {name: array.astype(self._wanted[name]) for name, array in feeds.items() if name in self._wanted},
            (cut_notice(cut),) if cut else (),
        )

    def _run(self, pixels: Array, texts: _Texts) -> Array:
        """Raw scores, shape ``(pictures, labels)``."""
        feeds = {**texts.feeds, "pixel_values": pixels.astype(self._wanted["pixel_values"], copy=False)}
        return self._session.run(feeds, ["logits_per_image"])[0]
