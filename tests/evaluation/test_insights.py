"""Kinds of mistakes and pairs of candidates, against counting by hand."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.prediction import Theme
from studio.evaluation.insight_groups import by_labels, by_words, described
from studio.evaluation.insight_words import Vocabulary
from studio.evaluation.insights import Sheet, pairs

_REFUNDS = [f"when do I get my money back for the {thing}" for thing in ("lamp", "chair", "phone", "shoes", "table")]
_PARCELS = [f"the parcel with the {thing} has not arrived" for thing in ("coat", "book", "mug", "sofa", "rug")]


def _sheet(scores: list[list[float]], binary: bool = True, texts: list[str] | None = None) -> Sheet:
    table = np.array(scores, float)
    size = table.shape[1]
    return Sheet(
        np.arange(size) + 100,
        texts or [""] * size,
        tuple(range(1, len(scores) + 1)),
        (),
        np.full(size, -1),
        np.full(table.shape, -1),
        table,
        binary,
    )


_SCORE = st.sampled_from([0.0, 1.0, math.nan])


def _tables(rows: int) -> st.SearchStrategy[list[list[float]]]:
    return st.lists(st.lists(_SCORE, min_size=rows, max_size=rows), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30).flatmap(_tables))
def test_pairs_are_what_counting_gives(scores: list[list[float]]) -> None:
    for found in pairs(_sheet(scores), None):
        a, b = scores[found.a - 1], scores[found.b - 1]
        both_known = [(row, x, y) for row, (x, y) in enumerate(zip(a, b, strict=True)) if not math.isnan(x + y)]
        assert list(found.only_a) == [row + 100 for row, x, y in both_known if x == 1 and y == 0]
        assert list(found.only_b) == [row + 100 for row, x, y in both_known if x == 0 and y == 1]
        assert found.both == sum(x == y == 1 for _row, x, y in both_known)
        assert found.neither == sum(x == y == 0 for _row, x, y in both_known)
        assert (found.better_a, found.better_b) == (len(found.only_a), len(found.only_b))


def test_by_degree_only_clear_differences_count() -> None:
    # Half a standard deviation of all scores is about 14 points here.
    (found,) = pairs(_sheet([[90, 50, 52, 10], [10, 55, 50, 90]], binary=False), None)
    assert (found.only_a, found.only_b, found.both, found.neither) == ((100,), (103,), 2, 0)


def test_the_worst_fifth_is_wrong_by_degree_and_never_the_best() -> None:
    sheet = _sheet([list(range(10))], binary=False)
    assert sheet.wrong[0].nonzero()[0].tolist() == [0, 1]
    assert not _sheet([[100.0] * 9 + [99.0]], binary=False).wrong[0, :9].any()
    assert not _sheet([[float("nan")] * 3], binary=False).wrong.any()


def test_texts_that_share_words_come_together() -> None:
    themes = by_words([*_REFUNDS, *_PARCELS])
    assert sorted(sorted(theme.places) for theme in themes) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    names = [theme.name.lower() for theme in themes]
    assert any("money" in name for name in names)
    assert any("parcel" in name or "arrived" in name for name in names)
    assert len(by_words(["¿?"] * 4 + ["!!"] * 4)) == 1


def test_a_kind_of_mistake_says_what_it_is() -> None:
    texts = [*_REFUNDS, *_PARCELS, *(f"hello number {n}" for n in range(20))]
    labels = ("refund", "parcel", "greeting")
    expected = np.array([0] * 5 + [1] * 5 + [2] * 20)
    first, second = expected.copy(), expected.copy()
    first[:5] = 1
    second[:3] = 2
    second[9] = 0
    answers = np.stack([first, second])
    scores = (answers == expected).astype(float)
    sheet = Sheet(np.arange(30), texts, (7, 8), labels, expected, answers, scores, True)
    mistakes = sheet.mistakes()
    assert mistakes.places.tolist() == [0, 1, 2, 3, 4, 9]
    refunds, *others = described(
        mistakes, Vocabulary.of(texts), [Theme("Money back", (0, 1, 2, 3, 4)), Theme("", (9,))]
    )
    assert others == []
    assert (refunds.name, refunds.expected, refunds.answered) == ("Money back", "refund", "parcel")
    assert (refunds.confused, refunds.mistakes, refunds.rows) == (5, 8, 5)
    assert (refunds.wrong_of(7), refunds.wrong_of(8), refunds.wrong_of(9)) == (5, 3, 0)
    assert "money" in refunds.words
    assert (refunds.holding, refunds.holding_wrong) == (5, 5)
    assert refunds.examples[0] == _REFUNDS[0]


def test_without_texts_labels_put_mistakes_together() -> None:
    expected, answers = np.array([0, 0, 0, 1, 1]), np.array([[1, 1, 0, 0, -1]])
    sheet = Sheet(
        np.arange(5), [""] * 5, (1,), ("a", "b"), expected, answers, (answers == expected).astype(float), True
    )
    themes = by_labels(sheet.mistakes())
    assert [theme.places for theme in themes] == [(0, 1), (3,), (4,)]
    (group,) = described(sheet.mistakes(), None, themes)
    assert (group.name, group.expected, group.answered, group.words) == ("", "a", "b", ())
