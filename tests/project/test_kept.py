"""What is kept for the report: explanations and insights come back as they were, can be undone, and are checked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.errors import DamagedProjectError, InputError, UnknownNameError
from studio.domain.explanation import Alternative, Explanation, Faithfulness, Hint, Part, Step, Token
from studio.domain.insight import (
    CandidateWords,
    ErrorGroup,
    Insights,
    LabelWeights,
    LabelWords,
    PairInsight,
    PullingWord,
    RowCount,
    Weighed,
    WordWeight,
)
from studio.project import kept as kept_module
from studio.project.file import ProjectFile
from studio.project.schema import MIGRATIONS
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects

_TASK = "text-classification"
EXPLANATION = Explanation(
    "cancel_order",
    0.76,
    (Part("cancel", 7, 13), Part("it", 14, 16)),
    (0.5, -0.02),
    (Hint(0, "track_order"),),
    Faithfulness((0.5,), (0.2,), (0.6,), 0.4),
    text="please cancel it",
)
_WORD = PullingWord("money", 3.2, 4, 5)
INSIGHTS = Insights(
    1,
    "accuracy",
    False,
    10,
    9,
    (RowCount(1, 4), RowCount(2, 2)),
    (CandidateWords(1, (LabelWords("get_refund", 5, (_WORD,)),)),),
    (
        ErrorGroup(
            "Money back",
            ("money",),
            "get_refund",
            "complaint",
            3,
            4,
            3,
            tuple(range(900)),
            (RowCount(1, 3),),
            ("a",),
            5,
            4,
        ),
    ),
    3,
    4,
    "meaning",
    (PairInsight(1, 2, 600, 2, tuple(range(600)), (1, 2), 5, 0, (_WORD,), ()),),
    (Weighed(1, 9, (LabelWeights("get_refund", 4, (WordWeight("money", 0.4, 0.1, 0.7, 3),), ()),)),),
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "data").new() as made:
        yield made


def test_an_explanation_comes_back_as_it_was(session: ProjectSession) -> None:
    written = replace(
        EXPLANATION,
        kind="steps",
        steps=(Step("Bonjour", 0, 7, 0.9, (Token("Bon", 0.95, (Alternative("Salut", 0.03),)),), (0.7, 0.1)),),
    )
    name = session.kept.keep(_TASK, "Tiny", "please cancel it", written, 3, 7, 12)
    (found,) = session.kept.explanations(_TASK)
    assert (found.id, found.title, found.evaluation, found.candidate, found.position) == (name, "Tiny", 3, 7, 12)
    assert found.explanation == written
    assert session.kept.explanations("chat") == ()


def test_the_same_answer_is_kept_once(session: ProjectSession) -> None:
    heard: list[frozenset[str]] = []
    session.on_change(lambda change: heard.append(frozenset(change.parts)))
    first = session.kept.keep(_TASK, "Tiny", "a", EXPLANATION, 3, 7, 12)
    assert session.kept.keep(_TASK, "Tiny", "a", replace(EXPLANATION, score=0.5), 3, 7, 12) == first
    session.kept.keep(_TASK, "Tiny", "a", EXPLANATION, 3, 8, 12)
    # From Try, the text and the candidate say which one it is.
    other = session.kept.keep(_TASK, "Tiny", "a", EXPLANATION)
    assert session.kept.keep(_TASK, "Tiny", "a", EXPLANATION) == other
    assert session.kept.keep(_TASK, "Small", "a", EXPLANATION) != other
    found = session.kept.explanations(_TASK)
    assert len(found) == 4
    assert next(each for each in found if each.id == first).explanation.score == 0.5
    assert heard[0] == {"kept", "undo"}


def test_taking_out_can_be_undone(session: ProjectSession) -> None:
    name = session.kept.keep(_TASK, "Tiny", "a", EXPLANATION)
    session.kept.remove(name)
    assert session.kept.explanations(_TASK) == ()
    session.undo()
    assert [each.id for each in session.kept.explanations(_TASK)] == [name]
    session.undo()
    assert session.kept.explanations(_TASK) == ()
    with pytest.raises(UnknownNameError):
        session.kept.remove(name)


def test_there_is_an_end_to_keeping(session: ProjectSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "MOST", 2)
    session.kept.keep(_TASK, "Tiny", "a", EXPLANATION)
    session.kept.keep(_TASK, "Tiny", "b", EXPLANATION)
    with pytest.raises(InputError, match="2 explanations"):
        session.kept.keep(_TASK, "Tiny", "c", EXPLANATION)
    session.kept.keep(_TASK, "Tiny", "b", replace(EXPLANATION, score=0.1))
    assert len(session.kept.explanations(_TASK)) == 2


def test_insights_come_back_with_fewer_rows_and_the_same_counts(session: ProjectSession) -> None:
    assert session.kept.insights(1) is None
    session.kept.keep_insights(INSIGHTS)
    found = session.kept.insights(1)
    assert found is not None
    assert found.pairs[0].better_a == 600
    assert found.pairs[0].only_a == tuple(range(500))
    assert found.groups[0].positions == tuple(range(500))
    assert replace(found, groups=INSIGHTS.groups, pairs=INSIGHTS.pairs) == INSIGHTS
    session.kept.remove_insights(1)
    assert session.kept.insights(1) is None
    session.kept.remove_insights(1)
    session.undo()
    assert session.kept.insights(1) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: body | {"weights": [0.5]}, "weights"),
        (lambda body: body | {"hints": [{"part": 9, "answer": "x"}]}, "weights"),
        (lambda body: body | {"kind": "shell"}, "kind"),
        (lambda body: body | {"parts": "x"}, "parts"),
        (lambda body: {"answer": 1}, "answer"),
    ],
)
def test_what_no_studio_kept_is_refused(session: ProjectSession, change, words: str) -> None:  # type: ignore[no-untyped-def]
    session.kept.keep(_TASK, "Tiny", "a", EXPLANATION)
    with sqlite3.connect(session.path) as stranger:
        (body,) = stranger.execute("SELECT body FROM explanations").fetchone()
        stranger.execute("UPDATE explanations SET body = ?", (json.dumps(change(json.loads(body))),))
    with pytest.raises(DamagedProjectError) as caught:
        session.kept.explanations(_TASK)
    assert words in caught.value.detail


def test_an_older_project_learns_to_keep(tmp_path: Path) -> None:
    path = tmp_path / "old.studio"
    ProjectFile.create(path, MIGRATIONS[:2]).close()
    with Projects(tmp_path / "data").open(path) as session:
        session.kept.keep(_TASK, "Tiny", "a", EXPLANATION)
        assert len(session.kept.explanations(_TASK)) == 1
    with Projects(tmp_path / "data").open(path, read_only=True) as session:
        assert session.kept.explanations(_TASK)[0].explanation == EXPLANATION
