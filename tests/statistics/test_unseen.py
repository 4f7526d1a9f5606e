"""What was not drawn: room in intervals, and the least p-value of few rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binomtest

from studio.statistics.unseen import least_p_value, unseen, widened


@pytest.mark.parametrize("n", [1, 5, 20, 400, 100_000])
def test_one_class_is_the_bound_of_clopper_and_pearson(n: int) -> None:
    assert 1 - unseen([n]) == pytest.approx(beta.ppf(0.025, n, 1))


def test_even_classes_are_as_one_and_rare_ones_hide_more() -> None:
    assert unseen([100] * 10) == pytest.approx(unseen([1000]), rel=0.01)
    assert unseen([1, 1, 998]) > 0.5 > unseen([400, 300, 300])
    assert unseen([]) == unseen([0, 0]) == 1.0


def test_no_spread_of_wrong_rows_hides_better() -> None:
    support = np.array([2, 9, 50])
    chance = np.random.default_rng(0)
    right = 1 - chance.uniform(0, 1, (20_000, 3)) ** np.array([1, 3, 12])
    unnoticed = np.prod(right**support, axis=1) >= 0.025
    assert unnoticed.sum() > 500
    worst = (1 - right[unnoticed]).mean(1).max()
    assert worst <= unseen(support.tolist()) <= worst + 0.1


def test_an_interval_stays_within_what_there_is() -> None:
    low, high = widened(1.0, 1.0, 1.0, unseen([20]), (0.0, 1.0))
    assert (low, high) == (pytest.approx(0.8316, abs=1e-4), 1.0)
    assert widened(3.0, 2.0, 5.0, 0.1, (0.0, float("inf")))[1] == 5.0


@pytest.mark.parametrize("rows", [1, 2, 5, 9])
def test_few_rows_are_no_proof(rows: int) -> None:
    assert least_p_value(rows) == pytest.approx(binomtest(rows, rows).pvalue)
    assert least_p_value(0) == 1.0


def test_a_value_beyond_its_usual_end_keeps_its_interval() -> None:
    low, high = widened(325.0, 210.0, 440.0, 0.2, (0.0, 100.0))
    assert low < 210.0
    assert high == 440.0
    assert widened(0.0, 0.0, 0.0, 0.2, (0.0, 100.0)) == (0.0, 20.0)
