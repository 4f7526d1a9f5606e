"""Macro recall: mean over labels."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, macro
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "macro_recall",
        N_("Label is found where it should be"),
        N_("macro recall"),
        N_("Mean over labels: of the rows with a label, the share that were given it."),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: macro(sums.recall(), sums.seen), rare=True),
)
