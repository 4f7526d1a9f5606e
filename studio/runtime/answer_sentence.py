"""Answers from a document with an embedding model: the nearest sentence of the passages nearest to the question."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio.domain.embedding import Role
from studio.domain.passages import Stretch, passages_in, sentences_in
from studio.domain.prediction import FoundPassage, Passage, Prediction, Timing
from studio.domain.running import Inputs, Options, Placement, never_cancelled
from studio.runtime.embedding_search import TextEmbedder
from studio.runtime.embedding_vectors import Array, unit

#: Passages that are shown, the ones beside the chosen one included.
_SHOWN = 10
#: Documents whose vectors are kept: an index is built once and asked many times.
_KEPT = 4


@dataclass
class _Index:
    """A document as it is searched.

    Attributes:
        passages: Its passages.
        vectors: One of length 1 for each.
        sentences: Its sentences.
        known: Vectors of the sentences that were looked at so far.
    """

    passages: list[Stretch]
    vectors: Array
    sentences: list[Stretch]
    known: dict[Stretch, Array] = field(default_factory=dict)


class SentenceAnswerer:
    """An open embedding model that answers from documents; see `studio.domain.running.Runner`.

    Vectors of a document's passages are kept, so that the second question about it costs as much as it would in a
    product, whose index is built beforehand.

    Args:
        embedder: The model.
    """

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._indexes: OrderedDict[str, _Index] = OrderedDict()

    @property
    def placement(self) -> Placement:
        return self._embedder.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer one question from a document; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        answer = self._answer(inputs["question"].strip(), inputs["document"], options, cancelled)
        return Prediction(answer, Timing(time.perf_counter() - began))

    def logits(self, question: str) -> Array:
        """The embedding of a question, shape ``(dimension,)``, for checking a conversion."""
        vector: Array = self._vectors([question], "query", never_cancelled)[0]
        return vector

    def _answer(self, question: str, document: str, options: Options, cancelled: Callable[[], bool]) -> FoundPassage:
        index = self._index(document, cancelled)
        asked = self._vectors([question], "query", cancelled)[0]
        near: list[float] = (index.vectors @ asked).tolist()
        order = sorted(range(len(near)), key=lambda place: -near[place])
        read = {index.passages[place]: near[place] for place in order[: options["passages"]]}
        passage_of = self._sentences(index, document, list(read), cancelled)
        # A sentence says little without what is around it: its passage counts as much as itself.
        scores = {sentence: float(index.known[sentence] @ asked) for sentence in passage_of}
        best = max(scores, key=lambda sentence: scores[sentence] + read[passage_of[sentence]])
        shown = ((index.passages[place], near[place]) for place in order[:_SHOWN])
        seen = tuple(Passage(passage.of(document), passage.start, passage.end, score) for passage, score in shown)
        score = min(1.0, max(0.0, scores[best]))
        if score < options["least_score"]:
            return FoundPassage("", score, -1, -1, seen)
        return FoundPassage(best.of(document), score, best.start, best.end, seen)

    def _index(self, document: str, cancelled: Callable[[], bool]) -> _Index:
        index = self._indexes.get(document)
        if index is None:
            passages = passages_in(document)
            vectors = self._vectors([passage.of(document) for passage in passages], "document", cancelled)
            index = self._indexes[document] = _Index(passages, vectors, sentences_in(document))
            while len(self._indexes) > _KEPT:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(document)
        return index

    def _sentences(
        self, index: _Index, document: str, passages: list[Stretch], cancelled: Callable[[], bool]
    ) -> dict[Stretch, Stretch]:
        """Sentences of some passages, each with its passage; the vectors of all of them are known afterwards."""
        found = {
            sentence: passage for passage in passages for sentence in _inside(index.sentences, passage) or [passage]
        }
        new = [sentence for sentence in found if sentence not in index.known]
        if new:
            vectors = self._vectors([sentence.of(document) for sentence in new], "document", cancelled)
            index.known.update(zip(new, vectors, strict=True))
        return found

    def _vectors(self, texts: Sequence[str], role: Role, cancelled: Callable[[], bool]) -> Array:
        return unit(self._embedder.embed(texts, cancelled, role))


def _inside(sentences: list[Stretch], passage: Stretch) -> list[Stretch]:
    return [sentence for sentence in sentences if passage.start <= sentence.start and sentence.end <= passage.end]
