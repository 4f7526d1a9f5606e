"""What embeddings are judged by, against scikit-learn and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from studio.domain.prediction import Findings
from studio.metrics import find_metric
from studio.metrics._metric import Answers, Parts, Recomputed
from studio.metrics._vectors import by_neighbours, first_rank, groups_of
from studio.metrics.ari import adjusted_rand
from studio.metrics.nmi import mutual_information


def _answers(rows: int = 120, kinds: int = 6, noise: float = 0.6, missing: int = 0) -> Answers:
    chance = np.random.default_rng(5)
    centres = chance.normal(size=(kinds, 12))
    labels = chance.integers(kinds, size=rows)
    vectors = centres[labels] + chance.normal(size=(rows, 12)) * noise * 2
    outputs = [Findings(tuple(vector.astype(np.float32).tolist())) for vector in vectors]
    given = [None if place < missing else output for place, output in enumerate(outputs)]
    return Answers([f"topic {label}" for label in labels], [""] * rows, outputs=given)


def _vectors(answers: Answers) -> np.ndarray:
    found = np.array([output.vector for output in answers.outputs if isinstance(output, Findings)])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _rows(metric: str, answers: Answers) -> np.ndarray:
    measured = find_metric(metric).measure(answers, {})
    assert isinstance(measured, Parts)
    return np.where(measured.table[:, 1] > 0, measured.table[:, 0], np.nan)


def test_ndcg_is_scikit_learns() -> None:
    answers = _answers()
    vectors, labels = _vectors(answers), np.array(answers.references)
    near = vectors @ vectors.T
    expected = []
    for row in range(len(labels)):
        others = np.arange(len(labels)) != row
        expected.append(sk.ndcg_score([(labels == labels[row])[others]], [near[row][others]], k=10))
    assert _rows("ndcg_at_10", answers) == pytest.approx(np.array(expected), abs=1e-6)
    assert 0.3 < np.mean(expected) < 0.95


def test_ranks_are_those_of_a_plain_loop() -> None:
    answers = _answers(60)
    vectors, labels = _vectors(answers), answers.references
    expected = []
    for row, label in enumerate(labels):
        order = sorted((r for r in range(60) if r != row), key=lambda r: -vectors[row] @ vectors[r])
        expected.append(next(rank for rank, other in enumerate(order, 1) if labels[other] == label))
    found = by_neighbours(answers, first_rank)
    assert isinstance(found, Parts)
    assert found.table[:, 0].tolist() == expected
    assert max(expected) > 1


def test_a_row_without_a_vector_counts_as_nothing_found_and_one_of_its_own_does_not_count() -> None:
    whole = _answers(missing=7)
    answers = Answers([*whole.references, "alone"], [""] * 121, outputs=[*whole.outputs, whole.outputs[-1]])
    values = _rows("ndcg_at_10", answers)
    assert (values[:7] == 0).all() and np.isnan(values[-1])
    assert find_metric("ndcg_at_10").measure(Answers(["a", "b"], ["x", None], outputs=[None, None]), {}) is None


def test_groups_are_judged_as_by_scikit_learn() -> None:
    answers = _answers(200, 5, 0.9)
    found = groups_of(answers)
    assert found is not None
    _known, groups = found
    labels = answers.references
    silhouette = np.nanmean(_rows("silhouette", answers))
    assert silhouette == pytest.approx(sk.silhouette_score(_vectors(answers), groups, metric="cosine"), abs=1e-5)
    for metric, reference in (("ari", sk.adjusted_rand_score), ("nmi", sk.normalized_mutual_info_score)):
        measured = find_metric(metric).measure(answers, {})
        assert isinstance(measured, Recomputed)
        value = measured.value(np.arange(measured.n))
        assert value == pytest.approx(reference(labels, groups), abs=1e-9)
        assert 0.2 < value < 1
        some = np.arange(0, 200, 3)
        assert measured.value(some) == pytest.approx(reference(np.array(labels)[some], groups[some]), abs=1e-9)


def test_without_expected_answers_only_the_silhouette_can_be_told() -> None:
    whole = _answers(90, 4, 0.2)
    for none in ([], [""] * 90):
        answers = Answers(none, whole.texts, outputs=whole.outputs)
        assert np.nanmean(_rows("silhouette", answers)) > 0.5
    one = Answers(["same"] * 90, whole.texts, outputs=whole.outputs)
    assert find_metric("ari").measure(one, {}) is None


def test_perfect_and_trivial_groupings() -> None:
    same = np.array([0, 0, 1, 1, 2])
    assert adjusted_rand(same, np.array([2, 2, 0, 0, 1])) == 1
    assert mutual_information(same, np.array([2, 2, 0, 0, 1])) == pytest.approx(1)
    assert mutual_information(np.zeros(4, int), np.zeros(4, int)) == 1
    assert np.isnan(adjusted_rand(np.array([0]), np.array([0])))


def test_more_rows_than_can_be_compared_are_asked_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _rows("ndcg_at_10", _answers())
    monkeypatch.setattr("studio.metrics._vectors._MOST_PAIRS", 120 * 30)
    values = _rows("ndcg_at_10", _answers())
    asked = np.isfinite(values)
    assert asked.sum() == 30
    assert (values[asked] == whole[asked]).all()
