"""Mean absolute error of predicted numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._numbers import wanted_and_given


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    numbers = wanted_and_given(answers)
    return None if numbers is None else mean_of(np.abs(numbers[0] - numbers[1]))


METRIC = Metric(
    MetricInfo(
        "mae",
        N_("How far off on average"),
        N_("MAE"),
        N_("Mean absolute difference between predicted and expected number; rows without either are left out."),
        format="number",
        high_is_good=False,
    ),
    "number",
    _measure,
    rowwise=True,
    bounds=(0.0, float("inf")),
)
