"""nDCG@10 (Järvelin and Kekäläinen 2002) of a search for texts of the same kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric
from studio.metrics._vectors import by_neighbours

_RANKS = 10


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    return by_neighbours(answers, _ndcg)


def _ndcg(near: Array, relevant: Array) -> Array:
    count = min(_RANKS, near.shape[1])
    best = np.argpartition(-near, count - 1, axis=1)[:, :count]
    order = np.take_along_axis(best, np.argsort(-np.take_along_axis(near, best, 1), 1, kind="stable"), 1)
    worth = 1 / np.log2(np.arange(2, count + 2))
    gained = (np.take_along_axis(relevant, order, 1) * worth).sum(1)
    possible = np.concatenate([[0], worth.cumsum()])[np.minimum(relevant.sum(1), count)]
    result: Array = np.divide(gained, possible, out=np.zeros_like(gained), where=possible > 0)
    return result


METRIC = Metric(
    MetricInfo(
        "ndcg_at_10",
        N_("The right texts come first"),
        N_("nDCG@10"),
        N_(
            "Each row searches all others: how many of the 10 nearest have its expected answer, a place nearer the top "
            "counting more, as a share of the best possible order."
        ),
    ),
    "findings",
    _measure,
    rowwise=True,
)
