"""Accuracy: the share of rows whose label is the expected one."""

from __future__ import annotations

from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    expected, given = answers.codes
    return mean_of((expected == given).astype(float), share=True)


METRIC = Metric(
    MetricInfo(
        "accuracy",
        N_("Right answers"),
        N_("accuracy"),
        N_("Share of rows whose label is the expected one. Rows without an answer count as wrong."),
    ),
    "labels",
    _measure,
    rowwise=True,
)
