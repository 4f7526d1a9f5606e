"""Words that stand in some rows more often than in others, and how sure that is.

Log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words"): a word's odds in
rows of one kind against those in all other rows, drawn towards its odds in the whole sheet, in standard deviations. A
word counts once a row, so that one long row does not decide, and every figure can be read as "so many rows of so many".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.insight import LabelWords, PullingWord
from studio.runtime.embedding_words import STOP_WORDS

Array = NDArray[Any]

#: Two-sided 95 %: words that are less sure are not named.
LEAST_Z = 1.96
#: Words such as "at" and "is" are many, and some of them stand out by chance: they must be surer.
_LEAST_Z_COMMON = 3.0
#: Share of words that may be named by chance where rows could be alike by chance alone.
_CHANCE = 0.1
#: A word that stands in fewer rows of a kind may be there by chance.
_LEAST_ROWS = 3
#: Characters of a row that are read: a cell may hold a book.
_LONGEST = 4_000
_LONGEST_WORD = 40
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_RUN = re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+(?:['’][^\\W_{_CJK}]+)*")
_IS_CJK = re.compile(f"[{_CJK}]")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; Chinese and Japanese, which have no spaces, as pairs of characters."""
    found: list[str] = []
    for run in _RUN.findall(text[:_LONGEST].lower()):
        if not _IS_CJK.match(run):
            # A single letter is mostly what punctuation left of "e-mail".
            found += [run.replace("’", "'")[:_LONGEST_WORD]] if len(run) > 1 else []
        elif len(run) == 1:
            found.append(run)
        else:
            found += [run[place : place + 2] for place in range(len(run) - 1)]
    return found


@dataclass(frozen=True)
class Vocabulary:
    """Which words stand in which rows.

    Attributes:
        words: All words of at least `_LEAST_ROWS` rows, by their column in ``table``.
        table: 1 where a row holds a word, scipy CSR, shape ``(rows, words)``.
    """

    words: tuple[str, ...]
    table: Any

    @classmethod
    def of(cls, texts: Sequence[str]) -> Vocabulary:
        """The words of these rows."""
        from scipy.sparse import csr_matrix

        numbers: dict[str, int] = {}
        columns: list[int] = []
        ends = [0]
        for text in texts:
            columns += [numbers.setdefault(word, len(numbers)) for word in dict.fromkeys(words_of(text))]
            ends.append(len(columns))
        whole = csr_matrix((np.ones(len(columns), np.float64), columns, ends), shape=(len(texts), len(numbers)))
        kept = np.flatnonzero(np.bincount(np.asarray(columns, np.int64), minlength=len(numbers)) >= _LEAST_ROWS)
        names = list(numbers)
        return cls(tuple(names[place] for place in kept), whole[:, kept])

    def rows_holding(self, word: str) -> Array:
        """Which rows hold a word, bool, shape ``(rows,)``."""
        if word not in self.words:
            return np.zeros(self.table.shape[0], bool)
        held: Array = self.table[:, [self.words.index(word)]].toarray()[:, 0] > 0
        return held


def log_odds(inside: Array, outside: Array) -> Array:
    """How much likelier each word is inside than outside, in standard deviations.

    Args:
        inside: How many rows of the kind hold each word, shape ``(words,)`` or ``(kinds, words)``.
        outside: How many other rows hold it, of the same shape.

    Returns:
        float64 of that shape. The prior of each word is its share of all words, and all priors together weigh as
        much as the words of a tenth of the rows, or 10 words where these are fewer.
    """
    everything = inside + outside
    total = everything.sum(-1, keepdims=True)
    weight = np.maximum(0.1 * total, 10.0)
    prior = weight * everything / np.maximum(total, 1)
    n_in, n_out = inside.sum(-1, keepdims=True), outside.sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds_in = np.log((inside + prior) / (n_in + weight - inside - prior))
        odds_out = np.log((outside + prior) / (n_out + weight - outside - prior))
        z: Array = (odds_in - odds_out) / np.sqrt(1 / (inside + prior) + 1 / (outside + prior))
    return np.nan_to_num(z, nan=0.0, posinf=0.0, neginf=0.0)


def telling_words(
    vocabulary: Vocabulary, chosen: Array, most: int, strict: bool = False, common: bool = True
) -> tuple[PullingWord, ...]:
    """The words that tell the chosen rows from all others, the surest first.

    Args:
        vocabulary: Of all rows.
        chosen: Which rows, bool, shape ``(rows,)``.
        most: At most so many words.
        strict: Whether the rows may be alike by chance alone: then words are named so that at most one of ten is
            expected to be chance (Benjamini and Hochberg 1995), over all words that were looked at.
        common: Whether words such as "at" and "is" may be named at all.
    """
    least = _LEAST_Z_COMMON if common else math.inf
    return _named(vocabulary, np.asarray(chosen, np.float64)[None, :], most, strict=strict, least_common=least)[0]


def label_words(vocabulary: Vocabulary, answers: Array, labels: Sequence[str], most: int) -> tuple[LabelWords, ...]:
    """The words that go with each answer, the most frequent answer first.

    Args:
        vocabulary: Of all rows.
        answers: Place in ``labels`` of each row's answer, -1 for none, shape ``(rows,)``.
        labels: Names of the answers.
        most: At most so many words an answer.
    """
    given, counts = np.unique(answers[answers >= 0], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    given, counts = given[order], counts[order]
    if not len(given):
        return ()
    kinds = (answers[None, :] == given[:, None]).astype(np.float64)
    answered = answers >= 0
    words = _named(vocabulary, kinds, most, answered)
    return tuple(
        LabelWords(labels[label], int(count), found) for label, count, found in zip(given, counts, words, strict=True)
    )


def _named(
    vocabulary: Vocabulary,
    kinds: Array,
    most: int,
    among: Array | None = None,
    strict: bool = False,
    least_common: float = _LEAST_Z_COMMON,
) -> list[tuple[PullingWord, ...]]:
    table = vocabulary.table if among is None else vocabulary.table.multiply(among[:, None]).tocsr()
    everywhere = np.asarray(table.sum(0)).ravel()
    least = np.array([least_common if word in STOP_WORDS else LEAST_Z for word in vocabulary.words])
    # One kind at a time: for 150 labels of 20,000 words at once, each step would hold millions of numbers.
    found: list[tuple[PullingWord, ...]] = []
    for kind in kinds:
        inside = np.asarray(kind @ table).ravel()
        z = log_odds(inside, everywhere - inside)
        if strict:
            least = np.maximum(least, _least_z(z[inside + everywhere > 0]))
        sure = np.flatnonzero((z >= least) & (inside >= _LEAST_ROWS))
        best = sure[np.lexsort((sure, -inside[sure], -z[sure]))][:most]
        found.append(
            tuple(
                PullingWord(vocabulary.words[place], float(z[place]), int(inside[place]), int(everywhere[place]))
                for place in best
            )
        )
    return found


def _least_z(z: Array) -> float:
    """What z must reach for one of ten named words to be chance at most; more than any where none does."""
    from scipy.stats import norm

    ranked = np.sort(z)[::-1]
    p = norm.sf(ranked)
    kept = np.flatnonzero(p <= _CHANCE * np.arange(1, len(p) + 1) / max(len(p), 1))
    return float(ranked[kept[-1]]) if len(kept) else math.inf
