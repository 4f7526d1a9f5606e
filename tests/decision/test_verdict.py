"""Verdicts at their boundaries, and by simulation: with a true value just short of a must, GO is rare."""

from __future__ import annotations

import numpy as np
import pytest

from studio.decision.questions import questions_for
from studio.decision.suggestions import TEMPLATES, suggested_criteria, templates_for
from studio.decision.verdict import CRITICAL_ROWS, Evidence, Figure, decide_candidate, judge
from studio.domain.decision import Criterion, Direction, Overall
from studio.domain.evaluation import SliceKey
from studio.domain.metric import Estimate
from studio.statistics.bootstrap import additive
from studio.statistics.percentiles import percentile, percentile_interval
from studio.statistics.proportions import wilson
from studio.tasks import all_tasks

_MUST = Criterion("c", "accuracy", "at least", 0.9)


def _describe(key: str) -> Figure:
    return Figure(key, lambda value: f"{value:.3f}")


def _estimate(value: float, low: float | None, high: float | None, n: int = 100) -> Estimate:
    """With an interval that is given: how it was found does not matter here."""
    return Estimate(value, low, high, n, "bootstrap")


def _judged(criterion: Criterion, estimate: Estimate | None) -> str:
    known = {} if estimate is None else {criterion.metric: estimate}
    return judge(criterion, Evidence(1, known), _describe).state


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (0.91, 0.95, "met"),
        (0.90, 0.95, "met"),
        (0.899, 0.95, "not proven"),
        (0.8, 0.9, "not proven"),
        (0.8, 0.89, "missed"),
    ],
)
def test_at_least(low: float, high: float, state: str) -> None:
    assert _judged(_MUST, _estimate(0.9, low, high)) == state


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(0.1, 0.2, "met"), (0.1, 0.21, "not proven"), (0.2, 0.3, "not proven"), (0.21, 0.3, "missed")],
)
def test_at_most(low: float, high: float, state: str) -> None:
    assert _judged(Criterion("c", "latency_p95_s", "at most", 0.2), _estimate(0.2, low, high)) == state


def test_what_is_not_known_is_not_proven() -> None:
    assert _judged(_MUST, None) == "not proven"
    assert _judged(_MUST, _estimate(0.99, None, None)) == "not proven"
    assert _judged(_MUST, _estimate(float("nan"), None, None)) == "not proven"


def test_too_few_rows_are_not_proven_whatever_they_say() -> None:
    criterion = Criterion("c", "accuracy", "at least", 0.5, minimum_rows=200)
    found = judge(criterion, Evidence(1, {"accuracy": _estimate(1, 0.96, 1)}), _describe)
    assert (found.state, found.further_rows) == ("not proven", 100)
    assert "200" in found.sentence


def test_a_figure_that_is_measured_once_is_judged_by_itself() -> None:
    criterion = Criterion("c", "peak_memory_mb", "at most", 500)
    assert _judged(criterion, Estimate(499, None, None, 1)) == "met"
    assert _judged(criterion, Estimate(501, None, None, 1)) == "missed"


def test_one_wrong_starred_row_is_a_miss() -> None:
    criterion = Criterion("c", CRITICAL_ROWS, "at least", 1.0)
    assert _judged(criterion, Estimate(1.0, None, None, 3)) == "met"
    assert _judged(criterion, Estimate(2 / 3, None, None, 3)) == "missed"


def test_a_group_is_judged_by_its_own_rows() -> None:
    key = SliceKey("customer", "vip")
    criterion = Criterion("c", "accuracy", "at least", 0.9, slice=key)
    evidence = Evidence(1, {"accuracy": _estimate(0.99, 0.97, 1)}, {key: {"accuracy": _estimate(0.5, 0.3, 0.7)}})
    found = decide_candidate([criterion], evidence, _describe)
    assert found.overall == "NO-GO"
    assert "vip" in found.sentence


def _overall(*states: tuple[str, str]) -> Overall:
    bounds = {"met": (0.92, 0.95), "missed": (0.7, 0.8), "open": (0.85, 0.95)}
    criteria = [Criterion(str(i), f"m{i}", "at least", 0.9, weight) for i, (weight, _s) in enumerate(states)]  # type: ignore[arg-type]
    known = {f"m{i}": _estimate(0.9, *bounds[state]) for i, (_w, state) in enumerate(states)}
    return decide_candidate(criteria, Evidence(1, known), _describe).overall


def test_the_whole() -> None:
    assert _overall(("must", "met"), ("must", "met")) == "GO"
    assert _overall(("must", "met"), ("must", "missed")) == "NO-GO"
    assert _overall(("must", "open"), ("must", "missed")) == "NO-GO"
    assert _overall(("must", "met"), ("must", "open")) == "NOT PROVEN"
    assert _overall(("must", "met"), ("should", "missed")) == "GO"
    assert _overall(("should", "met")) == "NOT PROVEN"
    assert _overall() == "NOT PROVEN"


def test_a_missed_should_and_changed_criteria_are_risks() -> None:
    should = Criterion("s", "accuracy", "at least", 0.9, "should")
    evidence = Evidence(1, {"accuracy": _estimate(0.5, 0.4, 0.6)}, risks=("licence",))
    found = decide_candidate([should], evidence, _describe, True)
    assert len(found.risks) == 3


def test_what_would_settle_it() -> None:
    n = 100
    found = judge(_MUST, Evidence(1, {"accuracy": Estimate(0.93, *wilson(93, n), n, "wilson")}), _describe)
    assert found.state == "not proven"
    assert found.further_rows is not None
    rows = n + found.further_rows
    assert wilson(0.93 * rows, rows)[0] >= 0.9
    whole = decide_candidate([_MUST], Evidence(1, {"accuracy": Estimate(0.93, *wilson(93, n), n, "wilson")}), _describe)
    assert whole.further_rows == found.further_rows
    assert f"{found.further_rows:,}" in whole.sentence


@pytest.mark.parametrize(("threshold", "n"), [(0.9, 60), (0.9, 300), (0.8, 100), (0.97, 400), (0.99, 500)])
def test_go_is_rarely_said_wrongly_of_a_share(threshold: float, n: int) -> None:
    hits = np.random.default_rng(11).binomial(n, threshold - 0.001, 4000)
    criterion = Criterion("c", "accuracy", "at least", threshold)
    states = {int(k): _judged(criterion, Estimate(k / n, *wilson(k, n), n, "wilson")) for k in np.unique(hits)}
    assert np.mean([states[int(k)] == "met" for k in hits]) <= 0.05


@pytest.mark.parametrize("direction", ["at least", "at most"])
def test_go_is_rarely_said_wrongly_of_few_rows(direction: Direction) -> None:
    """Computed, not drawn: Wilson's bound alone is wrong in up to a fifth of these cases."""
    from scipy.stats import binom

    for n in (1, 3, 8, 20, 60):
        for threshold in (0.05, 0.2, 0.5, 0.8, 0.95):
            criterion = Criterion("c", "accuracy", direction, threshold)
            met = [k for k in range(n + 1) if _judged(criterion, Estimate(k / n, *wilson(k, n), n, "wilson")) == "met"]
            assert binom.pmf(met, n, threshold).sum() <= 0.0251 if met else True


def test_what_is_shown_is_what_was_judged() -> None:
    criterion = Criterion("c", "accuracy", "at least", 0.2)
    found = judge(criterion, Evidence(1, {"accuracy": Estimate(1.0, *wilson(1, 1), 1, "wilson")}), _describe)
    assert found.state == "not proven"
    assert found.estimate is not None
    assert found.estimate.low is not None
    assert found.estimate.low < 0.2
    assert found.further_rows is not None


def test_a_percentile_of_too_few_values_says_how_many_it_takes() -> None:
    criterion = Criterion("c", "latency_p95_s", "at most", 0.5)
    found = judge(criterion, Evidence(1, {"latency_p95_s": Estimate(0.1, None, None, 40)}), _describe)
    assert found.further_rows is not None
    n = 40 + found.further_rows
    assert percentile_interval([0.1] * n, 95) is not None
    assert percentile_interval([0.1] * (n - 1), 95) is None


def test_an_evaluation_that_is_not_whole_is_no_go() -> None:
    known = {"accuracy": _estimate(0.95, 0.93, 0.97)}
    assert decide_candidate([_MUST], Evidence(1, known), _describe).overall == "GO"
    found = decide_candidate([_MUST], Evidence(1, known, whole=False), _describe)
    assert found.overall == "NOT PROVEN"
    assert "not all rows" in found.sentence


def test_a_must_about_starred_rows_says_how_to_star_them() -> None:
    found = judge(Criterion("c", CRITICAL_ROWS, "at least", 1.0), Evidence(1, {}), _describe)
    assert found.state == "not proven"
    assert "star rows" in found.sentence


def test_go_is_rarely_said_wrongly_of_a_latency() -> None:
    chance = np.random.default_rng(12)
    truth = float(np.exp(1.6448536 * 0.5))
    criterion = Criterion("c", "latency_p95_s", "at most", truth * 0.999)
    wrong = 0
    for _trial in range(600):
        times = np.exp(0.5 * chance.standard_normal(150)).tolist()
        bounds = percentile_interval(times, 95)
        value = percentile(times, 95)
        assert bounds is not None
        assert value is not None
        wrong += _judged(criterion, Estimate(value, *bounds, 150, "order-statistics")) == "met"
    assert wrong / 600 <= 0.05


def test_go_is_rarely_said_wrongly_of_a_bootstrapped_mean() -> None:
    chance = np.random.default_rng(13)
    criterion = Criterion("c", "token_f1", "at least", 0.6)
    wrong = 0
    for _trial in range(300):
        values = chance.beta(3, 2, 120) * 0.999
        table = np.stack([values, np.ones(120)], 1)
        interval = additive(table, lambda s: s[..., 0] / s[..., 1], 1, 400).interval()
        assert interval is not None
        wrong += _judged(criterion, Estimate(float(values.mean()), *interval, 120, "bootstrap")) == "met"
    assert wrong / 300 <= 0.05


def test_every_use_case_has_questions_and_criteria() -> None:
    for task in [*(task.id for task in all_tasks()), "a task to come"]:
        questions = questions_for(task)
        assert sum(question.kind == "check" for question in questions) >= 10
        assert len({question.id for question in questions}) == len(questions)
        assert suggested_criteria(task)
    ids = {question.id for question in questions_for("chat")}
    for template in TEMPLATES:
        assert set(template.answers) <= ids
        assert template in templates_for(template.task)
