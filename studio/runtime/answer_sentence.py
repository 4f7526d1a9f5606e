"""Answers from a document with an embedding model: the nearest sentence of the passages nearest to the question."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio.domain.bm25 import Bm25
from studio.domain.embedding import Role
from studio.domain.extractive import long_document_notice
from studio.domain.passages import Stretch, passages_in, sentences_in
from studio.domain.prediction import FoundPassage, Passage, Prediction, Timing
from studio.domain.running import Inputs, Options, Placement, never_cancelled
from studio.runtime.embedding_search import TextEmbedder
from studio.runtime.embedding_vectors import Array, unit

#: Passages that are shown, the ones beside the chosen one included.
_SHOWN = 10
#: Documents whose vectors are kept: an index is built once and asked many times.
_KEPT = 4
#: Passages of a document that are compared by meaning, about a hundred pages: with more, the first answer would take
#: minutes on a processor. Of a longer document, those that share most words with the question are.
MOST_EMBEDDED = 500
#: Texts that are embedded before they are kept.
_PIECE = 64


@dataclass
class _Index:
    """A document as it is searched.

    Attributes:
        passages: Its passages.
        words: Their words, which choose among the passages of a long document; None for a shorter one.
        sentences: Its sentences.
        known: Vectors of length 1 of the passages and sentences that were looked at so far.
    """

    passages: list[Stretch]
    words: Bm25 | None
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
        document = inputs["document"]
        index = self._index(document)
        answer = self._answer(inputs["question"].strip(), document, index, options, cancelled)
        notices = (long_document_notice(len(index.passages), MOST_EMBEDDED),) if index.words is not None else ()
        return Prediction(answer, Timing(time.perf_counter() - began), notices)

    def logits(self, question: str) -> Array:
        """The embedding of a question, shape ``(dimension,)``, for checking a conversion."""
        vector: Array = self._vectors([question], "query", never_cancelled)[0]
        return vector

    def _answer(
        self, question: str, document: str, index: _Index, options: Options, cancelled: Callable[[], bool]
    ) -> FoundPassage:
        asked = self._vectors([question], "query", cancelled)[0]
        near = self._near(index, document, question, asked, cancelled)
        order = sorted(near, key=lambda passage: -near[passage])
        read = order[: options["passages"]]
        passage_of = self._sentences(index, document, read, cancelled)
        # A sentence says little without what is around it: its passage counts as much as itself.
        scores = {sentence: float(index.known[sentence] @ asked) for sentence in passage_of}
        best = max(scores, key=lambda sentence: scores[sentence] + near[passage_of[sentence]])
        seen = tuple(Passage(each.of(document), each.start, each.end, near[each]) for each in order[:_SHOWN])
        score = min(1.0, max(0.0, scores[best]))
        if score < options["least_score"]:
            return FoundPassage("", score, -1, -1, seen)
        return FoundPassage(best.of(document), score, best.start, best.end, seen)

    def _index(self, document: str) -> _Index:
        index = self._indexes.get(document)
        if index is None:
            passages = passages_in(document)
            words = Bm25([each.of(document) for each in passages]) if len(passages) > MOST_EMBEDDED else None
            index = self._indexes[document] = _Index(passages, words, sentences_in(document))
            while len(self._indexes) > _KEPT:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(document)
        return index

    def _near(
        self, index: _Index, document: str, question: str, asked: Array, cancelled: Callable[[], bool]
    ) -> dict[Stretch, float]:
        """How near each passage is to the question; of a long document, those that share words with it."""
        chosen = index.passages
        if index.words is not None:
            scores = index.words.scores(question)
            places = sorted(range(len(chosen)), key=lambda place: -scores[place])[:MOST_EMBEDDED]
            chosen = [chosen[place] for place in places]
        self._learn(index, document, chosen, cancelled)
        return {passage: float(index.known[passage] @ asked) for passage in chosen}

    def _learn(self, index: _Index, document: str, parts: Sequence[Stretch], cancelled: Callable[[], bool]) -> None:
        """Make the vectors of parts that were not looked at yet, some at a time, so that stopping loses little."""
        new = [part for part in parts if part not in index.known]
        for start in range(0, len(new), _PIECE):
            piece = new[start : start + _PIECE]
            vectors = self._vectors([part.of(document) for part in piece], "document", cancelled)
            index.known.update(zip(piece, vectors, strict=True))

    def _sentences(
        self, index: _Index, document: str, passages: list[Stretch], cancelled: Callable[[], bool]
    ) -> dict[Stretch, Stretch]:
        """Sentences of some passages, each with its passage; the vectors of all of them are known afterwards."""
        found = {
            sentence: passage for passage in passages for sentence in _inside(index.sentences, passage) or [passage]
        }
        self._learn(index, document, list(found), cancelled)
        return found

    def _vectors(self, texts: Sequence[str], role: Role, cancelled: Callable[[], bool]) -> Array:
        return unit(self._embedder.embed(texts, cancelled, role))


def _inside(sentences: list[Stretch], passage: Stretch) -> list[Stretch]:
    return [sentence for sentence in sentences if passage.start <= sentence.start and sentence.end <= passage.end]
