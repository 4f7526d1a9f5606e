"""Root mean squared error of predicted numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, Parts, ratio
from studio.metrics._numbers import wanted_and_given


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    numbers = wanted_and_given(answers)
    if numbers is None:
        return None
    squared = (numbers[0] - numbers[1]) ** 2
    counts = np.isfinite(squared)
    return Parts(np.stack([np.where(counts, squared, 0.0), counts.astype(np.float64)], 1), lambda s: np.sqrt(ratio(s)))


METRIC = Metric(
    MetricInfo(
        "rmse",
        N_("How far off, large errors counting more"),
        N_("RMSE"),
        N_("Square root of the mean squared difference between predicted and expected number."),
        format="number",
        high_is_good=False,
    ),
    "number",
    _measure,
    bounds=(0.0, float("inf")),
)
