"""Which texts share the rare words of a question: BM25 (Robertson and Zaragoza 2009), without any model."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

#: How soon a word that comes again stops to count, and how much longer texts are held back; the usual values.
_K1 = 1.2
_B = 0.75
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
#: Endings of English words, so that "deliveries" finds "delivery". Too crude to show, good enough to compare.
_ENDINGS = (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""))
_SHORTEST_STEM = 3


class Bm25:
    """An index of some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._lengths: list[int] = []
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for place, text in enumerate(texts):
            counts = Counter(words(text))
            self._lengths.append(counts.total())
            for word, times in counts.items():
                self._postings.setdefault(word, []).append((place, times))
        self._mean = max(1.0, sum(self._lengths) / max(1, len(self._lengths)))

    def scores(self, question: str) -> list[float]:
        """How well each text suits a question; 0 where it shares no word with it."""
        found = [0.0] * len(self._lengths)
        for word in set(words(question)):
            postings = self._postings.get(word, ())
            rarity = math.log(1 + (len(found) - len(postings) + 0.5) / (len(postings) + 0.5))
            for place, times in postings:
                held_back = _K1 * (1 - _B + _B * self._lengths[place] / self._mean)
                found[place] += rarity * times * (_K1 + 1) / (times + held_back)
        return found


def words(text: str) -> Iterator[str]:
    """Words as they are compared: small letters, English endings off, Chinese and Japanese in pairs of characters."""
    for match in _WORD.finditer(text.casefold()):
        word, place = match[0], 0
        for run in _UNSPACED.finditer(word):
            yield from _stems(word[place : run.start()])
            yield from _pairs(run[0])
            place = run.end()
        yield from _stems(word[place:])


def _stems(word: str) -> Iterator[str]:
    if word:
        yield next(
            (
                word.removesuffix(ending) + instead
                for ending, instead in _ENDINGS
                if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM
            ),
            word,
        )


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for place in range(len(run) - 1):
        yield run[place : place + 2]
