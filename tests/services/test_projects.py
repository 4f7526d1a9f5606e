"""Beginning, saving and finding projects again, through the session that a window holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.errors import (
    InputError,
    MissingProjectError,
    ProjectInUseError,
    ReadOnlyProjectError,
    UnknownNameError,
)
from studio.services.projects import Change, Projects, ProjectSession
from tests.project.filled import BASE, SMALL, answer, asked


@pytest.fixture
def projects(tmp_path: Path) -> Projects:
    return Projects(tmp_path / "data")


@pytest.fixture
def session(projects: Projects) -> Iterator[ProjectSession]:
    with projects.new() as opened:
        yield opened


def heard(session: ProjectSession) -> list[Change]:
    changes: list[Change] = []
    session.on_change(changes.append)
    return changes


# -- drafts and places --------------------------------------------------------------------------------------------


def test_a_new_project_is_a_draft_that_is_stored_at_once(projects: Projects) -> None:
    session = projects.new()
    assert session.is_draft
    assert session.name == "Untitled project"
    session.add_column("chat", SMALL)
    session.close()
    assert [recent.name for recent in projects.recent()] == ["Untitled project"]
    again = projects.resume()
    assert again.path == session.path
    assert [column.candidate for column in again.columns("chat")] == [SMALL]
    again.close()


def test_a_draft_in_which_nothing_was_done_leaves_nothing(projects: Projects) -> None:
    session = projects.new()
    session.begin("chat", [SMALL, BASE], {"messages": "example"})
    session.remember("task", "chat")
    session.close()
    session.close()
    assert list(projects.drafts.iterdir()) == []
    assert projects.recent() == ()


def test_saving_a_draft_moves_it(projects: Projects, tmp_path: Path) -> None:
    session = projects.new()
    changes = heard(session)
    session.add_column("chat", SMALL)
    place = tmp_path / "support pilot.studio"
    session.save(place)
    assert session.path == place
    assert not session.is_draft
    assert session.name == "support pilot"
    assert "place" in changes[-1].parts
    session.add_column("chat", BASE)
    session.close()
    assert list(projects.drafts.iterdir()) == []
    assert [recent.path for recent in projects.recent()] == [place]
    with projects.open(place) as again:
        assert [column.candidate for column in again.columns("chat")] == [SMALL, BASE]
        copy = tmp_path / "copy.studio"
        again.save(copy)
        assert again.path == place, "a project that has a place is copied"
        with pytest.raises(InputError):
            again.save_copy(copy)
        again.save_copy(copy, overwrite=True)


def test_a_run_goes_on_while_its_draft_is_saved(session: ProjectSession, tmp_path: Path) -> None:
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    recorder.column(column.id).text(SMALL, "Your ")
    session.save(tmp_path / "saved.studio")
    recorder.column(column.id).text(SMALL, "order")
    recorder.close()
    assert session.run(recorder.run).results[0].text == "Your order"


def test_saved_projects_that_are_gone_are_marked(projects: Projects, tmp_path: Path) -> None:
    for name in ("one", "two"):
        session = projects.new()
        session.rename(name)
        session.save(tmp_path / f"{name}.studio")
        session.close()
    (tmp_path / "two.studio").unlink()
    assert [(recent.name, recent.missing) for recent in projects.recent()] == [("two", True), ("one", False)]
    with projects.resume() as resumed:
        assert resumed.name == "one"
    with pytest.raises(MissingProjectError):
        projects.open(tmp_path / "two.studio")
    projects.forget(tmp_path / "two.studio")
    assert [recent.name for recent in projects.recent()] == ["one"]


def test_a_lost_list_still_finds_drafts(projects: Projects) -> None:
    session = projects.new("Kept")
    session.add_column("chat", SMALL)
    session.close()
    for content in ("", "[", '{"a": 1}', "[1]", '[{"path": 3}]', "[" * 100_000):
        (projects.folder / "recent.json").write_text(content)
        found = projects.recent()
        assert [recent.path for recent in found] == [session.path]
        assert found[0].draft
    projects.open(session.path).close()
    assert [recent.name for recent in projects.recent()] == ["Kept"]
    projects.delete_draft(session.path)
    assert projects.recent() == ()
    assert json.loads((projects.folder / "recent.json").read_text()) == []


def test_drafts_are_deleted_only_when_nobody_works_in_them(projects: Projects, session: ProjectSession) -> None:
    with pytest.raises(ProjectInUseError):
        projects.delete_draft(session.path)
    with pytest.raises(InputError):
        projects.delete_draft(session.path.parent.parent / "other.studio")


def test_what_is_open_elsewhere_can_be_looked_at_or_copied(projects: Projects, tmp_path: Path) -> None:
    first = projects.new("Pilot")
    first.add_column("chat", SMALL)
    first.save(tmp_path / "pilot.studio")
    recorder = first.start_run("chat", asked("hi"), {}, first.columns("chat"))
    with pytest.raises(ProjectInUseError):
        projects.open(first.path)
    with projects.open(first.path, read_only=True) as looking:
        assert looking.read_only
        assert looking.run(recorder.run).results[0].status == "running"
        assert looking.undo_title == ""
        looking.remember("task", "chat")
        looking.begin("translation", [BASE])
        with pytest.raises(ReadOnlyProjectError):
            looking.rename("x")
    with projects.open_copy(first.path) as copy:
        assert copy.name == "Copy of Pilot"
        assert copy.is_draft
        assert copy.run(recorder.run).results[0].status == "interrupted"
        copy.rename("Mine")
    assert first.name == "Pilot"
    first.close()


def test_resuming_skips_what_another_window_has(projects: Projects) -> None:
    first = projects.new()
    first.add_column("chat", SMALL)
    second = projects.resume()
    assert second.path != first.path
    second.close()
    first.close()


# -- editing ------------------------------------------------------------------------------------------------------


def test_edits_are_heard_undone_and_named(session: ProjectSession) -> None:
    changes = heard(session)
    session.begin("chat", [SMALL], {"messages": "example"}, {"seed": 1})
    assert changes.pop().parts == {"columns", "composer"}
    assert session.composer("chat").draft == {"messages": "example"}
    assert session.undo_title == ""
    column = session.add_column("chat", BASE, position=0)
    assert changes.pop().parts == {"columns", "undo"}
    session.move_column(column.id, 0)
    assert changes == [], "nothing changed, so nothing is said"
    session.set_draft("chat", {"messages": "typed"})
    session.rename("Pilot")
    session.set_note("For the meeting")
    assert (session.info.name, session.info.note) == ("Pilot", "For the meeting")
    changes.clear()
    assert session.undo() == "Edit note"
    assert changes.pop().parts == {"info", "undo"}
    assert session.undo_title == "Rename project"
    assert session.redo_title == "Edit note"
    assert [session.undo() for _ in range(3)] == ["Rename project", "Typing", "Add candidate"]
    assert session.undo() == ""
    assert [column.candidate for column in session.columns("chat")] == [SMALL]
    assert session.redo() == "Add candidate"
    assert session.columns("chat")[0] == column


def test_one_baseline_for_a_task(session: ProjectSession) -> None:
    first, second = session.add_column("chat", SMALL), session.add_column("chat", BASE)
    other = session.add_column("translation", Candidate("t", "int8"))
    session.pin_baseline(other.id)
    session.pin_baseline(first.id)
    session.pin_baseline(second.id)
    assert [column.baseline for column in session.columns("chat")] == [False, True]
    assert session.columns("translation")[0].baseline
    replaced = session.replace_column(second.id, SMALL)
    assert replaced.id != second.id
    assert replaced.baseline
    session.pin_baseline(replaced.id, False)
    assert not any(column.baseline for column in session.columns("chat"))


def test_a_task_is_filled_once(session: ProjectSession) -> None:
    session.begin("chat", [SMALL])
    (column,) = session.columns("chat")
    session.remove_column(column.id)
    session.begin("chat", [SMALL, BASE])
    assert session.columns("chat") == (), "the user took it away"


def test_what_is_remembered_is_no_edit(session: ProjectSession) -> None:
    changes = heard(session)
    session.remember("task", "chat")
    session.remember("shown", {"run": 3, "open": ["advanced"]})
    assert session.recall("task") == "chat"
    assert session.recall("shown") == {"run": 3, "open": ["advanced"]}
    assert session.recall("unknown", 7) == 7
    assert changes == []
    assert session.undo_title == ""


def test_who_stops_listening_hears_nothing(session: ProjectSession) -> None:
    changes: list[Change] = []
    forget = session.on_change(changes.append)
    forget()
    forget()
    session.rename("Quiet")
    assert changes == []


# -- runs ---------------------------------------------------------------------------------------------------------


def test_a_conversation_from_two_columns(session: ProjectSession) -> None:
    small, base = session.add_column("chat", SMALL), session.add_column("chat", BASE)
    previous = None
    for text in ("one", "two"):
        recorder = session.start_run("chat", asked(text), {}, [small, base], follows=previous, blind=True)
        for column in (small, base):
            recorder.column(column.id).finished(answer(column.candidate, f"{column.candidate.model[-5:]} {text}"))
        recorder.close()
        previous = recorder.run
    assert [m.content for m in session.messages(previous, small.id)] == ["one", "small one", "two", "small two"]
    assert session.messages(None, small.id) == ()
    turns = session.conversation(previous)
    assert [turn.inputs for turn in turns] == [asked("one"), asked("two")]
    first, second = turns[1].results
    changes = heard(session)
    session.vote(turns[1].id, first.id, second.id, "a")
    session.rate(second.id, "down", "too long")
    session.title_run(turns[1].id, "Second turn")
    session.note_run(turns[1].id, "noted")
    assert [change.parts for change in changes] == [
        {"vote", "undo"},
        {"rating", "undo"},
        {"history", "undo"},
        {"history", "undo"},
    ]
    assert changes[1].result == second.id
    found = session.run(turns[1].id)
    assert (found.title, found.note, found.blind) == ("Second turn", "noted", True)
    assert found.results[1].rating.note == "too long"
    assert [vote.choice for vote in session.votes("chat")] == ["a"]
    session.remove_run(turns[1].id)
    assert [line.id for line in session.history("chat")] == [turns[0].id]
    assert session.votes() == ()
    session.undo()
    assert [line.title for line in session.history("chat")] == ["Second turn", "one"]


def test_a_column_can_run_again(session: ProjectSession) -> None:
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {"seed": 1}, [column])
    recorder.column(column.id).finished(answer(SMALL, "first"))
    recorder.close()
    again = session.add_to_run(recorder.run, column)
    again.column(column.id).finished(answer(SMALL, "second"))
    again.close()
    assert [stored.text for stored in session.run(recorder.run).latest] == ["second"]
    with pytest.raises(UnknownNameError):
        session.add_to_run(99, column)
