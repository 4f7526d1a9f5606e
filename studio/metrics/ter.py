"""Translation edit rate (Snover et al. 2006), as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Parts
from studio.metrics._sacrebleu import statistics

#: sacrebleu takes about 1 ms a row, and more for long ones.
_MOST_ROWS = 5_000


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    from sacrebleu.metrics.ter import TER

    if not 0 < len(answers) <= _MOST_ROWS:
        return None
    metric = TER(normalized=bool(answers.language), asian_support=bool(answers.language))
    table = statistics(metric, answers)
    metric.corpus_score([""], [[""]])
    return Parts(table, _ter, signature=str(metric.get_signature()))


def _ter(sums: Array) -> Array:
    edits, length = sums[..., 0], sums[..., 1]
    result: Array = np.where(length > 0, 100 * edits / np.maximum(length, 1e-12), np.where(edits > 0, 100.0, 0.0))
    return result


METRIC = Metric(
    MetricInfo(
        "ter",
        N_("Edits needed"),
        N_("TER"),
        N_("Words to change, add, drop or move until it is the reference, of 100 words (sacrebleu); up to 5,000 rows."),
        "points",
        high_is_good=False,
    ),
    "text",
    _measure,
    named_only=True,
)
