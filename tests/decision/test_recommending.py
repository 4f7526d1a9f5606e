"""Which candidate to take, who is dominated, and how stable the order is."""

from __future__ import annotations

import pytest

from studio.decision.recommending import DEFAULT_WEIGHTS, Place, recommend
from studio.domain.decision import CandidateVerdict, Criterion, CriterionState, CriterionVerdict, Overall
from studio.domain.metric import Estimate


def _place(number: int, quality: float, latency: float, memory: float, spread: float = 0.0) -> Place:
    axes = {
        "quality": Estimate(quality, quality - spread, quality + spread, 100),
        "latency": Estimate(latency, latency, latency, 100),
        "memory": Estimate(memory, None, None, 1),
    }
    return Place(number, f"M{number}", axes)


def _verdict(number: int, overall: Overall, further: int | None = None) -> CandidateVerdict:
    return CandidateVerdict(number, overall, (), "why", further)


def test_only_who_is_go_is_recommended() -> None:
    places = [_place(1, 0.95, 1.0, 900), _place(2, 0.90, 0.1, 100)]
    found = recommend(places, [_verdict(1, "NO-GO"), _verdict(2, "GO")], {"quality": 1.0})
    assert found.candidate == 2
    assert found.standings[0].candidate == 1
    assert "M1" in found.sentence
    nobody = recommend(places, [_verdict(1, "NO-GO"), _verdict(2, "NO-GO")], DEFAULT_WEIGHTS)
    assert nobody.candidate is None


def test_fewest_open_musts_are_nearest_before_fewest_rows() -> None:
    def verdict(number: int, further: int | None, *states: CriterionState) -> CandidateVerdict:
        judged = tuple(
            CriterionVerdict(Criterion(str(i), "accuracy", "at least", 0.9), state, None, "")
            for i, state in enumerate(states)
        )
        return CandidateVerdict(number, "NOT PROVEN", judged, "why", further)

    places = [_place(1, 0.95, 1.0, 900), _place(2, 0.90, 0.1, 100)]
    verdicts = [verdict(1, 30, "not proven", "not proven"), verdict(2, None, "met", "not proven")]
    assert "M2" in recommend(places, verdicts, DEFAULT_WEIGHTS).sentence
    nearest = recommend(places, [verdict(1, 900, "not proven"), verdict(2, 30, "not proven")], DEFAULT_WEIGHTS)
    assert nearest.candidate is None
    assert "M2 is nearest" in nearest.sentence


def test_where_nothing_is_asked_nobody_is_nearest_to_it() -> None:
    places = [_place(1, 0.90, 1.0, 900), _place(2, 0.95, 0.1, 100)]
    found = recommend(places, [_verdict(1, "NOT PROVEN"), _verdict(2, "NOT PROVEN")], DEFAULT_WEIGHTS)
    assert found.candidate is None
    assert found.sentence == "why By your weights, M2 comes first."


def test_who_is_dominated_is_named() -> None:
    places = [_place(1, 0.95, 0.5, 100), _place(2, 0.90, 0.6, 200), _place(3, 0.80, 0.1, 50)]
    by_candidate = {each.candidate: each for each in recommend(places, [], DEFAULT_WEIGHTS).standings}
    assert by_candidate[2].dominated_by == 1
    assert by_candidate[1].dominated_by is None
    assert by_candidate[3].dominated_by is None


def test_weights_move_the_order_and_are_brought_to_one() -> None:
    places = [_place(1, 0.95, 1.0, 900), _place(2, 0.90, 0.1, 100)]
    assert recommend(places, [], {"quality": 9, "latency": 1}).standings[0].candidate == 1
    found = recommend(places, [], {"quality": 1, "latency": 9, "memory": 0})
    assert found.standings[0].candidate == 2
    assert sum(found.weights.values()) == pytest.approx(1)
    assert sum(recommend(places, [], {}).weights.values()) == pytest.approx(1)


def test_stability_tells_a_clear_case_from_a_close_one() -> None:
    clear = recommend([_place(1, 0.95, 0.1, 100), _place(2, 0.5, 1.0, 900)], [], DEFAULT_WEIGHTS)
    assert clear.standings[0].first_share == 1.0
    close = recommend([_place(1, 0.91, 0.5, 100, 0.05), _place(2, 0.90, 0.5, 100, 0.05)], [], DEFAULT_WEIGHTS)
    assert 0.4 < close.standings[0].first_share < 0.8
    assert sum(each.first_share for each in close.standings) == pytest.approx(1)
    again = recommend([_place(1, 0.91, 0.5, 100, 0.05), _place(2, 0.90, 0.5, 100, 0.05)], [], DEFAULT_WEIGHTS)
    assert again == close


def test_nothing_and_one() -> None:
    assert recommend([], [], DEFAULT_WEIGHTS).candidate is None
    assert recommend([_place(1, 0.9, 0.1, 10)], [_verdict(1, "GO")], DEFAULT_WEIGHTS).candidate == 1
