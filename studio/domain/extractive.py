"""Reading a document for an answer that stands in it word for word, whoever computes the scores.

What is read of a long document, which words were found, and what was looked at are the same for ONNX Runtime and the
PyTorch baseline; only the scores come from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from studio.domain.bm25 import Bm25
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.passages import READ, Stretch, passages_in, weight, within
from studio.domain.prediction import FoundPassage, Passage

#: What a reader takes in at once, in tokens, and how far that overlaps: as transformers' pipeline and SQuAD's scripts.
MOST_TOKENS = 384
OVERLAP = 128
#: How many answers are collected, best first, so that other passages can be shown beside the one that was chosen.
COLLECTED = 10
#: A question that leaves less room than this for the document can't be asked.
_LEAST_ROOM = 16
#: Words in a model's card, name or configuration that mean it was trained on questions without an answer.
_MARKS = ("squad_v2", "squad2", "squad-v2", "squad v2", "squad 2", "squadv2")
#: Scripts that put no spaces between words: Thai, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CARD_BYTES = 65536

#: A fixed text for comparing a converted model with its original, question by question.
FIDELITY_DOCUMENT = (
    "Northwind sells kettles, lamps and chairs in 14 countries. Orders that arrive before 3 pm leave the warehouse on "
    "the same day. Delivery takes two to four working days and costs 4.90 euros; from 50 euros on it is free. An order "
    "can be cancelled or returned within 30 days, and the refund is paid within a week. Invoices for every month are "
    "in the account. For a new password, press the link in the e-mail, which is valid for one hour."
)
FIDELITY_QUESTIONS = (
    "How long does delivery take?",
    "What does delivery cost?",
    "From what amount on is delivery free?",
    "Where is my refund?",
    "Can I cancel order 4411?",
    "WHEN MUST AN ORDER ARRIVE TO LEAVE ON THE SAME DAY?!",
    "In how many countries are lamps sold?",
    "How long is the link valid?",
    "where are the invoices",
    "Who founded Northwind?",
    "Wie lange dauert die Lieferung?",
    "配送需要多长时间？",
    "?",
    "What is sold in 14 countries, when do orders leave the warehouse, and how long can they be returned? " * 2,
)


@dataclass(frozen=True)
class Candidate:
    """Words of the document that may be the answer.

    Attributes:
        start: Where they begin in the document, in characters.
        end: Where they end.
        score: How sure the model is, 0 to 1.
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Windows:
    """How a text that is too long for a model is read in parts that overlap.

    Attributes:
        size: Tokens of the text in each part.
        step: From the beginning of one part to that of the next, in tokens.
    """

    size: int
    step: int

    @classmethod
    def beside(cls, question: int, limit: int) -> Windows:
        """Parts that fit beside a question.

        Args:
            question: Its tokens and all special tokens.
            limit: What the model reads at once.

        Raises:
            InputError: The question leaves no room.
        """
        size = limit - question
        if size < min(_LEAST_ROOM, limit // 4):
            raise InputError(
                _("The question is too long: it takes {tokens} of the {limit} tokens that the model reads.").format(
                    tokens=question, limit=limit
                ),
                _("Shorten it."),
            )
        overlap = min(limit // 2, OVERLAP)
        # Beside a long question little is read at once; the usual overlap would then hardly move on.
        return cls(size, size - (overlap if overlap <= 0.75 * size else size // 2))

    def of(self, tokens: int) -> list[tuple[int, int]]:
        """First and last (exclusive) token of each part of a text of so many tokens."""
        found = []
        for start in range(0, max(1, tokens), self.step):
            found.append((start, min(start + self.size, tokens)))
            if found[-1][1] == tokens:
                break
        return found


def stretches_to_read(document: str, question: str, most: int) -> list[Stretch]:
    """What of a document is read for an answer, the most promising first.

    A document of about ``most`` passages is read as a whole; of a longer one, the passages that share the rarest words
    with the question.
    """
    if weight(document) <= most * READ:
        return [Stretch(0, len(document))]
    passages, index = _indexed(document)
    scores = index.scores(question)
    return [passages[place] for place in sorted(range(len(passages)), key=lambda place: -scores[place])[:most]]


def reading_notices(document: str, read: Sequence[Stretch]) -> tuple[str, ...]:
    """What a user must know about a document that was not read as a whole."""
    if read and (read[0].start, read[0].end) == (0, len(document)):
        return ()
    return (long_document_notice(len(_indexed(document)[0]), len(read)),)


def long_document_notice(total: int, read: int) -> str:
    """The sentence for a document of which only some passages were read."""
    return _(
        "The document is long: of its {total} passages, the {n} that share most words with the question were read."
    ).format(total=f"{total:,}", n=read)


def best_answer(
    document: str, candidates: Iterable[Candidate], nothing: float | None = None, least: float = 0.0
) -> FoundPassage:
    """The answer from what was found.

    Args:
        document: The document.
        candidates: What may be the answer.
        nothing: The score for there being no answer, from models that were trained to say so.
        least: A best answer below this score is no answer.
    """
    # A line break can be a token, and no answer.
    order = [each for each in candidates if document[each.start : each.end].strip()]
    order.sort(key=lambda candidate: -candidate.score)
    places = passages_in(document)
    passages: dict[Stretch, float] = {}
    for candidate in order:
        place = within(places, candidate.start)
        if place is not None:
            passages.setdefault(place, candidate.score)
    seen = tuple(Passage(p.of(document), p.start, p.end, score) for p, score in passages.items())[:COLLECTED]
    none = max(nothing or 0.0, 0.0)
    if not order or order[0].score < max(none, least):
        return FoundPassage("", min(1.0, none), -1, -1, seen)
    best = order[0]
    start, end = _trimmed(document, best.start, best.end)
    return FoundPassage(document[start:end], min(1.0, best.score), start, end, seen)


def in_whole_words(text: str) -> bool:
    """Whether an answer is widened to whole words: not in Chinese or Japanese, where a "word" may be a sentence."""
    return _UNSPACED.search(text) is None


def can_decline(folder: Path) -> bool:
    """Whether a model was trained to say that a document holds no answer, as its name, configuration or card tells."""
    told = [folder.name]
    for name in ("config.json", "README.md"):
        path = folder / name
        if path.is_file():
            with path.open("rb") as file:
                told.append(file.read(_CARD_BYTES).decode("utf-8", "replace"))
    words = "\n".join(told).lower()
    return any(mark in words for mark in _MARKS)


def _trimmed(document: str, start: int, end: int) -> tuple[int, int]:
    """Without the space that some tokenizers count to a word."""
    words = document[start:end]
    return start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip()))


@lru_cache(maxsize=4)
def _indexed(document: str) -> tuple[list[Stretch], Bm25]:
    """Its passages and their words; kept, because many questions are asked about one document."""
    passages = passages_in(document, READ)
    return passages, Bm25([passage.of(document) for passage in passages])
