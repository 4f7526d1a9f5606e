"""Expected calibration error: does a confidence of 80 % mean right in 80 of 100 cases (Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Parts

#: Confidences from 0 to 1 in so many bins of equal width.
BINS = 10


def bins_of(answers: Answers) -> tuple[Array, Array, Array] | None:
    """Of rows with scores: bin, confidence of the label chosen, whether it is right; None without scores."""
    if answers.scores is None:
        return None
    confidence = np.full(len(answers), np.nan)
    scored = np.isfinite(answers.scores).all(1)
    if not scored.any():
        return None
    confidence[scored] = answers.scores[scored].max(1)
    expected, given = answers.codes
    right = (expected == given)[scored]
    confidence = confidence[scored]
    return np.minimum((confidence * BINS).astype(int), BINS - 1), confidence, right


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    found = bins_of(answers)
    if found is None:
        return None
    place, confidence, right = found
    table = np.zeros((len(answers), 3 * BINS))
    assert answers.scores is not None
    rows = np.flatnonzero(np.isfinite(answers.scores).all(1))
    table[rows, place] = 1
    table[rows, BINS + place] = confidence
    table[rows, 2 * BINS + place] = right

    def value(sums: Array) -> Array:
        n, sure, good = (sums[..., part * BINS : (part + 1) * BINS] for part in range(3))
        total = n.sum(-1)
        result: Array = np.where(total > 0, np.abs(sure - good).sum(-1) / np.maximum(total, 1), np.nan)
        return result

    return Parts(table, value)


METRIC = Metric(
    MetricInfo(
        "ece",
        N_("Confidence off by"),
        N_("expected calibration error"),
        N_("Mean distance between how sure it says it is and how often it is right, in ten bins; 0 is honest."),
        high_is_good=False,
    ),
    "labels",
    _measure,
)
