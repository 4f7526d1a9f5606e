"""Words that stand in some rows more often than in others: against the formula, planted words, and chance."""

from __future__ import annotations

import math
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.evaluation.insight_words import Vocabulary, label_words, log_odds, telling_words, words_of

_FILLER = ("order", "parcel", "account", "invoice", "hello", "monday", "blue", "seven", "window", "garden", "paper")


def _monroe(inside: list[int], outside: list[int]) -> list[float]:
    """Equations 15, 16, 19 and 22 of Monroe, Colaresi and Quinn 2008, one word at a time."""
    n_in, n_out = sum(inside), sum(outside)
    total = n_in + n_out
    weight = max(0.1 * total, 10.0)
    found = []
    for y_in, y_out in zip(inside, outside, strict=True):
        prior = weight * (y_in + y_out) / total
        odds_in = math.log((y_in + prior) / (n_in + weight - y_in - prior))
        odds_out = math.log((y_out + prior) / (n_out + weight - y_out - prior))
        found.append((odds_in - odds_out) / math.sqrt(1 / (y_in + prior) + 1 / (y_out + prior)))
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)).filter(any), min_size=2, max_size=20))
def test_log_odds_are_those_of_the_paper(counts: list[tuple[int, int]]) -> None:
    inside, outside = [a for a, _b in counts], [b for _a, b in counts]
    found = log_odds(np.array(inside, float), np.array(outside, float))
    np.testing.assert_allclose(found, _monroe(inside, outside), rtol=1e-9, atol=1e-9)
    # The other way round it is the same, with the other sign.
    np.testing.assert_allclose(log_odds(np.array(outside, float), np.array(inside, float)), -found, atol=1e-9)


def test_words_of_languages_with_and_without_spaces() -> None:
    assert words_of("Don’t CANCEL it, 12 €!") == ["don't", "cancel", "it", "12"]
    assert words_of("我要退款 now") == ["我要", "要退", "退款", "now"]
    assert words_of("退") == ["退"]
    assert words_of("<b>=10+1</b> e-mail \x00") == ["10", "mail"]


def _rows(n: int, seed: int = 0) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(_FILLER, k=8)) for _row in range(n)]


def test_a_planted_word_is_found_with_its_counts() -> None:
    texts = _rows(200)
    answers = np.array([0, 1] * 100)
    for row in range(0, 60, 2):
        texts[row] += " refund refund"
    texts[1] += " refund"
    vocabulary = Vocabulary.of(texts)
    first, second = label_words(vocabulary, answers, ("get_refund", "other"), 5)
    assert (first.label, first.rows) == ("get_refund", 100)
    assert first.words[0].text == "refund"
    # A row counts once, however often it says the word.
    assert (first.words[0].given, first.words[0].rows) == (30, 31)
    assert "refund" not in [word.text for word in second.words]


def test_rows_without_an_answer_count_nowhere() -> None:
    texts = ["refund please"] * 10 + ["parcel please"] * 10
    answers = np.array([0] * 5 + [-1] * 5 + [1] * 10)
    (parcel, refund) = label_words(Vocabulary.of(texts), answers, ("refund", "parcel"), 3)
    assert (parcel.label, refund.rows) == ("parcel", 5)
    assert all(word.rows <= 10 for word in (*parcel.words, *refund.words))
    assert next(word for word in refund.words if word.text == "refund").rows == 5


def test_chance_is_not_named_where_rows_could_be_alike_by_chance() -> None:
    texts = [" ".join(f"w{random.Random(f'{row} {k}').randrange(400)}" for k in range(12)) for row in range(400)]
    vocabulary = Vocabulary.of(texts)
    named = 0
    for seed in range(20):
        chosen = np.random.default_rng(seed).random(400) < 0.2
        named += len(telling_words(vocabulary, chosen, 50, strict=True))
    assert named <= 4
    planted = np.zeros(400, bool)
    planted[:60] = True
    told = Vocabulary.of([f"{text} broken" if row < 60 else text for row, text in enumerate(texts)])
    assert telling_words(told, planted, 5, strict=True)[0].text == "broken"


def test_common_words_need_more_than_a_hint() -> None:
    both = {0, 1, 2, 3, 20, 21}
    texts = [f"{_FILLER[row % 11]} is zebra" if row in both else _FILLER[row % 11] for row in range(60)]
    told = [word.text for word in telling_words(Vocabulary.of(texts), np.arange(60) < 8, 9)]
    # Both stand in the very same rows.
    assert "zebra" in told
    assert "is" not in told


def test_nothing_to_read_is_nothing_to_tell() -> None:
    vocabulary = Vocabulary.of(["", "  ", "?!"])
    assert vocabulary.words == ()
    assert telling_words(vocabulary, np.array([True, False, True]), 5) == ()
    assert label_words(vocabulary, np.array([-1, -1, -1]), ("a",), 5) == ()
    assert not vocabulary.rows_holding("refund").any()
