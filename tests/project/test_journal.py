"""Edits can be undone and redone, one by one, also after the project was closed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.domain.errors import DamagedProjectError, UnknownNameError
from studio.domain.project import Rating
from studio.project.content import Content
from studio.project.file import ProjectFile
from studio.project.journal import KEPT, Journal
from studio.project.runs import Runs
from tests.project.filled import BASE, SMALL, asked, fill


def models(content: Content) -> list[str]:
    return [column.candidate.model.rpartition("-")[2] for column in content.columns("chat")]


def test_every_step_goes_back_and_forth(file: ProjectFile, content: Content, runs: Runs, journal: Journal) -> None:
    def state() -> object:
        return (
            content.info(),
            content.columns("chat"),
            content.composer("chat"),
            runs.get(run),
            runs.history(None, 9, None),
        )

    run, _results = runs.start("chat", asked("hi"), {}, (), False, False, None, None)
    column = content.add_column("chat", SMALL, {}, None)
    result = runs.add_result(run, column)
    states = [state()]
    edits = [
        lambda: content.set_info("Rename project", "name", "Pilot"),
        lambda: content.add_column("chat", BASE, {"top_k": 3}, 0),
        lambda: content.move_column(column.id, 0),
        lambda: content.pin_baseline(column.id, True),
        lambda: content.set_column_options(column.id, {"stop": ("a",)}),
        lambda: content.replace_column(content.columns("chat")[1].id, SMALL),
        lambda: content.set_draft("chat", {"messages": "hello"}),
        lambda: content.set_options("chat", {"system": "Be kind."}),
        lambda: runs.rate(result, Rating("down", "wrong number")),
        lambda: runs.mark("Rename run", run, "title", "First try"),
        lambda: runs.mark("Remove run", run, "hidden", 1),
        lambda: content.remove_column(column.id),
    ]
    for edit in edits:
        edit()
        states.append(state())
    assert len({repr(s) for s in states}) == len(states), "every edit shows"
    for wanted in reversed(states[:-1]):
        assert journal.undo()
        assert state() == wanted
    for wanted in states[1:]:
        assert journal.redo()
        assert state() == wanted
    assert journal.redo() is None


def test_undo_survives_closing(filled: Path) -> None:
    file = ProjectFile.open(filled)
    journal = Journal(file)
    assert journal.undo_title() == "Vote"
    for _ in range(3):
        journal.undo()
    file.close()
    file = ProjectFile.open(filled)
    content = Content(file, Journal(file))
    assert content.composer("chat").draft == {}
    assert Journal(file).redo_title() == "Typing"
    Journal(file).redo()
    assert content.composer("chat").draft == {"messages": "Where is my order?"}
    file.close()


def test_a_new_edit_ends_redo(content: Content, journal: Journal) -> None:
    content.add_column("chat", SMALL, {}, None)
    journal.undo()
    content.add_column("chat", BASE, {}, None)
    assert journal.redo() is None
    assert models(content) == ["base"]


def test_an_edit_that_changes_nothing_is_none(content: Content, journal: Journal) -> None:
    column = content.add_column("chat", SMALL, {}, None)
    journal.undo()
    journal.redo()
    assert not content.move_column(column.id, 0)
    assert not content.set_column_options(column.id, {})
    assert not content.pin_baseline(column.id, False)
    assert journal.undo_title() == "Add candidate"


def test_an_edit_that_fails_leaves_no_trace(file: ProjectFile, journal: Journal, content: Content) -> None:
    with pytest.raises(ZeroDivisionError), journal.edit("Broken") as edit:
        edit.put("info", {"key": "name", "value": "x"})
        raise ZeroDivisionError
    assert content.info().name == ""
    assert journal.is_empty()


def test_typing_is_undone_in_spells_not_letters(file: ProjectFile) -> None:
    now = [1000.0]
    journal = Journal(file, clock=lambda: now[0])
    content = Content(file, journal)
    for text in ("h", "he", "hel"):
        content.set_draft("chat", {"messages": text})
        now[0] += 0.5
    now[0] += 3
    content.set_draft("chat", {"messages": "hello"})
    content.set_draft("translation", {"text": "other"})
    journal.undo()
    journal.undo()
    assert content.composer("chat").draft == {"messages": "hel"}
    journal.undo()
    assert content.composer("chat").draft == {}
    assert journal.undo() is None


def test_typing_and_deleting_again_is_no_edit(content: Content, journal: Journal) -> None:
    content.set_draft("chat", {"messages": ""})
    journal.undo()
    journal.redo()
    content.set_draft("chat", {"messages": "x"})
    content.set_draft("chat", {"messages": ""})
    journal.undo()
    assert journal.undo() is None


def test_an_undone_edit_is_not_merged_into(content: Content, journal: Journal) -> None:
    content.set_draft("chat", {"messages": "a"})
    content.set_options("chat", {"seed": 1})
    journal.undo()
    content.set_draft("chat", {"messages": "ab"})
    journal.undo()
    assert content.composer("chat").draft == {"messages": "a"}


def test_only_the_last_edits_are_kept(content: Content, journal: Journal, file: ProjectFile) -> None:
    for number in range(KEPT + 20):
        with journal.edit("Count") as edit:
            edit.put("info", {"key": "name", "value": str(number)})
    undone = 0
    while journal.undo():
        undone += 1
    assert undone == KEPT
    assert content.info().name == "19"


def test_long_texts_do_not_fill_the_journal(
    content: Content, journal: Journal, file: ProjectFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.journal.KEPT_CHARACTERS", 1000)
    for number in range(10):
        with journal.edit("Paste") as edit:
            edit.put("info", {"key": "note", "value": str(number) * 300})
    with file.reading() as connection:
        count, size = connection.execute("SELECT count(*), sum(length(changes)) FROM journal").fetchone()
    assert count == 1
    assert size < 1000


def test_what_is_gone_says_so(content: Content, runs: Runs) -> None:
    for edit in (
        lambda: content.remove_column("nobody"),
        lambda: content.move_column("nobody", 1),
        lambda: content.pin_baseline("nobody", True),
        lambda: runs.rate(5, Rating("up")),
        lambda: runs.vote(1, 1, 2, "tie"),
        lambda: runs.mark("Rename run", 7, "title", "x"),
        lambda: runs.start("chat", {}, {}, (), False, False, None, 99),
        lambda: runs.get(3),
    ):
        with pytest.raises(UnknownNameError):
            edit()


@pytest.mark.parametrize(
    "changes",
    [
        "nonsense",
        "[]]",
        '[["sqlite_schema", null, {"name": "x"}]]',
        '[["results", null, {"id": 1}]]',
        '[["info", {"value": "no key"}, null]]',
        '[["info", {"key": "name", "value": ["list"]}, null]]',
        '[["info", {"key": "name", "value = 1; DROP TABLE runs --": 1}, {"key": "name"}]]',
        '[["info", {"key": "name", "value": null}, null]]',
        '[["ratings", {"result": 99, "thumb": null, "note": ""}, null]]',
        '[["info", 1, 2, 3]]',
        "7",
        '{"a": 1}',
    ],
)
def test_a_forged_journal_changes_nothing(filled: Path, changes: str) -> None:
    file = ProjectFile.open(filled)
    with file.writing() as connection:
        connection.execute(
            "INSERT INTO journal (title, merge, at, undone, changes) VALUES ('Forged', '', 0, 0, ?)", (changes,)
        )
    before = Runs(file, Journal(file)).get(1), Content(file, Journal(file)).info()
    with pytest.raises(DamagedProjectError):
        Journal(file).undo()
    assert (Runs(file, Journal(file)).get(1), Content(file, Journal(file)).info()) == before
    file.close()


def test_fill_writes_json_that_others_can_read(file: ProjectFile) -> None:
    fill(file)
    with file.reading() as connection:
        for (text,) in connection.execute("SELECT changes FROM journal"):
            assert json.loads(text)
