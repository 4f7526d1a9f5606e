"""Real-time factor: how long a computer works on a second of sound."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.domain.prediction import Transcript
from studio.metrics._metric import Answers, Measured, Metric, Parts, ratio


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    table = np.zeros((len(answers), 2))
    for place, (output, seconds) in enumerate(zip(answers.outputs, answers.seconds, strict=False)):
        # A recorded answer does not tell how long its recording is.
        if isinstance(output, Transcript) and output.audio_s > 0 and math.isfinite(seconds):
            table[place] = seconds, output.audio_s
    return Parts(table, ratio) if table[:, 1].any() else None


METRIC = Metric(
    MetricInfo(
        "real_time_factor",
        N_("Work for a second of sound"),
        N_("real-time factor"),
        N_("Seconds of computing for each second of sound, reading the file included; below 1 keeps up with speech."),
        "number",
        high_is_good=False,
        needs_reference=False,
    ),
    "transcript",
    _measure,
    bounds=(0.0, math.inf),
)
