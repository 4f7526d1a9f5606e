"""What rows that were not drawn could change: a bootstrap can only draw what it has seen.

Where all of 20 rows are right, every resample is right as well, and the bootstrap would be certain. The interval of a
share knows better: up to 17 % of such rows may be wrong. This is the same for figures that are no shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Chance that is left out at one end of a 95 % interval.
_TAIL = 0.025


def unseen(support: Sequence[int]) -> float:
    """How far a mean of 1 may lie above the truth, at 97.5 %, where each of ``support`` rows a class was right.

    The worst spread of wrong rows over the classes that would still go unnoticed: most of them where rows are few. With
    one class it is Clopper and Pearson's bound of a share, 1 − 0.025^(1/n).

    Args:
        support: Rows of each class; classes are as heavy as each other. Those without rows are left out.
    """
    rows = [count for count in support if count > 0]
    if not rows:
        return 1.0
    # Largest mean of (1 − p) with the product of p^rows at 2.5 %: p = min(1, scale × rows), found by halving.
    noticed = -math.log(_TAIL)
    low, high = -60.0, 0.0
    for _step in range(100):
        middle = (low + high) / 2
        spent = sum(count * max(0.0, -(middle + math.log(count))) for count in rows)
        low, high = (middle, high) if spent > noticed else (low, middle)
    return sum(1 - min(1.0, math.exp(high) * count) for count in rows) / len(rows)


def widened(value: float, low: float, high: float, share: float, bounds: tuple[float, float]) -> tuple[float, float]:
    """An interval with room for what was not seen, added as independent errors are: by squares.

    Args:
        value: The figure.
        low: Lower bound of its interval.
        high: Upper bound.
        share: See `unseen`.
        bounds: Smallest and largest value there is, or that a wrong row is usually given (an edit rate may lie above
            100); on a side without an end nothing is added.
    """
    least, most = bounds
    if math.isfinite(least):
        low = min(low, max(least, value - math.hypot(value - low, max(0.0, value - least) * share)))
    if math.isfinite(most):
        high = max(high, min(most, value + math.hypot(high - value, max(0.0, most - value) * share)))
    return low, high


def least_p_value(differing: int) -> float:
    """The smallest p-value that a paired test can give where so many rows tell two candidates apart.

    Each of them could have come out the other way round with the same chance (sign test): five rows, however clear,
    are no proof.
    """
    return min(1.0, 2.0 ** (1 - min(differing, 1000)))
