"""Kinds of mistakes: rows that were answered wrongly, put together by what they say, and what to call each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.insight import ErrorGroup, RowCount
from studio.domain.prediction import Theme
from studio.domain.running import never_cancelled
from studio.evaluation.insight_words import Vocabulary, telling_words

Array = NDArray[Any]

#: Groups that are told; the smallest are left out.
MOST_GROUPS = 15
#: Fewer texts than this are put together by their labels alone, as embedding models do (`Findings.themes`).
LEAST_TEXTS = 8
_WORDS = 4
_EXAMPLES = 3
_LONGEST_EXAMPLE = 300
#: Dimensions that texts are reduced to before they are grouped by their words.
_DIMENSIONS = 64


@dataclass(frozen=True)
class Mistakes:
    """What groups are made of.

    Attributes:
        positions: Rows of the data that were looked at, shape ``(rows,)``.
        texts: What each says; empty texts where there is none to read.
        candidates: Ids of the candidates.
        wrong: Which of them each gets wrong, bool, shape ``(candidates, rows)``.
        expected: The label each row should have got; empty where answers are no labels.
        answered: The label each candidate gave, by candidate; empty texts for none.
        scores: How good each answer is, where that is by degree, NaN where not known, shape ``(candidates, rows)``.
    """

    positions: Array
    texts: Sequence[str]
    candidates: tuple[int, ...]
    wrong: Array
    expected: Sequence[str] = ()
    answered: Sequence[Sequence[str]] = ()
    scores: Array | None = None

    @property
    def places(self) -> Array:
        """Places of the rows that some candidate gets wrong."""
        found: Array = np.flatnonzero(self.wrong.any(0))
        return found


def by_words(texts: Sequence[str], seed: int = 0, cancelled: Callable[[], bool] = never_cancelled) -> tuple[Theme, ...]:
    """Texts in groups by the words they share (TF-IDF, then spherical k-means), the largest first.

    Raises:
        StoppedError: ``cancelled`` became true.
    """
    from scipy.sparse import diags
    from sklearn.decomposition import TruncatedSVD

    from studio.runtime.embedding_themes import group
    from studio.runtime.embedding_vectors import unit
    from studio.runtime.embedding_words import theme_names

    table = Vocabulary.of(texts).table
    if table.shape[1] < 2:
        return (Theme(theme_names(texts, [0] * len(texts))[0], tuple(range(len(texts)))),)
    held = np.asarray(table.sum(0)).ravel()
    weighted = table @ diags(np.log(len(texts) / held) + 1)
    if table.shape[1] > _DIMENSIONS:
        vectors = TruncatedSVD(_DIMENSIONS, random_state=seed).fit_transform(weighted)
    else:
        vectors = weighted.toarray()
    groups, typical = group(unit(vectors), None, seed, cancelled)
    names = theme_names(texts, groups.tolist())
    order = np.lexsort((np.arange(len(texts)), -typical))
    found = [Theme(name, tuple(int(p) for p in order if groups[p] == number)) for number, name in enumerate(names)]
    return tuple(sorted(found, key=lambda theme: -len(theme.places)))


def by_labels(mistakes: Mistakes) -> tuple[Theme, ...]:
    """Rows in groups by which label was taken for which; places are of all rows."""
    found: dict[tuple[str, str], list[int]] = {}
    for place in mistakes.places:
        pair = _pairs(mistakes, [int(place)]).most_common(1)
        if pair:
            found.setdefault(pair[0][0], []).append(int(place))
    return tuple(Theme("", tuple(places)) for _pair, places in sorted(found.items(), key=lambda item: -len(item[1])))


def described(mistakes: Mistakes, vocabulary: Vocabulary | None, themes: Sequence[Theme]) -> tuple[ErrorGroup, ...]:
    """Groups with what to call them, the one with most mistakes first; single rows are no group.

    Args:
        mistakes: What was put together.
        vocabulary: Of all rows; None where rows have no text.
        themes: Groups of places of rows, the most typical first, with a name or none.
    """
    found = [_described(mistakes, vocabulary, theme) for theme in themes if len(theme.places) > 1]
    found.sort(key=lambda group: (-group.mistakes, -group.rows))
    return tuple(found[:MOST_GROUPS])


def _described(mistakes: Mistakes, vocabulary: Vocabulary | None, theme: Theme) -> ErrorGroup:
    places = np.array(theme.places)
    wrong = mistakes.wrong[:, places]
    pair, confused = ("", ""), 0
    if mistakes.expected:
        pair, confused = _pairs(mistakes, theme.places).most_common(1)[0]
    words: tuple[str, ...] = ()
    holding = holding_wrong = 0
    if vocabulary is not None:
        chosen = np.zeros(len(mistakes.texts), bool)
        chosen[places] = True
        words = tuple(word.text for word in telling_words(vocabulary, chosen, _WORDS, common=False))
        if words:
            held = vocabulary.rows_holding(words[0])
            holding, holding_wrong = int(held.sum()), int((held & mistakes.wrong.any(0)).sum())
    examples = [mistakes.texts[place] for place in theme.places[:_EXAMPLES] if mistakes.texts[place].strip()]
    return ErrorGroup(
        theme.name,
        words,
        *pair,
        confused,
        int(wrong.sum()),
        len(places),
        tuple(int(each) for each in mistakes.positions[places]),
        tuple(RowCount(each, int(count)) for each, count in zip(mistakes.candidates, wrong.sum(1), strict=True)),
        tuple(_cut(text) for text in examples),
        holding,
        holding_wrong,
        *_scores(mistakes, places),
    )


def _scores(mistakes: Mistakes, places: Array) -> tuple[float | None, float | None]:
    """Mean score of these rows, and of all others."""
    if mistakes.scores is None:
        return None, None
    inside = np.zeros(mistakes.scores.shape[1], bool)
    inside[places] = True
    found: list[float | None] = []
    for rows in (inside, ~inside):
        known = mistakes.scores[:, rows]
        known = known[np.isfinite(known)]
        found.append(float(known.mean()) if len(known) else None)
    return found[0], found[1]


def _pairs(mistakes: Mistakes, places: Sequence[int]) -> Counter[tuple[str, str]]:
    """How often which label was taken for which in these rows, by all candidates."""
    found: Counter[tuple[str, str]] = Counter()
    for place in places:
        for number, wrong in enumerate(mistakes.wrong[:, place]):
            if wrong and mistakes.expected:
                found[(mistakes.expected[place], mistakes.answered[number][place])] += 1
    return found


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_EXAMPLE else line[: _LONGEST_EXAMPLE - 1] + "…"
