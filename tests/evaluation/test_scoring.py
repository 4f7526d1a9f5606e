"""From answers to an evaluation: figures against scikit-learn, intervals that cover, differences that are real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from studio.domain.dataset import ColumnMapping, Dataset, FileFormat
from studio.domain.evaluation import (
    EvaluatedCandidate,
    Evaluation,
    EvaluationInfo,
    EvaluationSettings,
    RunFacts,
    SliceKey,
)
from studio.evaluation.answered import Answered, Speeds
from studio.evaluation.scoring import Material, conclude, measure_candidate
from studio.metrics import metrics_for
from studio.tasks import find_task

Texts = Sequence[str | None]
LABELS = ("a", "b", "c")


def _score(
    references: Sequence[str],
    answers: Mapping[str, Texts],
    task: str = "text-classification",
    groups: Mapping[str, Sequence[str]] | None = None,
    only: Sequence[str] = (),
    **more: Any,
) -> Evaluation:
    """Evaluate answers by candidate; a row that a candidate did not come to yet is ``"…"``."""
    kind, n = find_task(task), len(references)
    mapping = ColumnMapping({"text": "text"}, "label", tuple(groups or ()))
    data = Dataset(1, task, "d", "d.csv", FileFormat("csv"), ("text", "label"), n, 0, "f", datetime.now(UTC), mapping)
    candidates = tuple(
        EvaluatedCandidate(number, name, name, more.get("kind", "model"), done=n, status="finished", facts=facts)
        for number, (name, facts) in enumerate(
            ((name, more.get("facts", {}).get(name, RunFacts())) for name in answers), start=1
        )
    )
    settings = EvaluationSettings(mapping, more.get("label_map", {}))
    info = EvaluationInfo(1, task, data, "", datetime.now(UTC), settings, n, "finished", candidates)
    metrics = [metric for metric in metrics_for(kind) if not only or metric.info.id in only]
    material = Material(info, references, groups or {}, metrics, {}, len(kind.metrics))
    measured = []
    for candidate, texts in zip(candidates, answers.values(), strict=True):
        there = [place for place, text in enumerate(texts) if text != "…"]
        kept = [texts[place] for place in there]
        measured.append(measure_candidate(material, Answered(candidate, np.array(there), kept, None, (), Speeds())))
    return conclude(material, measured, {})


def _noisy(references: Sequence[str], share: float, seed: int) -> list[str]:
    chance = np.random.default_rng(seed)
    return [
        text if chance.random() < share else LABELS[(LABELS.index(text) + 1 + chance.integers(2)) % 3]
        for text in references
    ]


def _references(n: int, seed: int = 0, weights: Sequence[float] = (0.6, 0.3, 0.1)) -> list[str]:
    return [LABELS[place] for place in np.random.default_rng(seed).choice(3, n, p=weights)]


def test_figures_and_groups_agree_with_scikit_learn() -> None:
    references = _references(300)
    first: list[str | None] = list(_noisy(references, 0.8, 1))
    first[7] = None
    group = ["new" if place % 3 else "old" for place in range(300)]
    scores = _score(references, {"one": first}, groups={"customer": group}).scores[0]
    said = [text or "" for text in first]
    assert scores.errors == 1
    assert scores.metrics["accuracy"].value == pytest.approx(accuracy_score(references, said))
    wanted = f1_score(references, said, labels=LABELS, average="macro")
    assert scores.metrics["macro_f1"].value == pytest.approx(wanted)
    old = [place for place in range(300) if group[place] == "old"]
    found = scores.slices[SliceKey("customer", "old")]["macro_f1"]
    assert found.n == len(old)
    in_old = f1_score([references[p] for p in old], [said[p] for p in old], labels=LABELS, average="macro")
    assert found.value == pytest.approx(in_old)
    assert found.low is not None
    assert found.low < found.value


@pytest.mark.parametrize("metric", ["macro_f1", "balanced_accuracy", "weighted_f1", "mcc", "macro_precision"])
def test_twenty_right_rows_are_no_certainty(metric: str) -> None:
    """The bootstrap of rows that are all right knows nothing else; a criterion of 95 % must not be met by it."""
    references = ["a", "b"] * 10
    estimate = _score(references, {"one": references}).scores[0].metrics[metric]
    assert estimate.value == 1.0
    assert estimate.low is not None
    assert estimate.low < 0.85


def test_intervals_cover_where_most_rows_are_right() -> None:
    """Macro-F1 of 95 %: at most one interval in twenty may lie beside it, and GO by its lower bound stays honest."""
    truth_rows = _references(200_000, 5)
    truth = f1_score(truth_rows, _noisy(truth_rows, 0.95, 6), average="macro")
    beside = above = 0
    rounds = 120
    for seed in range(rounds):
        references = _references(60, 100 + seed)
        answers = {"one": _noisy(references, 0.95, 1000 + seed)}
        estimate = _score(references, answers, only=("macro_f1",)).scores[0].metrics["macro_f1"]
        assert estimate.low is not None
        assert estimate.high is not None
        beside += not estimate.low <= truth <= estimate.high
        above += estimate.low > truth
    assert beside / rounds <= 0.1
    assert above / rounds <= 0.05


def test_five_rows_are_no_proof_and_thirty_are() -> None:
    references = ["a", "b"] * 30

    def winner(wrong: int) -> set[int | None]:
        worse = [("b" if text == "a" else "a") if place < wrong else text for place, text in enumerate(references)]
        found = _score(references, {"one": references, "other": worse}).comparisons
        return {pair.winner for pair in found if pair.metric in ("accuracy", "macro_f1", "mcc", "balanced_accuracy")}

    assert winner(5) == {None}
    assert winner(30) == {1}


def test_same_answers_are_a_draw() -> None:
    references = _references(50)
    answers = _noisy(references, 0.7, 3)
    for pair in _score(references, {"one": answers, "other": list(answers)}).comparisons:
        assert (pair.difference, pair.winner, pair.p_adjusted) == (0.0, None, 1.0)


def test_the_best_of_nine_can_be_proven() -> None:
    """36 pairs: the smallest p-value of the bootstrap, times 36, must still be below 5 %."""
    references = _references(400)
    answers: dict[str, Texts] = {"good": references}
    answers |= {f"poor {seed}": _noisy(references, 0.5, seed) for seed in range(8)}
    found = _score(references, answers, only=("accuracy", "macro_f1")).comparisons
    won = [pair for pair in found if pair.metric == "macro_f1" and pair.winner == 1]
    assert len(won) == 8


def test_only_rows_that_both_have_are_compared() -> None:
    references = _references(90)
    first: list[str | None] = list(_noisy(references, 0.9, 1))
    second: list[str | None] = list(_noisy(references, 0.6, 2))
    first[60:] = ["…"] * 30
    found = _score(references, {"one": first, "other": second})
    assert [scores.n for scores in found.scores] == [60, 90]
    assert {pair.n for pair in found.comparisons} == {60}
    macro = next(pair for pair in found.comparisons if pair.metric == "macro_f1")
    wanted = [f1_score(references[:60], texts[:60], average="macro") for texts in (first, second)]
    assert macro.difference == pytest.approx(wanted[0] - wanted[1])


def test_texts_that_are_no_labels_are_not_taken_for_some() -> None:
    references = [f"a sentence of its own, number {place}" for place in range(2_500)]
    found = _score(references, {"one": references})
    assert set(found.metrics) == {"accuracy"}


def test_a_fast_and_a_good_one_are_both_on_the_front() -> None:
    references = _references(100)
    facts = {
        "good": RunFacts(latencies_s=(0.2,) * 30, peak_memory_mb=200.0),
        "fast": RunFacts(latencies_s=(0.1,) * 30, peak_memory_mb=100.0),
        "neither": RunFacts(latencies_s=(0.3,) * 30, peak_memory_mb=300.0),
    }
    answers = {"good": references, "fast": _noisy(references, 0.7, 1), "neither": _noisy(references, 0.6, 2)}
    found = _score(references, answers, facts=facts)
    assert found.pareto == (1, 2)
    times = {(pair.a, pair.b): pair.winner for pair in found.comparisons if pair.metric == "latency_p95_s"}
    assert times == {(1, 2): 2, (1, 3): 1, (2, 3): 2}


def test_translations_have_intervals_and_groups() -> None:
    references = [f"the train to platform {place} leaves at nine" for place in range(40)]
    worse = [text.replace("leaves", "goes").replace("the", "a") for text in references]
    found = _score(references, {"good": references, "worse": worse}, "translation", only=("chrf", "bleu", "ter"))
    good, other = (scores.metrics for scores in found.scores)
    assert good["bleu"].value == pytest.approx(100)
    assert good["bleu"].low is not None
    assert good["bleu"].low < 95
    assert other["ter"].value > 0
    assert {pair.winner for pair in found.comparisons if pair.metric in ("chrf", "bleu", "ter")} == {1}
