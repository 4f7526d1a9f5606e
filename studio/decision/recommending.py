"""Which candidate to take: the Pareto front, the user's weights, and how stable the order is when they move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from studio.domain.decision import CandidateVerdict, CriterionVerdict, Recommendation, Standing
from studio.domain.i18n import _
from studio.domain.metric import Estimate

#: Axes in their order; on all but quality less is better.
AXES = ("quality", "latency", "memory", "cost")
DEFAULT_WEIGHTS: Mapping[str, float] = {"quality": 0.5, "latency": 0.2, "memory": 0.1, "cost": 0.2}
#: Each weight is halved, kept and doubled in turn.
_FACTORS = (0.5, 1.0, 2.0)
#: Times that figures are drawn from their intervals.
_DRAWS = 64
_HALF_95 = 1.96


@dataclass(frozen=True)
class Place:
    """Where a candidate stands on each axis.

    Attributes:
        candidate: Its id.
        title: What a person calls it.
        axes: Figures by axis; one that was not measured is left out.
        quality_high_is_good: Whether more of the headline metric is better.
    """

    candidate: int
    title: str
    axes: Mapping[str, Estimate]
    quality_high_is_good: bool = True

    def goodness(self, axis: str) -> float | None:
        """The figure turned so that more is better; None where it was not measured."""
        estimate = self.axes.get(axis)
        if estimate is None:
            return None
        return estimate.value if axis == "quality" and self.quality_high_is_good else -estimate.value


def recommend(
    places: Sequence[Place], verdicts: Sequence[CandidateVerdict], weights: Mapping[str, float], seed: int = 0
) -> Recommendation:
    """Order all candidates, and recommend the best of those that are GO.

    Args:
        places: Where candidates stand.
        verdicts: How they stand to the criteria.
        weights: By axis, any size; they are brought to a sum of 1.
        seed: Of the draws.
    """
    axes = [axis for axis in AXES if any(axis in place.axes for place in places)]
    chosen = _normal({axis: max(0.0, float(weights.get(axis, 0.0))) for axis in axes})
    values = np.array([[_or_nan(place.goodness(axis)) for axis in axes] for place in places], float)
    values = values.reshape(len(places), len(axes))
    scores = _scores(values, np.array([chosen[axis] for axis in axes]))
    shares = _first_shares(places, axes, values, chosen, seed)
    standings = [
        Standing(
            place.candidate,
            {axis: place.axes[axis].value for axis in axes if axis in place.axes},
            _dominated_by(number, places, axes),
            float(scores[number]),
            float(shares[number]),
        )
        for number, place in enumerate(places)
    ]
    standings.sort(key=lambda each: (-each.score, each.candidate))
    return _conclude(standings, {place.candidate: place for place in places}, verdicts, chosen)


def _conclude(
    standings: Sequence[Standing],
    places: Mapping[int, Place],
    verdicts: Sequence[CandidateVerdict],
    weights: Mapping[str, float],
) -> Recommendation:
    by_candidate = {verdict.candidate: verdict for verdict in verdicts}
    good = [
        each for each in standings if each.candidate in by_candidate and by_candidate[each.candidate].overall == "GO"
    ]
    if good:
        best = good[0]
        share = round(100 * best.first_share)
        words = _("{name} meets every must and comes first by your weights.").format(name=places[best.candidate].title)
        if best.candidate == standings[0].candidate:
            more = _("It stays first in {share} % of the cases when the weights and figures move.").format(share=share)
        else:
            more = _("{name} scores higher, but does not meet every must.").format(
                name=places[standings[0].candidate].title
            )
        return Recommendation(best.candidate, f"{words} {more}", tuple(standings), weights)
    open_ones = [v for v in verdicts if v.overall == "NOT PROVEN" and v.candidate in places]
    if open_ones:
        order = [each.candidate for each in standings]
        nearest = min(open_ones, key=lambda each: (*_distance(each), order.index(each.candidate)))
        if not any(_musts(each) for each in verdicts):
            # Nobody is nearer to what is asked where nothing is asked.
            first = _("By your weights, {name} comes first.").format(name=places[order[0]].title)
            return Recommendation(None, f"{nearest.sentence} {first}", tuple(standings), weights)
        words = _("Nothing is proven good enough yet. {name} is nearest: {why}").format(
            name=places[nearest.candidate].title, why=nearest.sentence
        )
        return Recommendation(None, words, tuple(standings), weights)
    if verdicts:
        return Recommendation(None, _("No candidate is good enough: each misses a must."), tuple(standings), weights)
    return Recommendation(None, _("Nothing was evaluated yet."), tuple(standings), weights)


def _distance(verdict: CandidateVerdict) -> tuple[int, bool, int]:
    """How far from GO: open musts first, then the rows that would settle them."""
    missing = [each for each in _musts(verdict) if each.state != "met"]
    return len(missing), verdict.further_rows is None, verdict.further_rows or 0


def _musts(verdict: CandidateVerdict) -> list[CriterionVerdict]:
    return [each for each in verdict.criteria if each.criterion.weight == "must"]


def _dominated_by(number: int, places: Sequence[Place], axes: Sequence[str]) -> int | None:
    """Who is at least as good on every axis that both have, and better on one."""
    mine = places[number]
    for other in places:
        if other.candidate == mine.candidate:
            continue
        pairs = [
            (a, b)
            for axis in axes
            if (a := mine.goodness(axis)) is not None and (b := other.goodness(axis)) is not None
        ]
        if len(pairs) > 1 and all(b >= a for a, b in pairs) and any(b > a for a, b in pairs):
            return other.candidate
    return None


def _first_shares(
    places: Sequence[Place], axes: Sequence[str], values: np.ndarray, weights: Mapping[str, float], seed: int
) -> np.ndarray:
    """In what share of the weightings around the chosen one, and of draws from the intervals, each comes first."""
    if not places or not axes:
        return np.zeros(len(places))
    chance = np.random.default_rng(seed)
    spread = np.zeros(values.shape)
    for row, place in enumerate(places):
        for column, axis in enumerate(axes):
            estimate = place.axes.get(axis)
            if estimate is not None and estimate.low is not None and estimate.high is not None:
                spread[row, column] = (estimate.high - estimate.low) / 2 / _HALF_95
    first = np.zeros(len(places))
    grid = [
        np.array(list(_normal({a: weights[a] * f for a, f in zip(axes, factors, strict=True)}).values()))
        for factors in product(_FACTORS, repeat=len(axes))
    ]
    for draw in range(_DRAWS):
        drawn = values if draw == 0 else values + spread * chance.standard_normal(values.shape)
        for weighting in grid:
            first[int(np.argmax(_scores(drawn, weighting)))] += 1
    shares: np.ndarray = first / first.sum()
    return shares


def _scores(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sum of the axes, each from 0 (worst) to 1 (best); what was not measured counts as the worst."""
    if not values.size:
        return np.zeros(len(values))
    low = np.nanmin(np.where(np.isnan(values).all(0), 0.0, values), axis=0)
    high = np.nanmax(np.where(np.isnan(values).all(0), 0.0, values), axis=0)
    width = high - low
    scaled = np.where(width > 0, (values - low) / np.where(width > 0, width, 1), 1.0)
    scores: np.ndarray = np.nan_to_num(scaled, nan=0.0) @ weights
    return scores


def _normal(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    if total <= 0:
        return {axis: 1 / len(weights) for axis in weights} if weights else {}
    return {axis: weight / total for axis, weight in weights.items()}


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
