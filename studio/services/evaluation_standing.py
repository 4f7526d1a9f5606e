"""Who is best at what, where the data proves it."""

from __future__ import annotations

from studio.domain.evaluation import Evaluation
from studio.services.evaluation_figures import evaluation_figure
from studio.services.figures import leader

#: Figures that are measured once for a candidate, so that there is nothing to test: a clear lead is enough.
_ONCE = ("peak_memory_mb", "load_s", "rows_per_s", "energy_wh_per_1000")


def best(evaluation: Evaluation, key: str) -> int | None:
    """Id of the candidate that is better than every other one in a metric or a figure of speed; None: not proven.

    Quality and latency need a test against each of the others that it wins. Where a percentile was not tested itself,
    its interval must lie apart from all others'.
    """
    known = {
        scores.candidate: estimate
        for scores in evaluation.scores
        if (estimate := {**scores.metrics, **scores.speed}.get(key)) is not None
    }
    if len(known) < 2:
        return None
    figure = evaluation_figure(key)
    if key in _ONCE:
        place = leader([estimate.value for estimate in known.values()], not figure.high_is_good)
        return None if place is None else list(known)[place]
    for candidate, estimate in known.items():
        wins = {
            other
            for pair in evaluation.comparisons
            if pair.metric == key and pair.winner == candidate
            for other in (pair.a, pair.b)
        }
        others = set(known) - {candidate}
        if others <= wins:
            return candidate
        tested = any(pair.metric == key for pair in evaluation.comparisons)
        if not tested and not figure.quality and estimate.low is not None and estimate.high is not None:
            bounds = [(known[other].low, known[other].high) for other in others]
            if figure.high_is_good and all(high is not None and high < estimate.low for _low, high in bounds):
                return candidate
            if not figure.high_is_good and all(low is not None and low > estimate.high for low, _high in bounds):
                return candidate
    return None
