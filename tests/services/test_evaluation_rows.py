"""Finding rows: filters, order, search, cells and groups, on an index and on a project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.evaluation import SliceKey
from studio.domain.project import Rating
from studio.services.evaluation_index import read_index, with_figures, with_marks
from studio.services.evaluation_pages import holding, read_page
from studio.services.evaluation_rows import CandidateRows, Cell, RowIndex, RowQuery
from studio.services.projects import Projects, ProjectSession
from tests.gui.evaluated import LABELS, SENTENCES, labels_evaluation, texts_evaluation


def _candidate(number: int, answer: list[int], score: list[float], sure: list[float] | None = None) -> CandidateRows:
    unknown = np.full(len(answer), np.nan)
    given_answer = np.array(answer)
    return CandidateRows(
        number,
        given_answer,
        given_answer == -1,
        np.array(score, float),
        unknown if sure is None else np.array(sure, float),
        unknown,
    )


@pytest.fixture
def index() -> RowIndex:
    first = _candidate(1, [0, 1, 2, -1], [1, 0, 1, 0], [0.9, 0.4, np.nan, 0.5])
    second = _candidate(2, [0, 2, 1, 0], [1, 1, 0, 1])
    return RowIndex(np.array([3, 5, 7, 9]), (first, second), True, baseline=1, starred=frozenset({7}))


def _found(index: RowIndex, query: RowQuery) -> list[int]:
    return index.find(query).positions.tolist()


def test_filters(index: RowIndex) -> None:
    assert _found(index, RowQuery()) == [3, 5, 7, 9]
    assert _found(index, RowQuery("different")) == [5, 7, 9]
    assert _found(index, RowQuery("wrong")) == [5, 7, 9]
    assert _found(index, RowQuery("wrong", candidate=1)) == [5, 9]
    assert _found(index, RowQuery("errors")) == [9]
    assert _found(index, RowQuery("errors", candidate=2)) == []
    assert _found(index, RowQuery("improved")) == [5, 9]
    assert _found(index, RowQuery("worsened")) == [7]
    assert _found(index, RowQuery("starred")) == [7]
    assert index.counts()["different"] == 3
    assert index.counts(candidate=1)["wrong"] == 2


def test_rows_without_the_figure_come_last_either_way(index: RowIndex) -> None:
    assert _found(index, RowQuery(order="confidence", candidate=1)) == [5, 9, 3, 7]
    assert _found(index, RowQuery(order="confidence", candidate=1, descending=True)) == [3, 9, 5, 7]
    # Nobody in particular: the one that has such figures.
    assert _found(index, RowQuery(order="confidence")) == [5, 9, 3, 7]
    assert index.orders == ("position", "confidence")


def test_a_row_that_one_has_not_come_to_is_neither_different_nor_wrong() -> None:
    waiting = CandidateRows(
        2, np.array([0, -1]), np.zeros(2, bool), np.array([1, np.nan]), np.full(2, np.nan), np.full(2, np.nan)
    )
    index = RowIndex(np.array([0, 1]), (_candidate(1, [0, 1], [1, 1]), waiting), True)
    assert _found(index, RowQuery("different")) == []
    assert _found(index, RowQuery("wrong")) == []
    assert _found(index, RowQuery("errors")) == []


def test_what_makes_no_sense_is_not_offered(index: RowIndex) -> None:
    alone = RowIndex(index.positions, index.candidates[:1], True)
    assert alone.filters == ("all", "wrong", "errors", "rated", "starred")
    assert "improved" not in index.marked(None, frozenset(), frozenset()).filters


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=30))
def test_improved_and_worsened_never_overlap_for_two(rows: list[tuple[int, int]]) -> None:
    first = _candidate(1, [a for a, _b in rows], [float(a == 0) for a, _b in rows])
    second = _candidate(2, [b for _a, b in rows], [float(b == 0) for _a, b in rows])
    index = RowIndex(np.arange(len(rows)), (first, second), True, baseline=1)
    better, worse = set(_found(index, RowQuery("improved"))), set(_found(index, RowQuery("worsened")))
    assert not better & worse
    assert better == {place for place, (a, b) in enumerate(rows) if b == 0 and a != 0}
    assert better | worse <= set(_found(index, RowQuery("different")))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path).new() as opened:
        yield opened


def test_the_index_says_the_same_as_the_figures(session: ProjectSession) -> None:
    from studio.services.scoring import score

    info = labels_evaluation(session, 90)
    quick = read_index(session, info)
    whole = with_figures(session, info, quick, "accuracy")
    scores = score(session, info.id)
    for candidate, known, first in zip(info.candidates, whole.candidates, quick.candidates, strict=True):
        found = scores.of(candidate.id)
        assert found is not None
        assert known.score.mean() == pytest.approx(found.metrics["accuracy"].value)
        # What is quick to read says the same already.
        assert np.array_equal(known.score, first.score)
        assert int(known.failed.sum()) == found.errors
    confusion = {(ref, pred): n for ref, pred, n in scores.scores[0].confusion}
    for (reference, predicted), count in confusion.items():
        if predicted:
            cell = Cell(info.candidates[0].id, reference, predicted)
            assert len(whole.find(RowQuery(cell=cell))) == count
    assert whole.candidates[0].confidence[0] == pytest.approx(
        session.evaluations.answers(info.candidates[0].id, [0]).__next__().output.scores[0].score, abs=1e-6
    )
    assert np.isnan(whole.candidates[2].confidence).all()
    assert whole.orders == ("position", "confidence", "latency")


def test_groups_search_and_marks(session: ProjectSession) -> None:
    info = labels_evaluation(session, 42)
    index = read_index(session, info)
    assert index.find(RowQuery(group=SliceKey("channel", "mail"))).positions.tolist() == list(range(1, 42, 3))
    found = index.find(RowQuery(search="ORDER 4007"), lambda text: holding(session, info, text))
    assert found.positions.tolist() == [7]
    # Answers are searched as well.
    answered = index.find(RowQuery(search=LABELS[2]), lambda text: holding(session, info, text))
    assert set(range(2, 42, len(LABELS))) <= set(answered.positions.tolist())
    session.datasets.mark(info.dataset.id, 4, critical=True)
    session.evaluations.rate(info.candidates[0].id, 6, Rating("up"))
    session.evaluations.vote(info.id, 8, info.candidates[0].id, info.candidates[1].id, "tie")
    session.evaluations.set_baseline(info.id, info.candidates[1].id)
    marked = with_marks(session, session.evaluations.get(info.id), index)
    assert _found(marked, RowQuery("starred")) == [4]
    assert _found(marked, RowQuery("rated")) == [6, 8]
    assert marked.baseline == info.candidates[1].id
    rows = read_page(session, info, [6, 4])
    assert [row.row.position for row in rows] == [6, 4]
    assert rows[0].ratings == {info.candidates[0].id: Rating("up")}
    assert rows[1].row.critical
    assert set(rows[0].answers) == {candidate.id for candidate in info.candidates}


def test_written_answers_are_scored_one_by_one(session: ProjectSession) -> None:
    info = texts_evaluation(session, SENTENCES)
    index = read_index(session, info)
    assert "wrong" not in index.filters
    assert np.isnan(index.candidates[0].score).all()
    whole = with_figures(session, info, index, "chrf")
    assert not whole.binary
    assert whole.candidates[0].score[0] == pytest.approx(100)
    assert whole.candidates[1].score[0] < 50
    assert "score" in whole.orders
    exact = with_figures(session, info, index, "exact_match")
    assert exact.binary
    assert exact.find(RowQuery("wrong", candidate=info.candidates[0].id)).positions.tolist() == [1, 2, 3, 4]
