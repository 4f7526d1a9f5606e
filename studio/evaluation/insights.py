"""What a whole sheet says about candidates, from their stored answers: words, kinds of mistakes, pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.insight import CandidateWords, PairInsight
from studio.evaluation.insight_groups import Mistakes
from studio.evaluation.insight_words import Vocabulary, label_words, telling_words

Array = NDArray[Any]

#: Words told for an answer and for a pair of candidates.
_LABEL_WORDS, _PAIR_WORDS = 8, 5
#: Where answers are scored by degree, this share of all answers, the worst, counts as wrong.
_WORST = 0.2


@dataclass(frozen=True)
class Sheet:
    """The rows of an evaluation as insights read them.

    Attributes:
        positions: Of the rows that take part, ascending, shape ``(rows,)``.
        texts: What each row says; empty texts where that is a picture or a recording.
        candidates: Ids of the candidates.
        labels: Names of labels by number; empty where answers are no labels.
        expected: Number of each row's expected label, -1 for none, shape ``(rows,)``.
        answers: Number of each label given, -1 for none, shape ``(candidates, rows)``.
        scores: How good each answer is, higher is better, NaN where not known, shape ``(candidates, rows)``.
        binary: Whether scores are right (1) or wrong (0) only.
    """

    positions: Array
    texts: Sequence[str]
    candidates: tuple[int, ...]
    labels: tuple[str, ...]
    expected: Array
    answers: Array
    scores: Array
    binary: bool

    @property
    def judged(self) -> Array:
        """Rows on which some candidate has a score, bool, shape ``(rows,)``."""
        return np.asarray(np.isfinite(self.scores).any(0))

    @property
    def wrong(self) -> Array:
        """Which answers are wrong, or among the worst, bool, shape ``(candidates, rows)``."""
        if self.binary:
            return np.asarray(self.scores < 0.5)
        known = self.scores[np.isfinite(self.scores)]
        if not len(known):
            return np.zeros(self.scores.shape, bool)
        # Where most answers are as good as can be, only those below are bad.
        worst: Array = (self.scores <= np.quantile(known, _WORST)) & (self.scores < np.median(known))
        return worst

    def mistakes(self) -> Mistakes:
        """What kinds of mistakes are made of."""
        if not self.labels:
            scores = None if self.binary else np.abs(self.scores)
            return Mistakes(self.positions, self.texts, self.candidates, self.wrong, scores=scores)
        names = (*self.labels, "")
        expected = [names[number] for number in self.expected]
        answered = [[names[number] for number in row] for row in self.answers]
        return Mistakes(self.positions, self.texts, self.candidates, self.wrong, expected, answered)


def words(sheet: Sheet, vocabulary: Vocabulary) -> tuple[CandidateWords, ...]:
    """The words that go with each label, for each candidate."""
    return tuple(
        CandidateWords(candidate, label_words(vocabulary, answers, sheet.labels, _LABEL_WORDS))
        for candidate, answers in zip(sheet.candidates, sheet.answers, strict=True)
    )


def pairs(sheet: Sheet, vocabulary: Vocabulary | None) -> tuple[PairInsight, ...]:
    """What each candidate gets right that another gets wrong, the pair that differs most first."""
    known = sheet.scores[np.isfinite(sheet.scores)]
    # By degree, half a standard deviation is a clear difference (a medium effect is what Cohen 1988 calls that).
    margin = 0.5 if sheet.binary or not len(known) else max(0.5 * float(known.std()), 1e-9)
    found = []
    for a, b in combinations(range(len(sheet.candidates)), 2):
        difference = sheet.scores[a] - sheet.scores[b]
        told = np.isfinite(difference)
        if not told.any():
            continue
        only_a: Array = difference >= margin
        only_b: Array = difference <= -margin
        same = told & ~only_a & ~only_b
        neither = same & (sheet.scores[a] < 0.5) if sheet.binary else np.zeros_like(same)
        found.append(
            PairInsight(
                sheet.candidates[a],
                sheet.candidates[b],
                int(only_a.sum()),
                int(only_b.sum()),
                _positions(sheet, only_a),
                _positions(sheet, only_b),
                int((same & ~neither).sum()),
                int(neither.sum()),
                telling_words(vocabulary, only_a, _PAIR_WORDS, strict=True) if vocabulary else (),
                telling_words(vocabulary, only_b, _PAIR_WORDS, strict=True) if vocabulary else (),
            )
        )
    return tuple(sorted(found, key=lambda pair: -pair.better_a - pair.better_b))


def _positions(sheet: Sheet, chosen: Array) -> tuple[int, ...]:
    return tuple(int(each) for each in sheet.positions[chosen])
