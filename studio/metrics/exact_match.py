"""Exact match: the answer is the reference, small differences aside."""

from __future__ import annotations

from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._words import normal


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    pairs = zip(answers.references, answers.texts, strict=True)
    return mean_of([float(text is not None and normal(text) == normal(wanted)) for wanted, text in pairs], share=True)


METRIC = Metric(
    MetricInfo(
        "exact_match",
        N_("Same as expected"),
        N_("exact match"),
        N_("Share of answers that are the expected one; capitals, spaces and a mark at the end don't matter."),
    ),
    ("text", "passage"),
    _measure,
    rowwise=True,
)
