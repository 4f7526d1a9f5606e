"""Word error rate, as jiwer counts it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric
from studio.metrics._spoken import error_rate, words


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    return error_rate(answers, words)


METRIC = Metric(
    MetricInfo(
        "wer",
        N_("Wrong words"),
        N_("WER"),
        N_(
            "Words to change, add or drop until it is what was said, of all words that were said (as jiwer counts). "
            "Capitals and punctuation don't count; numbers must be written alike."
        ),
        high_is_good=False,
    ),
    "transcript",
    _measure,
    bounds=(0.0, math.inf),
)
