"""Matthews correlation coefficient, for any number of labels (Gorodkin 2004)."""

from __future__ import annotations

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import LabelSums, label_parts
from studio.metrics._metric import Array, Metric


def _mcc(sums: LabelSums) -> Array:
    rows = sums.rows
    unanswered = rows - sums.given.sum(-1)
    right = sums.right.sum(-1)
    both = (sums.given * sums.expected).sum(-1)
    given = rows * rows - (sums.given**2).sum(-1) - unanswered**2
    expected = rows * rows - (sums.expected**2).sum(-1)
    below = np.sqrt(np.maximum(given * expected, 0.0))
    # As scikit-learn: 0 where all rows have, or were given, one and the same label.
    result: Array = np.divide(right * rows - both, below, out=np.zeros_like(below), where=below > 0)
    return result


METRIC = Metric(
    MetricInfo(
        "mcc",
        N_("Correlation with the right label"),
        N_("Matthews correlation"),
        N_("1: always right, 0: no better than guessing by frequency, below 0: worse. Fair where labels are uneven."),
        "number",
    ),
    "labels",
    lambda answers, _options: label_parts(answers, _mcc, rare=True),
    bounds=(-1.0, 1.0),
)
