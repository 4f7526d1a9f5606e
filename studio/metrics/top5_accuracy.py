"""Top-5 accuracy: the share of rows whose expected label is among the five with the highest scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of

_BEST = 5


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    # With five labels or fewer every row would be right.
    if answers.scores is None or len(answers.names) <= _BEST:
        return None
    place = {name: number for number, name in enumerate(answers.names)}
    columns = np.array([place.get(label, -1) for label in answers.references], np.int64)
    scores = np.nan_to_num(answers.scores, nan=-np.inf)
    own = scores[np.arange(len(answers)), np.maximum(columns, 0)][:, None]
    above = (scores > own).sum(1)
    found = (columns >= 0) & np.isfinite(own[:, 0]) & (above < _BEST)
    return mean_of(found.astype(float), share=True)


METRIC = Metric(
    MetricInfo(
        "top5_accuracy",
        N_("Right among the first five"),
        N_("top-5 accuracy"),
        N_(
            "Share of rows whose expected label is among the five with the highest scores. Rows without an answer "
            "count as wrong."
        ),
    ),
    "labels",
    _measure,
    rowwise=True,
    named_only=True,
)
