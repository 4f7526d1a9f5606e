"""Character error rate, as jiwer counts it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric
from studio.metrics._spoken import characters, error_rate


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    return error_rate(answers, characters)


METRIC = Metric(
    MetricInfo(
        "cer",
        N_("Wrong characters"),
        N_("CER"),
        N_(
            "Characters to change, add or drop until it is what was said, of all characters that were said (as jiwer "
            "counts). Capitals and punctuation don't count."
        ),
        high_is_good=False,
    ),
    "transcript",
    _measure,
    bounds=(0.0, math.inf),
)
