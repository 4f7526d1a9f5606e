"""Which of the labels that a person typed suits a text, by how alike their embeddings are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from studio.domain.classification import left_out_notice
from studio.domain.label_choice import in_sentences, named_labels
from studio.domain.prediction import LabelTable, Prediction, Timing
from studio.domain.running import Inputs, Options, Placement, never_cancelled
from studio.runtime.embedding_search import TextEmbedder
from studio.runtime.embedding_vectors import Array, unit
from studio.runtime.zero_shot_scores import ranked, similarity_scores

#: The bare label: in a sentence such as "This example is …" what all labels share makes them more alike. Measured with
#: MiniLM on four sets of intents and moods, sentences cost 2 to 17 points of accuracy.
_SENTENCE = "{}"
_NEUTRAL = "something else"


class SimilarityClassifier:
    """An open embedding model that sorts texts into labels; see `studio.domain.running.Runner`.

    Args:
        embedder: The model.
        option: Name of the option that holds the labels.
    """

    def __init__(self, embedder: TextEmbedder, option: str = "labels") -> None:
        self._embedder, self._option = embedder, option
        self._asked: tuple[tuple[str, ...], str] | None = None
        self._labels: Array = np.zeros((0, 0), np.float32)

    @property
    def placement(self) -> Placement:
        return self._embedder.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Score every label for one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        labels = named_labels(options, self._option)
        scores = self._scores([inputs["text"]], labels, options, cancelled)[0]
        answer = ranked(labels, scores, bool(options.get("multi_label")), options.get("top_k"))
        notices = self._notices([inputs["text"]])
        return Prediction(answer, Timing(time.perf_counter() - began), notices.get(0, ()))

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable:
        """Score every label for several texts in one run of the graph."""
        labels = named_labels(options, self._option)
        texts = [inputs["text"] for inputs in batch]
        scores = self._scores(texts, labels, options).astype("<f4")
        return LabelTable(labels, scores.tobytes(), bool(options.get("multi_label")), self._notices(texts))

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """See `studio.domain.running.BatchRunner.lengths`."""
        return tuple(read for read, _left_out in self._embedder.sizes([inputs["text"] for inputs in batch], "query"))

    def logits(self, text: str) -> Array:
        """The embedding of one text, shape ``(dimension,)``, for checking a conversion."""
        row: Array = self._embedder.embed([text])[0]
        return row

    def _scores(
        self,
        texts: Sequence[str],
        labels: tuple[str, ...],
        options: Options,
        cancelled: Callable[[], bool] = never_cancelled,
    ) -> Array:
        template = str(options.get("hypothesis_template") or _SENTENCE)
        if self._asked != (labels, template):
            # Labels of data sets are often written as names of variables.
            words = [label.replace("_", " ") for label in labels]
            sentences = in_sentences(template, [*words, _NEUTRAL])
            self._labels = unit(self._embedder.embed(sentences, cancelled, "document"))
            self._asked = (labels, template)
        similar = unit(self._embedder.embed(texts, cancelled, "query")) @ self._labels.T
        return similarity_scores(similar[:, :-1], similar[:, -1:], bool(options.get("multi_label")))

    def _notices(self, texts: Sequence[str]) -> dict[int, tuple[str, ...]]:
        kept = self._embedder.max_tokens or 0
        sizes = self._embedder.sizes(texts, "query")
        return {row: (left_out_notice(left, kept),) for row, (_read, left) in enumerate(sizes) if left}
