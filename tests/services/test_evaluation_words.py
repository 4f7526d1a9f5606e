"""Sentences and marks of an evaluation: only what is proven is called better."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.evaluation import CandidateScores, Evaluation, PairComparison
from studio.domain.metric import Estimate
from studio.services.evaluation_figures import SPEED, evaluation_figure, interval_text, joined
from studio.services.evaluation_standing import best
from studio.services.evaluation_words import further_words, pair_words, winner_words
from studio.services.projects import Projects
from tests.gui.evaluated import labels_evaluation


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    """Two models, 0.91 against 0.87, and nothing said of the difference yet."""
    with Projects(tmp_path).new() as session:
        info = labels_evaluation(session, 7)
    first, second = info.candidates[:2]
    scores = (
        CandidateScores(first.id, 400, 0, {"accuracy": Estimate(0.91, 0.88, 0.94, 400)}),
        CandidateScores(second.id, 400, 0, {"accuracy": Estimate(0.87, 0.84, 0.9, 400)}),
    )
    return Evaluation(replace(info, candidates=(first, second)), "accuracy", ("accuracy",), scores, ())


def _pair(evaluation: Evaluation, winner: int | None, further: int | None = None) -> PairComparison:
    a, b = (candidate.id for candidate in evaluation.info.candidates)
    return PairComparison(a, b, "accuracy", 0.04, 0.01, 0.07, 0.01, 0.01, "mcnemar-exact", 400, winner, further)


def test_a_proven_difference_in_a_sentence(evaluation: Evaluation) -> None:
    a, b = evaluation.info.candidates
    pair = _pair(evaluation, a.id)
    words = pair_words(evaluation, pair)
    assert words == (
        f"{a.title} is better than {b.title}: 91.0 % against 87.0 %, difference +4.0 points "
        "(95 % interval +1.0 to +7.0 points, 400 rows)."
    )
    proven = replace(evaluation, comparisons=(pair,))
    assert best(proven, "accuracy") == a.id
    assert winner_words(proven).startswith(f"{a.title} is better than the others")


def test_the_winner_stands_first_whichever_way_round_it_was_compared(evaluation: Evaluation) -> None:
    a, b = evaluation.info.candidates
    turned = PairComparison(b.id, a.id, "accuracy", -0.04, -0.07, -0.01, 0.01, 0.01, "mcnemar-exact", 400, a.id)
    assert pair_words(evaluation, turned) == pair_words(evaluation, _pair(evaluation, a.id))


def test_what_is_not_proven_is_not_called_better(evaluation: Evaluation) -> None:
    pair = _pair(evaluation, None, 1200)
    words = pair_words(evaluation, pair)
    assert "better" not in words
    assert "No clear winner" in words
    assert "1,200 more rows" in words
    unproven = replace(evaluation, comparisons=(pair,))
    assert best(unproven, "accuracy") is None
    a = evaluation.info.candidates[0]
    assert winner_words(unproven) == (
        f"No clear winner yet. About 1,200 more rows would tell whether {a.title} is the best."
    )
    assert winner_words(replace(evaluation, comparisons=(_pair(evaluation, None),))) == "No clear winner yet."
    assert further_words(_pair(evaluation, None)) == ""


def test_one_who_beat_only_some_is_not_the_best(evaluation: Evaluation, tmp_path: Path) -> None:
    with Projects(tmp_path / "other").new() as session:
        info = labels_evaluation(session, 7)
    a, b, c = (candidate.id for candidate in info.candidates)
    scores = tuple(CandidateScores(each, 9, 0, {"accuracy": Estimate(0.5, 0.2, 0.8, 9)}) for each in (a, b, c))

    def pair(one: int, two: int, winner: int | None) -> PairComparison:
        return PairComparison(one, two, "accuracy", 0.1, 0.0, 0.2, 0.1, 0.1, "mcnemar-exact", 9, winner)

    some = Evaluation(info, "accuracy", ("accuracy",), scores, (pair(a, b, a), pair(a, c, None), pair(b, c, None)))
    assert best(some, "accuracy") is None
    words = winner_words(some)
    assert "can't be told apart" in words
    assert info.candidates[0].title in words
    assert info.candidates[1].title not in words
    every = replace(some, comparisons=(pair(a, b, a), pair(a, c, a), pair(b, c, None)))
    assert best(every, "accuracy") == a


def test_speed_leads_where_intervals_lie_apart(evaluation: Evaluation) -> None:
    a, b = evaluation.info.candidates

    def timed(high: float) -> Evaluation:
        speeds = (Estimate(0.010, 0.009, high, 200), Estimate(0.020, 0.018, 0.022, 200))
        return replace(
            evaluation,
            scores=tuple(
                replace(scores, speed={"latency_p95_s": speed})
                for scores, speed in zip(evaluation.scores, speeds, strict=True)
            ),
        )

    assert best(timed(0.011), "latency_p95_s") == a.id
    assert best(timed(0.019), "latency_p95_s") is None
    assert b.id != a.id


def test_figures_are_written_with_their_unit() -> None:
    accuracy = evaluation_figure("accuracy")
    assert accuracy.text(0.9412) == "94.1 %"
    assert accuracy.difference(-0.02) == "−2.0 points"
    assert interval_text(accuracy, Estimate(0.9, 0.85, 0.95, 20)) == "85.0 to 95.0 %"
    assert interval_text(accuracy, Estimate(0.9, None, None, 20)) == ""
    assert joined("900 ms", "1.2 s") == "900 ms to 1.2 s"
    assert evaluation_figure("chrf").text(56.04) == "56.0"
    assert len({figure.key for figure in SPEED}) == len(SPEED)
