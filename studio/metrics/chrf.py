"""chrF: F-score of character n-grams (Popović 2015), as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Parts
from studio.metrics._sacrebleu import statistics

_ORDERS = 6
_FACTOR = 4.0


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    from sacrebleu.metrics.chrf import CHRF

    if len(answers) == 0:
        return None
    metric = CHRF()
    table = statistics(metric, answers)
    metric.corpus_score([""], [[""]])
    return Parts(table, chrf, signature=str(metric.get_signature()))


def chrf(sums: Array) -> Array:
    """chrF2 from sums of (n-grams, reference's n-grams, matches) by order; orders that one side lacks don't count."""
    given, wanted, same = (sums[..., part : 3 * _ORDERS : 3] for part in range(3))
    counts = (given > 0) & (wanted > 0)
    orders = np.maximum(counts.sum(-1), 1)
    precision = np.where(counts, same / np.maximum(given, 1), 0.0).sum(-1) / orders
    recall = np.where(counts, same / np.maximum(wanted, 1), 0.0).sum(-1) / orders
    below = _FACTOR * precision + recall
    result: Array = np.where(below > 0, 100 * (1 + _FACTOR) * precision * recall / np.maximum(below, 1e-12), 0.0)
    return result


METRIC = Metric(
    MetricInfo(
        "chrf",
        N_("Letters in common"),
        N_("chrF"),
        N_("Runs of up to six characters shared with the reference, 0 to 100, over all rows together (sacrebleu)."),
        "points",
    ),
    "text",
    _measure,
    named_only=True,
)
