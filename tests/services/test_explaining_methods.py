"""Occlusion, Shapley values and the check against chance, on games whose weights are known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.attribution import TokenWeights
from studio.domain.explanation import Calibration, Explanation, Faithfulness, Hint, Inside, Part
from studio.services.explaining_asking import Asked
from studio.services.explaining_gradients import by_part
from studio.services.explaining_methods import (
    faithfulness,
    faithfulness_cost,
    occlusion,
    shapley,
    shapley_cost,
)
from studio.services.explaining_words import method_words, sentences, signed, weight_title

#: Whole hundredths: a graph that ran in this process may have switched off the smallest floats, which Hypothesis minds.
_SCORES = st.integers(-100, 100).map(lambda value: value / 100)


class Known:
    """A game whose score is a function of what is left."""

    def __init__(self, parts: int, value: Callable[[frozenset[int]], float]) -> None:
        self.parts = tuple(Part(str(place), place, place + 1) for place in range(parts))
        self._value = value
        self.asked = 0
        self.whole = self.ask([frozenset()])[0]
        self.asked = 0

    def ask(self, left_out: Sequence[frozenset[int]]) -> list[Asked]:
        self.asked += len(left_out)
        scores = [self._value(frozenset(range(len(self.parts))) - each) for each in left_out]
        return [Asked(score, "", (score, -2 * score)) for score in scores]


def _exact(parts: int, value: Callable[[frozenset[int]], float]) -> list[float]:
    """Shapley values by their definition: the mean over all orders."""
    totals = [0.0] * parts
    for order in itertools.permutations(range(parts)):
        left = frozenset(range(parts))
        for part in order:
            totals[part] += value(left) - value(left - {part})
            left -= {part}
    return [total / math.factorial(parts) for total in totals]


@settings(max_examples=25, deadline=None)
@given(st.lists(_SCORES, min_size=1, max_size=6), st.integers(0, 1000))
def test_where_parts_only_add_all_methods_agree(values: list[float], seed: int) -> None:
    game = Known(len(values), lambda left: sum(values[place] for place in left))
    alone = game.ask([frozenset((place,)) for place in range(len(values))])
    assert occlusion(game.whole, alone).weights == pytest.approx(values, abs=1e-9)
    found = shapley(game, 2, seed)
    assert found.weights == pytest.approx(values, abs=1e-9)
    assert found.steps[1] == pytest.approx([-2 * value for value in values], abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.lists(_SCORES, min_size=16, max_size=16), st.integers(0, 1000))
def test_shapley_values_add_up_to_the_whole(scores: list[float], seed: int) -> None:
    game = Known(4, lambda left: scores[sum(1 << place for place in left)])
    assert sum(shapley(game, 3, seed).weights) == pytest.approx(scores[15] - scores[0], abs=1e-9)


def test_shapley_values_are_near_the_exact_ones_where_words_say_the_same_twice() -> None:
    # Either of the first two is enough: leaving one out shows nothing, the mean over orders shares it.
    def value(left: frozenset[int]) -> float:
        return 0.8 * bool(left & {0, 1}) + 0.1 * (2 in left)

    game = Known(4, value)
    alone = game.ask([frozenset((place,)) for place in range(4)])
    assert occlusion(game.whole, alone).weights == pytest.approx([0, 0, 0.1, 0])
    game.asked = 0
    found = shapley(game, 12, 0)
    assert game.asked == shapley_cost(4, 12)
    assert found.weights == pytest.approx(_exact(4, value), abs=0.12)
    assert found.weights[3] == pytest.approx(0)


def test_the_check_tells_good_weights_from_bad_ones() -> None:
    values = [0.4, 0.3, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]
    game = Known(8, lambda left: sum(values[place] for place in left))
    good = faithfulness(game, values, 5, 0)
    assert game.asked == faithfulness_cost(8, 5)
    bad = faithfulness(game, [-value for value in values], 5, 0)
    assert good is not None and bad is not None
    assert good.advantage > 0.1 > -0.1 > bad.advantage
    assert good.by_weight[0] == pytest.approx(0.6)
    assert faithfulness(Known(3, lambda left: 1.0), [1, 0, 0], 5, 0) is None


def _explained(check: Faithfulness | None = None, **others: object) -> Explanation:
    part = (Part("refund", 0, 6), Part("please", 7, 13))
    return Explanation("get_refund", 0.9, part, (0.5, 0.0), (Hint(0, "track_order"),), check, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("advantage", "says"), [(0.3, "the explanation holds"), (0.05, "take it as a hint"), (0.0, "don't rely on it")]
)
def test_words_say_how_far_it_holds(advantage: float, says: str) -> None:
    check = Faithfulness((0.5,), (0.1,), (0.1 + advantage,), advantage)
    said = sentences(_explained(check))
    assert said[0] == "Without “refund” it would say track order."
    assert says in said[-1]
    assert sentences(_explained(check), str)[0] == "Without “refund” it would say track_order."
    assert (signed(-0.00001), signed(-0.15, 2), signed(0.5, 1)) == ("0.0000", "−0.15", "+0.5")


def test_confidence_is_held_against_what_was_right() -> None:
    said = sentences(_explained(calibration=Calibration(0.88, 0.95, 43, 0.81, 0.67, 0.9)))
    assert any("It says 90 %. On 43 evaluated rows" in each and "81 %" in each for each in said)


def test_tokens_go_to_the_words_they_are_in() -> None:
    parts = (Part("Hello", 0, 5), Part("world", 7, 12))
    tokens = TokenWeights("a", 0.5, ((0, 0), (0, 3), (3, 5), (5, 6), (7, 12), (0, 0)), (9, 1, 2, 0.5, 4, 9), 0.0)
    assert by_part(tokens, parts) == (3.5, 4)


def test_words_say_whose_gradients_they_are() -> None:
    found = method_words(_explained(method="integrated-gradients", completeness=0.004, inside=Inside(True, 12, 0.0312)))
    assert "but for 0.4 %" in found and "read back" in found and "On 12 texts" in found and "by 0.031 at most" in found
    original = method_words(_explained(method="integrated-gradients", inside=Inside(False, 12, 0.0)))
    assert weight_title(_explained(method="integrated-gradients")) == "Adds to the score"
    assert weight_title(_explained()) == "Score without it falls by"
    assert "original PyTorch model" in original and "at most" not in original
    assert "Shapley" in method_words(_explained(method="shapley"))
