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
    n = len(values)
    if n == 0:
        return None
    from scipy.stats import binom

    share = percent / 100
    # Ranks from 1: each end is wrong with a chance of at most 2.5 %.
    low = int(binom.ppf(0.025, n, share))
    high = int(binom.ppf(0.975, n, share)) + 1
    if low < 1 or high > n:
        return None
    ordered = sorted(values)
    return ordered[low - 1], ordered[high - 1]
