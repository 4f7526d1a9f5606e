"""Contains: the answer holds the reference."""

from __future__ import annotations

from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._words import normal


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    pairs = zip(answers.references, answers.texts, strict=True)
    return mean_of([float(text is not None and normal(wanted) in normal(text)) for wanted, text in pairs], share=True)


METRIC = Metric(
    MetricInfo(
        "contains",
        N_("Holds what is expected"),
        N_("contains"),
        N_("Share of answers that hold the expected text somewhere; capitals and spaces don't matter."),
    ),
    ("text", "passage", "transcript"),
    _measure,
    rowwise=True,
)
