"""Macro-F1: mean F1 over labels, as scikit-learn has it."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, macro
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "macro_f1",
        N_("Right for every label"),
        N_("macro-F1"),
        N_("Mean over labels of F1, which asks both that the label is found and that it is only given where it fits."),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: macro(sums.f1(), sums.seen), rare=True),
)
