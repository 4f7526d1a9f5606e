"""Weighted F1: mean over labels by support."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._labels import label_parts, weighted
from studio.metrics._metric import Metric

METRIC = Metric(
    MetricInfo(
        "weighted_f1",
        N_("F1 by frequency"),
        N_("weighted F1"),
        N_("Mean F1 over labels, each as heavy as it has rows."),
    ),
    "labels",
    lambda answers, _options: label_parts(answers, lambda sums: weighted(sums.f1(), sums.expected)),
)
