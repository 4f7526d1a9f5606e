"""BLEU (Papineni et al. 2002), as sacrebleu computes it (Post 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Parts
from studio.metrics._sacrebleu import statistics, tokenizer_for

_ORDERS = 4


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    from sacrebleu.metrics.bleu import BLEU

    if len(answers) == 0:
        return None
    metric = BLEU(tokenize=tokenizer_for(answers.language))
    table = statistics(metric, answers)
    metric.corpus_score([""], [[""]])
    return Parts(table, bleu, signature=str(metric.get_signature()))


def bleu(sums: Array) -> Array:
    """BLEU from sums of (length, reference's length, matches by order, n-grams by order), with smoothing ``exp``."""
    length, wanted = sums[..., 0], sums[..., 1]
    right, total = sums[..., 2 : 2 + _ORDERS], sums[..., 2 + _ORDERS : 2 + 2 * _ORDERS]
    smooth = np.ones(length.shape)
    log = np.zeros(length.shape)
    possible = right.sum(-1) > 0
    for order in range(_ORDERS):
        none = (right[..., order] == 0) & (total[..., order] > 0)
        smooth = np.where(none, smooth * 2, smooth)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(none, 1 / (smooth * total[..., order]), right[..., order] / total[..., order])
            log = log + np.log(share)
        possible &= total[..., order] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        brevity = np.where(length < wanted, np.exp(1 - wanted / length), 1.0)
        result: Array = np.where(possible, 100 * brevity * np.exp(log / _ORDERS), 0.0)
    return result


METRIC = Metric(
    MetricInfo(
        "bleu",
        N_("Phrases in common"),
        N_("BLEU"),
        N_("Phrases of up to four words shared with the reference, 0 to 100, over all rows together (sacrebleu)."),
        "points",
    ),
    "text",
    _measure,
    named_only=True,
)
