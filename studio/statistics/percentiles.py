"""Percentiles of latencies from raw values, with intervals that assume nothing of how times are spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: A percentile needs so many values that one of them lies beyond it: with fewer, it is no more than the slowest.
NEEDED = {50: 1, 90: 10, 95: 20, 99: 100}


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that ``percent`` of 100 values do not exceed (nearest rank); None where there are too few."""
    if len(values) < NEEDED.get(percent, 1):
        return None
    return sorted(values)[max(0, math.ceil(percent * len(values) / 100) - 1)]


def percentile_interval(values: Sequence[float], percent: int) -> tuple[float, float] | None:
    """Between which two values the true percentile lies, at 95 %; None where there are too few to say.

    Order statistics of the binomial distribution (Conover, "Practical Nonparametric Statistics", section 3.2).
    """
    ranks = _ranks(len(values), percent)
    if ranks is None:
        return None
    ordered = sorted(values)
    return ordered[ranks[0] - 1], ordered[ranks[1] - 1]


def fewest_for_interval(percent: int) -> int:
    """How many values it takes at least until `percentile_interval` can say something."""
    return next(n for n in range(1, 100_000) if _ranks(n, percent) is not None)


def _ranks(n: int, percent: int) -> tuple[int, int] | None:
    """Ranks from 1 of the interval's ends; each is wrong with a chance of at most 2.5 %."""
    if n == 0:
        return None
    from scipy.stats import binom

    share = percent / 100
    low = int(binom.ppf(0.025, n, share))
    high = int(binom.ppf(0.975, n, share)) + 1
    return None if low < 1 or high > n else (low, high)
