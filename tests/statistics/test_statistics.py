"""Intervals, tests and sample sizes against published examples, scipy, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from studio.statistics.agreement import cohen_kappa, fleiss_kappa
from studio.statistics.bootstrap import additive, paired, recomputed, weights
from studio.statistics.multiple import holm
from studio.statistics.percentiles import percentile, percentile_interval
from studio.statistics.power import (
    rows_to_clear_threshold,
    rows_to_prove_difference,
    smallest_provable_difference,
)
from studio.statistics.preferences import Game, bradley_terry, win_rates
from studio.statistics.proportions import mcnemar_exact, paired_difference, wilson


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 2000), data=st.data())
def test_wilson_agrees_with_scipy(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_covers() -> None:
    chance = np.random.default_rng(1)
    for share, n in ((0.5, 30), (0.9, 100), (0.97, 60)):
        hits = chance.binomial(n, share, 2000)
        inside = [low <= share <= high for low, high in (wilson(h, n) for h in hits)]
        assert 0.925 < np.mean(inside) < 0.985


def test_mcnemar_agrees_with_scipy_and_agresti() -> None:
    # Agresti, Categorical Data Analysis (2nd edition), table 10.1: 86 against 150 changed their mind.
    assert mcnemar_exact(86, 150) == pytest.approx(stats.binomtest(86, 236).pvalue, rel=1e-9)
    assert mcnemar_exact(0, 0) == 1.0
    assert mcnemar_exact(3, 3) == 1.0
    assert mcnemar_exact(0, 6) == pytest.approx(0.03125)


def test_the_paired_difference_of_tango() -> None:
    # Where nobody ever differs, it is z²/(n + z²) to both sides.
    assert paired_difference(0, 0, 44) == pytest.approx((-0.0803, 0.0803), abs=0.0001)
    low, high = paired_difference(1, 9, 53)
    assert -1 < low < -8 / 53 < high < 0
    assert paired_difference(9, 1, 53) == pytest.approx((-high, -low))


def test_the_paired_difference_covers() -> None:
    chance = np.random.default_rng(2)
    inside = 0
    for _trial in range(600):
        only_a, only_b, _same = chance.multinomial(120, [0.1, 0.05, 0.85])
        low, high = paired_difference(int(only_a), int(only_b), 120)
        inside += low <= 0.05 <= high
    assert 0.92 < inside / 600 < 0.985


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == pytest.approx((1.0, 1.0))


def test_the_bootstrap_gives_the_interval_of_a_mean() -> None:
    values = np.random.default_rng(3).normal(10, 2, 400)
    found = additive(np.stack([values, np.ones(400)], 1), lambda s: s[..., 0] / s[..., 1], seed=0)
    assert found.value == pytest.approx(values.mean())
    interval = found.interval()
    assert interval is not None
    expected = stats.t.interval(0.95, 399, values.mean(), stats.sem(values))
    assert interval == pytest.approx(expected, abs=0.05)


def test_both_ways_of_resampling_agree_and_repeat() -> None:
    values = np.random.default_rng(4).exponential(size=150)
    one = additive(np.stack([values, np.ones(150)], 1), lambda s: s[..., 0] / s[..., 1], seed=7)
    other = recomputed(150, lambda rows: float(values[rows].mean()), seed=7, resamples=1000)
    assert one.interval() == pytest.approx(other.interval(), abs=0.03)
    again = additive(np.stack([values, np.ones(150)], 1), lambda s: s[..., 0] / s[..., 1], seed=7)
    assert (again.values == one.values).all()


def test_weights_draw_every_row_once_on_average() -> None:
    blocks = np.concatenate(list(weights(50, seed=0, resamples=400)))
    assert blocks.shape == (400, 50)
    assert (blocks.sum(1) == 50).all()
    assert blocks.mean(0) == pytest.approx(np.ones(50), abs=0.25)


def test_the_paired_bootstrap_sees_what_is_paired() -> None:
    chance = np.random.default_rng(5)
    base = chance.normal(0, 5, 300)
    ones = np.ones(300)

    def mean(values: np.ndarray) -> object:
        return additive(np.stack([values, ones], 1), lambda s: s[..., 0] / s[..., 1], seed=0)

    better = base + 0.3 + chance.normal(0, 0.5, 300)
    low, high, p_value = paired(mean(better), mean(base))  # type: ignore[arg-type]
    assert low > 0.2
    assert high < 0.4
    assert p_value < 0.01
    low, high, p_value = paired(mean(base), mean(base))  # type: ignore[arg-type]
    assert (low, high, p_value) == (0.0, 0.0, 1.0)


def test_percentiles_need_enough_values() -> None:
    values = [float(v) for v in range(1, 101)]
    assert percentile(values, 95) == 95
    assert percentile(values, 99) == 99
    assert percentile(values[:99], 99) is None
    assert percentile(values[:19], 95) is None
    assert percentile([3.0], 50) == 3.0
    assert percentile_interval(values[:5], 95) is None


def test_the_interval_of_a_percentile_covers() -> None:
    chance = np.random.default_rng(6)
    truth = stats.expon.ppf(0.95)
    inside = []
    for _trial in range(800):
        found = percentile_interval(chance.exponential(size=200).tolist(), 95)
        assert found is not None
        inside.append(found[0] <= truth <= found[1])
    assert 0.93 < np.mean(inside) < 0.99


def test_the_smallest_provable_difference_is_found_four_times_in_five() -> None:
    n = 200
    difference = smallest_provable_difference(n, 0.2)
    chance = np.random.default_rng(7)
    only_a, only_b = (0.2 + difference) / 2, (0.2 - difference) / 2
    drawn = chance.multinomial(n, [only_a, only_b, 0.8], 600)
    found = np.mean([mcnemar_exact(int(a), int(b)) < 0.05 for a, b, _ in drawn])
    assert 0.7 < found < 0.88
    assert smallest_provable_difference(3) == 1.0
    assert smallest_provable_difference(4000) < smallest_provable_difference(400)


def test_rows_that_would_settle_it() -> None:
    rows = rows_to_prove_difference(0.05, 0.2)
    assert rows is not None
    assert smallest_provable_difference(rows, 0.2) == pytest.approx(0.05, abs=0.001)
    assert rows_to_prove_difference(0.0, 0.2) is None
    needed = rows_to_clear_threshold(0.93, 0.90, 100)
    assert needed is not None
    assert wilson(0.93 * needed, needed)[0] > 0.90
    assert wilson(0.93 * (needed - 1), needed - 1)[0] <= 0.90
    assert rows_to_clear_threshold(0.9, 0.9, 100) is None


def test_kappa_of_published_tables() -> None:
    # Cohen (1960) style: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no gives 0.4.
    first = ["y"] * 25 + ["n"] * 25
    second = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    assert cohen_kappa(["y"], ["y"]) is None
    # Fleiss (1971): ten subjects, fourteen raters, five categories: 0.210.
    table = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    judged = [[str(k) for k, count in enumerate(row) for _ in range(count)] for row in table]
    assert fleiss_kappa(judged) == pytest.approx(0.210, abs=0.001)


def test_strengths_follow_who_wins() -> None:
    games = [Game(1, 2, 1.0)] * 30 + [Game(1, 2, 0.0)] * 10 + [Game(2, 3, 1.0)] * 30 + [Game(2, 3, 0.0)] * 10
    games += [Game(1, 3, 0.5)] * 2
    found = bradley_terry(games)
    assert found[1].value > found[2].value > found[3].value
    # Between two players, strengths are the odds of the games they played.
    odds = (found[1].value / (1 - found[1].value)) / (found[2].value / (1 - found[2].value))
    assert odds == pytest.approx(3, rel=0.35)
    assert all(each.low <= each.value <= each.high for each in found.values())
    assert win_rates([Game(1, 2, 1.0), Game(1, 2, 0.5)])[1].value == 0.75
    assert bradley_terry([]) == {}
