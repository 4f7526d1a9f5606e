"""Top-5 accuracy is scikit-learn's, and says nothing where it could not be wrong."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import top_k_accuracy_score

from studio.metrics import find_metric
from studio.metrics._metric import Answers, Parts

NAMES = tuple("abcdefgh")


def value(answers: Answers) -> float:
    measured = find_metric("top5_accuracy").measure(answers, {})
    assert isinstance(measured, Parts)
    assert measured.share
    return float(measured.value(measured.table.sum(0)))


def answers(references: list[str], scores: np.ndarray, names: tuple[str, ...] = NAMES) -> Answers:
    return Answers(references, [names[int(np.argmax(row))] for row in np.nan_to_num(scores)], names, scores)


def test_it_is_what_scikit_learn_computes() -> None:
    chance = np.random.default_rng(3)
    scores = chance.dirichlet(np.ones(8), 200)
    references = [NAMES[number] for number in chance.integers(0, 8, 200)]
    expected = top_k_accuracy_score(references, scores, k=5, labels=list(NAMES))
    assert value(answers(references, scores)) == pytest.approx(expected)
    assert 0.4 < expected < 0.8


def test_rows_without_scores_and_labels_nobody_knows_count_as_wrong() -> None:
    scores = np.tile(np.linspace(0.3, 0.05, 8), (4, 1))
    scores[1] = np.nan
    assert value(answers(["a", "a", "unknown", "h"], scores)) == 0.25


def test_with_five_labels_or_without_scores_there_is_no_figure() -> None:
    metric = find_metric("top5_accuracy")
    five = answers(["a"], np.array([[0.2] * 5]), NAMES[:5])
    assert metric.measure(five, {}) is None
    assert metric.measure(Answers(["a"], ["a"]), {}) is None
