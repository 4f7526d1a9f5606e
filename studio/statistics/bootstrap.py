"""The bootstrap: how a figure would scatter if other rows of the same kind had been drawn.

Efron & Tibshirani (1993), "An Introduction to the Bootstrap": bias-corrected intervals, and the paired bootstrap for
two candidates on the same rows. Every row gets a weight (how often it was drawn), so that a metric whose parts add up
over rows costs one matrix product for all resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
#: How many times rows are drawn.
RESAMPLES = 1000
_LOW, _HIGH = 0.025, 0.975
#: Weights that are held at once, so that memory stays flat for 100,000 rows.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Resampled:
    """A figure on the rows at hand and on every resample.

    Attributes:
        value: On the rows at hand.
        values: On the resamples, shape ``(resamples,)``; NaN where it is undefined.
    """

    value: float
    values: Array

    def interval(self) -> tuple[float, float] | None:
        """The bias-corrected 95 % interval; None where too few resamples gave a figure.

        Resamples hold some rows twice and others not at all, which lowers figures such as macro-F1: the middle of the
        resamples is not the figure. Efron (1987), "Better bootstrap confidence intervals", corrects for that.
        """
        good = self.values[np.isfinite(self.values)]
        if len(good) < len(self.values) / 2:
            return None
        from scipy.stats import norm

        below = np.count_nonzero(good < self.value) + np.count_nonzero(good == self.value) / 2
        bias = norm.ppf(min(max(below / len(good), 0.5 / len(good)), 1 - 0.5 / len(good)))
        levels = norm.cdf([2 * bias + norm.ppf(_LOW), 2 * bias + norm.ppf(_HIGH)])
        low, high = np.quantile(good, levels)
        return min(float(low), self.value), max(float(high), self.value)


def weights(n: int, seed: int, resamples: int = RESAMPLES) -> Iterator[Array]:
    """How often each of ``n`` rows is drawn, in blocks of shape ``(some, n)``: the same for the same seed and ``n``."""
    chance = np.random.default_rng(seed)
    block = max(1, min(resamples, _AT_ONCE // max(1, n)))
    done = 0
    while done < resamples:
        count = min(block, resamples - done)
        drawn = np.empty((count, n), np.float32)
        for row in range(count):
            drawn[row] = np.bincount(chance.integers(0, n, n), minlength=n)
        yield drawn
        done += count


def additive(parts: Array, value: Callable[[Array], Array], seed: int, resamples: int = RESAMPLES) -> Resampled:
    """A figure whose parts add up over rows.

    Args:
        parts: What each row adds, shape ``(rows, parts)``.
        value: The figure from the sums, shape ``(…, parts)`` → ``(…,)``.
        seed: Of the drawing.
        resamples: How many times rows are drawn.
    """
    table = parts.astype(np.float64)
    found = [value(block @ table) for block in weights(len(parts), seed, resamples)]
    return Resampled(float(value(table.sum(0))), np.concatenate(found))


def recomputed(n: int, value: Callable[[Array], float], seed: int, resamples: int = 200) -> Resampled:
    """A figure that has to be computed from the drawn rows themselves.

    Args:
        n: How many rows there are.
        value: The figure of rows given by their numbers.
        seed: Of the drawing.
        resamples: Fewer than usual: each costs a whole computation.
    """
    chance = np.random.default_rng(seed)
    found = [value(chance.integers(0, n, n)) for _draw in range(resamples)]
    return Resampled(float(value(np.arange(n))), np.array(found, float))


def paired(a: Resampled, b: Resampled) -> tuple[float, float, float]:
    """Interval and two-sided p-value of ``a`` − ``b``, resampled with the same seed on the same rows.

    The p-value is the smallest level at which the percentile interval leaves out 0 (Efron & Tibshirani, section 15.4),
    with one added to both counts so that it is never 0.

    Returns:
        Lower bound, upper bound, p-value.
    """
    differences = a.values - b.values
    good = differences[np.isfinite(differences)]
    if len(good) < len(differences) / 2:
        return float("nan"), float("nan"), 1.0
    low, high = np.quantile(good, [_LOW, _HIGH])
    below = (np.count_nonzero(good <= 0) + 1) / (len(good) + 1)
    above = (np.count_nonzero(good >= 0) + 1) / (len(good) + 1)
    return float(low), float(high), float(min(1.0, 2 * min(below, above)))
