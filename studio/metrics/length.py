"""Length of the answers in characters."""

from __future__ import annotations

from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    return mean_of([float("nan") if text is None else float(len(text)) for text in answers.texts])


METRIC = Metric(
    MetricInfo(
        "length",
        N_("Length"),
        N_("characters"),
        N_("Characters of an answer, mean over rows. Neither more nor less is better by itself."),
        "number",
        high_is_good=False,
        needs_reference=False,
    ),
    "text",
    _measure,
    rowwise=True,
    compared=False,
)
