"""Weighted precision: mean over labels by support."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, weighted
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "weighted_precision",
        N_("Precision by frequency"),
        N_("weighted precision"),
        N_("Mean precision over labels, each as heavy as it has rows."),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: weighted(sums.precision(), sums.expected)),
)
