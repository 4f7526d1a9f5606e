"""Recall at 5: whether what was looked for is among the first five found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._passages import of_passages, ranks
from studio.metrics._vectors import by_neighbours, first_rank

_FIRST = 5


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    if of_passages(answers):
        found = np.asarray(ranks(answers))
        return mean_of(np.where(np.isnan(found), np.nan, found <= _FIRST), share=True)
    return by_neighbours(
        answers, lambda near, relevant: (first_rank(near, relevant) <= _FIRST).astype(float), share=True
    )


METRIC = Metric(
    MetricInfo(
        "recall_at_5",
        N_("Found among the first five"),
        N_("recall@5"),
        N_(
            "Share of rows for which one of the first five passages or texts that were found is right: it holds the "
            "expected answer, or is of the expected kind."
        ),
    ),
    ("passage", "findings"),
    _measure,
    rowwise=True,
)
