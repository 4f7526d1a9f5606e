"""Token F1: words that answer and reference share (SQuAD; Rajpurkar et al. 2016)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._words import tokens


def _f1(wanted: list[str], given: list[str]) -> float:
    if not wanted or not given:
        return float(wanted == given)
    same = sum((Counter(wanted) & Counter(given)).values())
    return 2 * same / (len(wanted) + len(given))


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    pairs = zip(answers.references, answers.texts, strict=True)
    return mean_of([0.0 if text is None else _f1(tokens(wanted), tokens(text)) for wanted, text in pairs])


METRIC = Metric(
    MetricInfo(
        "token_f1",
        N_("Words in common"),
        N_("token F1"),
        N_("F1 of words: how many of its words were expected, and how many expected words it has; mean over rows."),
    ),
    ("text", "passage"),
    _measure,
    rowwise=True,
)
