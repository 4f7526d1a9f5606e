"""How many rows it takes: before a run, what difference they can prove; after it, how many more would settle it."""

from __future__ import annotations

import math

from studio.statistics.proportions import Z95, wilson

#: Of a normal distribution below which 80 % lie: how often a true difference of the size asked for is found.
_POWER80 = 0.8416212335729143
#: Candidates on the same rows are mostly right and wrong together; so often exactly one of two is right, if nothing is
#: known of them.
_USUAL_DISAGREEMENT = 0.2
#: Beyond this no number of rows is a useful advice.
MOST_ROWS = 1_000_000


def smallest_provable_difference(n: int, disagreement: float = _USUAL_DISAGREEMENT) -> float:
    """The smallest difference of two shares that ``n`` rows prove in four of five cases (5 % level, paired).

    Connor (1987), "Sample size for testing differences in proportions for the paired-sample design".

    Args:
        n: Rows.
        disagreement: Share of the rows where exactly one of the two is right.
    """
    low, high = 0.0, disagreement
    if n < 1 or _rows(high, disagreement) > n:
        return 1.0
    for _step in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if _rows(middle, disagreement) <= n else (middle, high)
    return high


def rows_to_prove_difference(difference: float, disagreement: float) -> int | None:
    """Rows that prove a difference of two shares of this size in four of five cases; None for more than is useful."""
    size, disagreement = abs(difference), max(disagreement, abs(difference))
    if size < 1e-9:
        return None
    rows = math.ceil(_rows(size, disagreement))
    return rows if rows <= MOST_ROWS else None


def _rows(difference: float, disagreement: float) -> float:
    if difference <= 0:
        return math.inf
    spread = math.sqrt(max(0.0, disagreement - difference * difference))
    return ((Z95 * math.sqrt(disagreement) + _POWER80 * spread) / difference) ** 2


def rows_to_settle_mean(difference: float, low: float, high: float, n: int) -> int | None:
    """Rows with which an interval of this kind would leave out 0, if the difference stays as it is.

    Args:
        difference: On the rows at hand.
        low: Lower bound of its interval.
        high: Upper bound.
        n: Rows at hand.
    """
    half = max(high - difference, difference - low)
    if abs(difference) < 1e-12 or half <= 0:
        return None
    rows = math.ceil(n * (half / abs(difference)) ** 2)
    return rows if n < rows <= MOST_ROWS else None


def rows_to_clear_threshold(share: float, threshold: float, n: int) -> int | None:
    """Rows with which the interval of a share would lie wholly on one side of a threshold, if the share stays as it is.

    Args:
        share: On the rows at hand.
        threshold: What it is held against.
        n: Rows at hand.
    """

    def clear(rows: int) -> bool:
        low, high = wilson(share * rows, rows)
        return low > threshold or high < threshold

    if abs(share - threshold) < 1e-9 or not clear(MOST_ROWS):
        return None
    low, high = n, MOST_ROWS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if clear(middle) else (middle + 1, high)
    return low
