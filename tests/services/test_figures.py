"""Figures: how they are written, and when one leads."""

from __future__ import annotations

import pytest

from studio.domain.comparison import Candidate, CandidateResult, Measurement
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Output, Prediction, Timing
from studio.services.figures import FIGURES, figure, leader, leads, median_interval_s, megabytes, p95_s, seconds


def _result(measurement: Measurement, output: Output | None = None) -> CandidateResult:
    answer = Prediction(output or Labels((LabelScore("a", 1.0),)), Timing(0.1))
    return CandidateResult(Candidate("m", "int8"), answer, measurement)


@pytest.mark.parametrize(
    ("value", "text"), [(0.00312, "3.12 ms"), (0.9994, "999 ms"), (0.9996, "1 s"), (12.34, "12.3 s")]
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(74.4, "74 MB"), (9999.4, "9999 MB"), (12_340.0, "12.3 GB")])
def test_sizes(value: float, text: str) -> None:
    assert megabytes(value) == text


@pytest.mark.parametrize(
    ("values", "low_is_good", "index"),
    [
        ([1.0, 2.0, 3.0], True, 0),
        ([1.0, 2.0, 3.0], False, 2),
        ([1.0, 1.04, 3.0], True, None),
        ([1.0, None, 1.2], True, 0),
        ([1.0, None], True, None),
        ([None, None], True, None),
        ([0.0, 0.0], True, None),
    ],
)
def test_only_a_real_lead_counts(values: list[float | None], low_is_good: bool, index: int | None) -> None:
    assert leader(values, low_is_good) == index


def test_95_of_100_needs_enough_runs() -> None:
    assert p95_s(Measurement(latencies_s=tuple(float(n) for n in range(1, 20)))) is None
    assert p95_s(Measurement(latencies_s=tuple(float(n) for n in range(100, 0, -1)))) == 95.0
    assert p95_s(Measurement(latencies_s=tuple(float(n) for n in range(1, 21)))) == 19.0


def test_leads_of_each_candidate() -> None:
    quick = _result(Measurement(latency_s=1.0, peak_memory_mb=200.0))
    small = _result(Measurement(latency_s=2.0, peak_memory_mb=100.0))
    assert leads([quick, small, None]) == (frozenset({"latency_s"}), frozenset({"peak_memory_mb"}), frozenset())


def test_times_of_candidates_that_ran_at_once_are_not_compared() -> None:
    quick = _result(Measurement(latency_s=1.0, peak_memory_mb=200.0))
    small = _result(Measurement(latency_s=2.0, peak_memory_mb=100.0))
    assert leads([quick, small], at_once=True) == (frozenset(), frozenset({"peak_memory_mb"}))


def test_the_runs_must_tell_medians_apart() -> None:
    def ran(median_s: float, spread_s: float) -> CandidateResult:
        runs = tuple(median_s + spread_s * (number - 9.5) / 9.5 for number in range(20))
        return _result(Measurement(latency_s=median_s, latencies_s=runs))

    assert leads([ran(0.0094, 0.006), ran(0.0117, 0.008)]) == (frozenset(), frozenset())
    assert leads([ran(0.0094, 0.001), ran(0.0117, 0.001)]) == (frozenset({"latency_s"}), frozenset())


@pytest.mark.parametrize(("runs", "interval"), [(5, None), (6, (0.0, 5.0)), (20, (5.0, 14.0)), (5000, (468.0, 531.0))])
def test_interval_of_a_median(runs: int, interval: tuple[float, float] | None) -> None:
    assert median_interval_s([float(number) for number in range(runs)]) == interval


def test_half_an_answer_leads_in_nothing() -> None:
    half = _result(Measurement(latency_s=0.1), GeneratedText("half", (1,), 1, "cancelled"))
    whole = _result(Measurement(latency_s=2.0), GeneratedText("whole answer", (1, 2), 1, "stop"))
    assert leads([half, whole]) == (frozenset(), frozenset())


def test_figures_have_what_people_read() -> None:
    assert len({row.key for row in FIGURES}) == len(FIGURES)
    assert all(row.title and row.term and row.definition for row in FIGURES)
    with pytest.raises(KeyError):
        figure("nonsense")
