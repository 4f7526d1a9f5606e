"""Shares of right answers: Wilson's interval, and the exact test of two classifiers on the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable

#: Half-width of a two-sided 95 % interval of the normal distribution.
Z95 = 1.959963984540054


def wilson(hits: float, n: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Unlike the textbook's, it never leaves 0 to 1, and it is right for few rows and for shares near 0 or 1.

    Args:
        hits: How many of ``n``.
        n: At least 1.
        z: How wide; the default gives 95 %.
    """
    share = hits / n
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    middle = share + z * z / (2 * n)
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def exact_interval(hits: float, n: int, beyond: float = 0.025) -> tuple[float, float]:
    """The interval of a share that is wrong at each end with a chance of at most ``beyond``, however few the rows.

    Clopper & Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial". It is
    wider than Wilson's, whose ends can be wrong in one of five cases where rows are few and the share is small.

    Args:
        hits: How many of ``n``.
        n: At least 1.
        beyond: The chance.
    """
    from scipy.stats import beta

    low = float(beta.ppf(beyond, hits, n - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - beyond, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Two-sided p-value that two classifiers are right equally often, from the rows where exactly one of them is.

    McNemar (1947), with the binomial distribution instead of its approximation.

    Args:
        only_a: Rows where only the first is right.
        only_b: Rows where only the second is.
    """
    n = only_a + only_b
    if n == 0:
        return 1.0
    from scipy.stats import binom

    return min(1.0, 2 * float(binom.cdf(min(only_a, only_b), n, 0.5)))


def paired_difference(only_a: int, only_b: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The interval of the difference of two shares on the same rows.

    Tango's score interval (1998), "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design": right for few rows and for differences near 0 too.

    Args:
        only_a: Rows where only the first is right.
        only_b: Rows where only the second is.
        n: All rows.
        z: How wide; the default gives 95 %.
    """

    def score(delta: float) -> float:
        # The likeliest share of rows where only the second is right, if the difference were delta.
        a = 2 * n
        b = -only_a - only_b + (2 * n - only_a + only_b) * delta
        c = -only_b * delta * (1 - delta)
        q21 = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
        variance = n * (2 * q21 + delta * (1 - delta))
        difference = only_a - only_b - n * delta
        if variance <= 1e-12:
            return 0.0 if abs(difference) < 1e-9 else math.copysign(math.inf, difference)
        return difference / math.sqrt(variance)

    middle = (only_a - only_b) / n
    return _crossing(score, z, -1.0, middle), _crossing(score, -z, middle, 1.0)


def _crossing(score: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where a falling function passes ``target``."""
    for _step in range(60):
        middle = (low + high) / 2
        if score(middle) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2
