"""Spearman's rank correlation of predicted and expected numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Recomputed
from studio.metrics._numbers import wanted_and_given


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    from scipy.stats import rankdata

    numbers = wanted_and_given(answers)
    if numbers is None:
        return None
    counts = np.isfinite(numbers[0])
    wanted, given = numbers[0][counts], numbers[1][counts]

    def value(places: Array) -> float:
        one, other = rankdata(wanted[places]), rankdata(given[places])
        if len(one) < 2 or one.std() == 0 or other.std() == 0:
            return float("nan")
        return float(np.corrcoef(one, other)[0, 1])

    return Recomputed(len(wanted), value)


METRIC = Metric(
    MetricInfo(
        "spearman",
        N_("Right order"),
        N_("Spearman's ρ"),
        N_("Correlation of the ranks of predicted and expected numbers: 1 is the same order, 0 none, −1 the reverse."),
        format="number",
    ),
    "number",
    _measure,
    bounds=(-1.0, 1.0),
)
