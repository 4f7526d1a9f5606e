"""MRR: mean reciprocal rank of the first thing found that is right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._passages import of_passages, ranks
from studio.metrics._vectors import by_neighbours, first_rank


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    if of_passages(answers):
        return mean_of(1 / np.asarray(ranks(answers)))
    return by_neighbours(answers, lambda near, relevant: 1 / first_rank(near, relevant))


METRIC = Metric(
    MetricInfo(
        "mrr",
        N_("How early it is found"),
        N_("MRR"),
        N_(
            "Mean reciprocal rank: 1 where the first passage or text found is right, a half where it is the second, "
            "0 where none is; mean over rows."
        ),
        "number",
    ),
    ("passage", "findings"),
    _measure,
    rowwise=True,
    bounds=(0.0, 1.0),
)
