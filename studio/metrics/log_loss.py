"""Log loss: how surprised the scores are by the right label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of

#: A label that got no probability at all would make the mean infinite.
_LEAST = 1e-7


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    if answers.scores is None:
        return None
    place = {name: number for number, name in enumerate(answers.names)}
    columns = np.array([place.get(label, -1) for label in answers.references])
    rows = np.arange(len(answers))
    given = np.where(columns >= 0, answers.scores[rows, np.maximum(columns, 0)], np.nan)
    return mean_of(-np.log(np.clip(given, _LEAST, 1.0)))


METRIC = Metric(
    MetricInfo(
        "log_loss",
        N_("Surprise at the right label"),
        N_("log loss"),
        N_("Mean of −ln(probability of the right label) over rows with scores; 0 is certain and right."),
        "number",
        high_is_good=False,
    ),
    "labels",
    _measure,
)
