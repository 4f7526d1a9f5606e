"""Where figures lie along an axis, and which of them are written beside it. Knows nothing of Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: From this ratio of the largest to the smallest figure on, an axis is logarithmic: else the small ones fall together.
_LOG_FROM = 20.0
#: Share of the span that is left free at each end, so that no point lies on the frame.
_ROOM = 0.12


@dataclass(frozen=True)
class Axis:
    """A span of figures, linear or logarithmic.

    Attributes:
        low: Where it begins.
        high: Where it ends; more than ``low``.
        log: Whether equal distances are equal ratios.
        ceiling: Nothing is written beyond it.
    """

    low: float
    high: float
    log: bool = False
    ceiling: float = math.inf

    @classmethod
    def around(cls, values: Sequence[float], ceiling: float = math.inf) -> Axis:
        """An axis on which these lie with room around them.

        Args:
            values: Finite; may be one or none.
            ceiling: No figure can be higher, such as 1 for a share; nothing is written beyond it.
        """
        if not values:
            return cls(0.0, 1.0)
        least, most = min(values), max(values)
        if least > 0 and most / least >= _LOG_FROM:
            room = (most / least) ** _ROOM
            return cls(least / room, most * room, log=True, ceiling=ceiling)
        room = (most - least) * _ROOM or abs(most) * 0.1 or 1.0
        low = max(least - room, 0.0) if least > 0 else least - room
        return cls(low, most + room, ceiling=ceiling)

    def place(self, value: float) -> float:
        """Where a figure lies, 0 to 1; outside for one that is out of the span."""
        if self.log:
            value, low, high = (math.log(max(each, 1e-300)) for each in (value, self.low, self.high))
            return (value - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 5) -> tuple[float, ...]:
        """Round figures along it, at most so many, from low to high."""
        found = self._log_ticks(most) if self.log else self._linear_ticks(most)
        return tuple(tick for tick in found if tick <= self.ceiling)

    def _linear_ticks(self, most: int) -> tuple[float, ...]:
        step = _round_up((self.high - self.low) / max(most, 1))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(_clean(number * step) for number in range(first, last + 1))

    def _log_ticks(self, most: int) -> tuple[float, ...]:
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for digits in ((1, 2, 5), (1, 3), (1,)):
            found = [digit * 10.0**exponent for exponent in exponents for digit in digits]
            found = [_clean(value) for value in found if self.low <= value <= self.high]
            if len(found) <= most:
                return tuple(found)
        every = math.ceil(len(found) / most)
        return tuple(found[::every])


def _round_up(step: float) -> float:
    """The next of 1, 2, 5, 10, … that is no smaller."""
    exponent = math.floor(math.log10(step))
    for digit in (1.0, 2.0, 5.0, 10.0):
        if digit * 10.0**exponent >= step * (1 - 1e-9):
            return digit * 10.0**exponent
    raise AssertionError(step)


def _clean(value: float) -> float:
    """Without the rounding error of repeated steps."""
    return float(f"{value:.12g}")


def front(
    points: Sequence[tuple[float, float]], low_x_is_good: bool = True, low_y_is_good: bool = False
) -> tuple[int, ...]:
    """Which points no other one beats in both figures, from left to right: the Pareto front of what is drawn."""
    sign_x, sign_y = (1 if low_x_is_good else -1), (1 if low_y_is_good else -1)
    costs = [(x * sign_x, y * sign_y) for x, y in points]
    kept = [
        index for index, (x, y) in enumerate(costs) if not any(a <= x and b <= y and (a, b) != (x, y) for a, b in costs)
    ]
    return tuple(sorted(kept, key=lambda index: points[index]))
