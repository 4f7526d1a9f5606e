"""Is one candidate better than another? Paired tests on the rows that both answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.evaluation import PairComparison
from studio.evaluation.measuring import Figure, resample
from studio.metrics._metric import Parts
from studio.statistics.bootstrap import RESAMPLES, Resampled, paired
from studio.statistics.multiple import holm
from studio.statistics.power import rows_to_prove_difference, rows_to_settle_mean
from studio.statistics.proportions import mcnemar_exact, paired_difference
from studio.statistics.unseen import least_p_value

Array = NDArray[Any]
_LEVEL = 0.05
#: Latencies that a comparison needs: with fewer, one slow moment decides.
_FEWEST_TIMES = 10


def compare_quality(
    figures: Mapping[int, Figure], drawn: Mapping[int, Resampled | None], seed: int, count: int = RESAMPLES
) -> list[PairComparison]:
    """Every pair by one metric, Holm's correction not applied yet.

    Args:
        figures: By candidate.
        drawn: Their resamples, where they were resampled on all their rows.
        seed: The one these were drawn with.
        count: How many resamples.
    """
    found = []
    for a, b in combinations(figures, 2):
        one, other = figures[a], figures[b]
        if not isinstance(one.measured, Parts) or not isinstance(other.measured, Parts):
            continue
        if one.measured.share and other.measured.share:
            pair = _compare_shares(a, b, one, other)
        else:
            pair = _compare_resampled(a, b, one, other, drawn, seed, count)
        if pair is not None:
            found.append(pair)
    return found


def _compare_shares(a: int, b: int, one: Figure, other: Figure) -> PairComparison | None:
    _rows, left, right = np.intersect1d(one.positions, other.positions, return_indices=True)
    n = len(left)
    if n == 0:
        return None
    assert isinstance(one.measured, Parts)
    assert isinstance(other.measured, Parts)
    hit_a = one.measured.table[left, 0] > 0
    hit_b = other.measured.table[right, 0] > 0
    only_a, only_b = int((hit_a & ~hit_b).sum()), int((~hit_a & hit_b).sum())
    difference = (only_a - only_b) / n
    low, high = paired_difference(only_a, only_b, n)
    p_value = mcnemar_exact(only_a, only_b)
    needed = rows_to_prove_difference(difference, (only_a + only_b) / n)
    further = needed - n if needed is not None and needed > n else None
    metric = one.metric.info.id
    return PairComparison(a, b, metric, difference, low, high, p_value, p_value, "mcnemar-exact", n, None, further)


def _compare_resampled(
    a: int,
    b: int,
    one: Figure,
    other: Figure,
    drawn: Mapping[int, Resampled | None],
    seed: int,
    count: int,
) -> PairComparison | None:
    first, second = drawn.get(a), drawn.get(b)
    n = len(one.positions)
    if not np.array_equal(one.positions, other.positions):
        _rows, left, right = np.intersect1d(one.positions, other.positions, return_indices=True)
        n = len(left)
        if n == 0:
            return None
        one, other = one.of_rows(left, {}), other.of_rows(right, {})
        first, second = resample([one, other], seed, count)
    if first is None or second is None or not np.isfinite(first.value - second.value):
        return None
    low, high, p_value = paired(first, second)
    if not np.isfinite(low):
        return None
    p_value = max(p_value, least_p_value(_differing(one, other)))
    difference = first.value - second.value
    needed = rows_to_settle_mean(difference, low, high, n)
    further = needed - n if needed is not None else None
    return PairComparison(
        a, b, one.metric.info.id, difference, low, high, p_value, p_value, "paired-bootstrap", n, None, further
    )


def _differing(one: Figure, other: Figure) -> int:
    """Rows that tell two candidates apart; both stand on the same rows."""
    a, b = one.measured, other.measured
    assert isinstance(a, Parts)
    assert isinstance(b, Parts)
    if a.right is not None and b.right is not None:
        return int(np.count_nonzero(a.right != b.right))
    return int(np.count_nonzero((a.table != b.table).any(axis=1)))


def compare_latency(
    latencies: Mapping[int, Sequence[float]], percent: int, seed: int, count: int = RESAMPLES
) -> list[PairComparison]:
    """Every pair by a percentile of their latencies on the same rows; those timed on other rows are left out."""
    found = []
    for a, b in combinations(latencies, 2):
        one, other = np.asarray(latencies[a], float), np.asarray(latencies[b], float)
        n = len(one)
        if n != len(other) or n < max(_FEWEST_TIMES, 20 if percent > 50 else 0):
            continue
        picked = np.random.default_rng(seed).integers(0, n, (count, n))
        first, second = _percentile(one, percent), _percentile(other, percent)
        low, high, p_value = paired(
            Resampled(first, _percentile(one[picked], percent)), Resampled(second, _percentile(other[picked], percent))
        )
        key = f"latency_p{percent}_s"
        found.append(
            PairComparison(a, b, key, first - second, low, high, p_value, p_value, "paired-bootstrap", n, None)
        )
    return found


def _percentile(values: Array, percent: int) -> Any:
    """Nearest rank, along the last axis."""
    n = values.shape[-1]
    return np.sort(values, axis=-1)[..., max(0, -(-percent * n // 100) - 1)]


def judged(pairs: Sequence[PairComparison], high_is_good: bool) -> list[PairComparison]:
    """All pairs of one metric with Holm's correction, and who is better where that is proven."""
    adjusted = holm([pair.p_value for pair in pairs])
    found = []
    for pair, p_adjusted in zip(pairs, adjusted, strict=True):
        proven = p_adjusted < _LEVEL and (pair.low > 0 or pair.high < 0)
        winner = (pair.a if (pair.difference > 0) == high_is_good else pair.b) if proven else None
        further = None if proven else pair.further_rows
        found.append(
            replace(
                pair,
                difference=float(pair.difference),
                p_adjusted=p_adjusted,
                winner=winner,
                further_rows=further,
            )
        )
    return found
