"""Balanced accuracy: mean recall over the labels that rows have (Brodersen et al. 2010)."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, macro
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "balanced_accuracy",
        N_("Right answers, rare labels as heavy"),
        N_("balanced accuracy"),
        N_(
            "Mean over labels of the share of their rows that are right: a rare label counts as much as a frequent one."
        ),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: macro(sums.recall(), sums.expected > 0), rare=True),
)
