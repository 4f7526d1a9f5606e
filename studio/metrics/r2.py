"""R²: the share of the variance that predictions explain (coefficient of determination, as scikit-learn has it)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Parts
from studio.metrics._numbers import wanted_and_given


def _value(sums: Array) -> Array:
    """1 − squared errors / squared differences from the mean."""
    errors, total, squares, n = (sums[..., place] for place in range(4))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares - total**2 / n
        result: Array = np.where(spread > 1e-12 * np.maximum(squares, 1e-300), 1 - errors / spread, np.nan)
    return result


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    numbers = wanted_and_given(answers)
    if numbers is None:
        return None
    counts = np.isfinite(numbers[0])
    wanted = np.where(counts, numbers[0], 0.0)
    # Around a fixed middle, so that numbers such as years lose no digits.
    wanted = np.where(counts, wanted - np.nanmean(numbers[0]), 0.0)
    errors = np.where(counts, (numbers[0] - numbers[1]) ** 2, 0.0)
    return Parts(np.stack([errors, wanted, wanted**2, counts.astype(np.float64)], 1), _value)


METRIC = Metric(
    MetricInfo(
        "r2",
        N_("Differences explained"),
        N_("R²"),
        N_("Share of the variance of the expected numbers that predictions explain; below 0 is worse than their mean."),
        format="number",
    ),
    "number",
    _measure,
    bounds=(float("-inf"), 1.0),
)
