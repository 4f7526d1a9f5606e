"""Suggested rows: doubtful before sure, different before alike, typical before odd."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.teaching.suggesting import suggest


def _around(centres: np.ndarray, each: int, seed: int = 0) -> np.ndarray:
    """So many rows close to each centre."""
    noise = np.random.default_rng(seed).normal(0, 0.02, (len(centres) * each, centres.shape[1]))
    return np.repeat(centres, each, axis=0) + noise


def test_without_a_model_each_cluster_gives_one_row() -> None:
    vectors = _around(np.eye(5, 16), 12)
    found = suggest(vectors, None, None, 5)
    assert sorted(each.place // 12 for each in found) == [0, 1, 2, 3, 4]
    assert {each.kind for each in found} == {"typical"}
    assert {each.alike for each in found} == {11}


def test_what_is_labelled_is_not_asked_for_again() -> None:
    vectors = _around(np.eye(4, 16), 10)
    labelled = _around(np.eye(3, 16), 5, seed=1)
    first, *_rest = suggest(vectors, None, labelled, 5)
    assert first.place // 10 == 3
    assert first.kind == "unlike"


def test_doubt_counts_and_rows_that_say_the_same_are_asked_once() -> None:
    vectors = _around(np.eye(4, 16), 10)
    scores = np.tile([0.98, 0.01, 0.01], (40, 1))
    scores[10:20] = [0.45, 0.44, 0.11]
    scores[30:40] = [0.36, 0.34, 0.30]
    found = suggest(vectors, scores, _around(np.eye(4, 16), 2, seed=1), 2)
    assert {each.place // 10 for each in found} == {1, 3}
    assert {each.kind for each in found} == {"torn"}
    assert all(each.uncertainty is not None and each.uncertainty > 0.9 for each in found)


def test_a_row_without_any_leader_is_unsure_and_not_torn() -> None:
    scores = np.full((6, 10), 0.1)
    assert suggest(_around(np.eye(2, 8), 3), scores, None, 1)[0].kind == "unsure"


def test_a_single_oddity_does_not_win_over_many_of_a_kind() -> None:
    centres = np.eye(3, 16)
    vectors = np.vstack([_around(centres[:2], 15), centres[2:]])
    scores = np.tile([0.5, 0.5], (31, 1))
    assert suggest(vectors, scores, None, 1)[0].place != 30


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 30), st.integers(0, 40), st.booleans(), st.integers(0, 3))
def test_each_row_once_and_no_more_than_asked(rows: int, n: int, model: bool, seed: int) -> None:
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(rows, 6))
    scores = chance.dirichlet(np.ones(3), rows) if model else None
    found = suggest(vectors, scores, None, n, seed)
    places = [each.place for each in found]
    assert len(places) == len(set(places)) == min(n, rows)
    assert suggest(vectors, scores, None, n, seed) == found


def test_it_stops_when_told() -> None:
    scores = np.full((20, 2), 0.5)
    assert suggest(_around(np.eye(2, 8), 10), scores, None, 20, cancelled=lambda: True) == ()
