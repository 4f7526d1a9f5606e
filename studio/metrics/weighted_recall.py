"""Weighted recall: mean over labels by support."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, weighted
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "weighted_recall",
        N_("Recall by frequency"),
        N_("weighted recall"),
        N_("Mean recall over labels, each as heavy as it has rows; for one label a row it equals accuracy."),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: weighted(sums.recall(), sums.expected)),
)
