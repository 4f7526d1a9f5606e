"""Macro precision: mean over labels."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, macro
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "macro_precision",
        N_("Label fits where it is given"),
        N_("macro precision"),
        N_("Mean over labels: of the rows given a label, the share that have it."),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: macro(sums.precision(), sums.seen), rare=True),
)
