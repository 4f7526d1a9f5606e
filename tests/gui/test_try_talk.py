"""Try with conversations, streaming, differences and failures, on candidates that say what the test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.domain.comparison import Candidate
from studio.domain.errors import ProjectStorageError
from studio.engine.supervisor import Supervisor
from studio.gui.main_window import MainWindow
from studio.gui.pages.try_page import TryPage
from studio.gui.widgets.notice import Notice
from studio.services.pool import CandidatePool
from studio.services.projects import ProjectSession
from tests.gui.talkers import open_talker, write_folder, write_translator

LONG_MS = 60_000


@pytest.fixture
def talkers(window: MainWindow, tmp_path: Path) -> Iterator[MainWindow]:
    """The window with two assistants and two translators that are made up."""
    for name in ("brief", "chatty"):
        write_folder(tmp_path / "library" / name)
    for name in ("plain", "polite"):
        write_translator(tmp_path / "library" / name)
    with CandidatePool(Supervisor(open_talker)) as pool:
        window.shell._pool = pool
        yield window


def _open(window: MainWindow, qtbot: QtBot, task: str, *models: str) -> TryPage:
    """Try of a task, with these models side by side."""
    session = window.shell.project.session
    session.begin(task, [Candidate(model, "fp32") for model in models])
    window.shell.navigation.open_task(task)
    page = window.pages["try"]
    qtbot.waitUntil(lambda: page.model.task is not None and not page.model.loading, timeout=LONG_MS)
    return page


@pytest.fixture
def chat(talkers: MainWindow, qtbot: QtBot) -> TryPage:
    return _open(talkers, qtbot, "chat", "brief", "chatty")


def _say(page: TryPage, qtbot: QtBot, text: str, wait: bool = True) -> None:
    field = next(iter(page.composer.fields.values())).last_focus
    field.setPlainText(text)
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    if wait:
        _wait_for_end(page, qtbot)


def _wait_for_end(page: TryPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.model.running, timeout=LONG_MS)


def _answers(page: TryPage) -> list[list[str]]:
    return [[turn.answer for turn in state.turns] for state in page.model.columns]


def test_one_composer_feeds_a_conversation_in_each_column(chat: TryPage, qtbot: QtBot) -> None:
    _say(chat, qtbot, "hello")
    assert chat.composer.fields["messages"].value == ""
    _say(chat, qtbot, "and again")
    assert _answers(chat) == [
        ["brief read 1", "brief read 3"],
        ["chatty read 1", "chatty read 3"],
    ]
    assert [len(column.turns) for column in chat.strip.columns] == [2, 2]
    qtbot.mouseClick(chat.anew, Qt.MouseButton.LeftButton)
    _say(chat, qtbot, "hello")
    assert _answers(chat) == [["brief read 1"], ["chatty read 1"]]


def test_asking_again_replaces_the_last_answer_of_one_column(chat: TryPage, qtbot: QtBot) -> None:
    _say(chat, qtbot, "hello")
    _say(chat, qtbot, "more")
    first = chat.model.columns[0]
    before = first.last.result_id
    qtbot.mouseClick(chat.strip.columns[0].opinion.again_button, Qt.MouseButton.LeftButton)
    _wait_for_end(chat, qtbot)
    assert [turn.answer for turn in first.turns] == ["brief read 1", "brief read 3"]
    assert first.last.result_id != before
    assert len(chat.model.columns[1].turns) == 2


def test_tokens_arrive_and_stop_stops(chat: TryPage, qtbot: QtBot) -> None:
    _say(chat, qtbot, "long please", wait=False)
    first, second = chat.model.columns
    qtbot.waitUntil(lambda: "word3" in first.last.text, timeout=LONG_MS)
    shown = chat.strip.columns[0].turns[-1].viewer.text.toPlainText()
    assert "word3" in shown and first.last.running
    assert chat.composer.stop_button.isVisible() and not chat.composer.run_button.isVisible()
    qtbot.keyClick(chat, Qt.Key.Key_Escape)
    _wait_for_end(chat, qtbot)
    assert first.last.status == "cancelled"
    assert first.last.answer.startswith("word0 word1")
    assert second.last.result.failure.kind == "StoppedError"
    # Half an answer is quick for being half: it leads in nothing.
    assert first.leads == frozenset()


def test_all_at_once_stream_side_by_side(chat: TryPage, qtbot: QtBot) -> None:
    chat.schedule._buttons["all"].click()
    _say(chat, qtbot, "long please", wait=False)
    first, second = chat.model.columns
    qtbot.waitUntil(lambda: "word2" in first.last.text and "word2" in second.last.text, timeout=LONG_MS)
    chat.model.candidates.remove(second.id)
    qtbot.waitUntil(lambda: len(chat.model.columns) == 1)
    chat.model.stop()
    _wait_for_end(chat, qtbot)
    run = chat.model.session.run(chat.model.shown_run)
    assert run.at_once
    # What the removed column had said by then is kept as well.
    assert all(stored.text.startswith("word0") for stored in run.results)


def test_a_crash_and_lack_of_memory_stay_in_their_column(chat: TryPage, qtbot: QtBot) -> None:
    _say(chat, qtbot, "kill brief")
    first, second = chat.model.columns
    assert first.last.result.failure.kind == "WorkerCrashed"
    assert second.last.answer == "chatty read 1"
    _say(chat, qtbot, "fill chatty")
    # A turn without an answer is no part of what the model is told next.
    assert first.last.answer == "brief read 1"
    notice = chat.strip.columns[1].turns[-1].findChild(Notice)
    buttons = [button.text() for button in notice.findChildren(type(chat.anew))]
    assert "Choose another" in buttons and "Details" in buttons


def test_settings_are_shared_or_for_one_column(chat: TryPage, qtbot: QtBot) -> None:
    chat.composer.advanced.click()
    options = chat.composer.options
    options.fields["system"].field.setPlainText("Be kind.")
    options.fields["top_p"].field.setText("7")
    options.fields["top_p"].field.textEdited.emit("7")
    assert chat.model.options == {"system": "Be kind."}
    options.choose_scope(chat.model.columns[1].id)
    options.scope_changed.emit(options.scope)
    options.fields["system"].field.setPlainText("Be short.")
    qtbot.waitUntil(lambda: chat.model.columns[1].column.options == {"system": "Be short."})
    _say(chat, qtbot, "hello")
    assert [state.last.result.options["system"] for state in chat.model.columns] == ["Be kind.", "Be short."]


def test_a_conversation_can_be_reopened_and_continued(chat: TryPage, talkers: MainWindow, qtbot: QtBot) -> None:
    _say(chat, qtbot, "hello")
    _say(chat, qtbot, "more")
    run = chat.model.shown_run
    chat.model.begin_anew()
    _say(chat, qtbot, "something else")
    chat._history.read()
    qtbot.waitUntil(lambda: len(chat._history.runs) == 2)
    chat.model.open_run(run)
    qtbot.waitUntil(lambda: bool(chat.model.past))
    assert _answers(chat)[0] == ["brief read 1", "brief read 3"]
    qtbot.mouseClick(chat.past_bar.go_on, Qt.MouseButton.LeftButton)
    _say(chat, qtbot, "and now")
    assert _answers(chat)[0] == ["brief read 1", "brief read 3", "brief read 5"]


def test_a_long_conversation_scrolls_inside_its_column(chat: TryPage, talkers: MainWindow, qtbot: QtBot) -> None:
    talkers.resize(1024, 700)
    for number in range(8):
        _say(chat, qtbot, f"question {number}")
    # Columns that are made with it, as when the project is opened again, ask for no more room than those it grew in.
    run = chat.model.shown_run
    assert run is not None
    chat.model.open_run(run)
    qtbot.waitUntil(lambda: bool(chat.model.past))
    column = chat.strip.columns[0]
    qtbot.waitUntil(lambda: column._area.verticalScrollBar().maximum() > 0)
    assert chat.strip.verticalScrollBar().maximum() == 0
    assert column.height() <= chat.strip.viewport().height()


def test_a_fall_back_is_said_on_the_column(chat: TryPage, qtbot: QtBot) -> None:
    chat.model.candidates.replace(chat.model.columns[0].id, Candidate("brief", "fp32", "cuda"))
    qtbot.waitUntil(lambda: chat.model.columns[0].column.candidate.device == "cuda")
    _say(chat, qtbot, "hello")
    head = chat.strip.columns[0].head_view
    assert head._moved.isVisible() and head._moved.text() == "CPU instead of CUDA"
    assert not chat.strip.columns[1].head_view._moved.isVisible()


def test_differences_to_the_baseline_are_marked(talkers: MainWindow, qtbot: QtBot) -> None:
    page = _open(talkers, qtbot, "translation", "plain", "polite")
    _say(page, qtbot, "where is it")
    views = [column.turns[-1].viewer for column in page.strip.columns]
    assert [view.text.extraSelections() for view in views] == [[], []]
    page.model.candidates.pin(page.model.columns[0].id, True)
    qtbot.waitUntil(lambda: bool(views[1].text.extraSelections()))
    marked = [selection.cursor.selectedText().strip() for selection in views[1].text.extraSelections()]
    assert marked == ["Please:"]
    assert views[1].legend.isVisible() and not views[0].legend.isVisible()
    page._shell.window_action("edit.undo")
    qtbot.waitUntil(lambda: not views[1].text.extraSelections())


def test_a_vote_reveals_the_differences_too(talkers: MainWindow, qtbot: QtBot) -> None:
    page = _open(talkers, qtbot, "translation", "plain", "polite")
    page.model.candidates.pin(page.model.columns[0].id, True)
    qtbot.waitUntil(lambda: page.model.columns[0].column.baseline)
    page.strip.columns[1].setFocus()
    talkers.action_set.trigger("blind")
    assert page.isAncestorOf(QApplication.focusWidget())
    _say(page, qtbot, "where is it")
    views = [column.turns[-1].viewer for column in page.strip.columns]
    assert [view.text.extraSelections() for view in views] == [[], []]
    page.model.blind.vote("tie")
    assert sorted(bool(view.text.extraSelections()) for view in views) == [False, True]


def test_a_candidate_added_later_can_be_asked_the_same(talkers: MainWindow, qtbot: QtBot) -> None:
    page = _open(talkers, qtbot, "translation", "plain")
    _say(page, qtbot, "good morning")
    page.model.candidates.add(Candidate("polite", "int8"))
    qtbot.waitUntil(lambda: len(page.model.columns) == 2)
    qtbot.waitUntil(page.strip.columns[1]._ask.isVisible)
    qtbot.mouseClick(page.strip.columns[1]._ask, Qt.MouseButton.LeftButton)
    _wait_for_end(page, qtbot)
    assert [state.last.answer for state in page.model.columns] == ["good morning", "Please: good morning"]
    assert len({state.last.run for state in page.model.columns}) == 1


def test_blind_conversations_keep_who_is_who_until_the_vote(chat: TryPage, qtbot: QtBot) -> None:
    chat.model.blind.turn(True)
    _say(chat, qtbot, "hello")
    pair = [state.id for state in chat.model.columns]
    _say(chat, qtbot, "more")
    assert [state.id for state in chat.model.columns] == pair
    assert [len(state.turns) for state in chat.model.columns] == [2, 2]
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_3)
    assert chat.model.blind.choice == "tie"
    # Who was revealed can't be hidden again: the next message begins a new conversation.
    _say(chat, qtbot, "hello")
    assert [len(state.turns) for state in chat.model.columns] == [1, 1]


def test_a_folder_outside_the_library_can_be_compared(talkers: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = _open(talkers, qtbot, "chat", "brief")
    outside = write_folder(tmp_path / "elsewhere" / "guest")
    page.model.candidates.read_folder(outside)
    qtbot.waitUntil(lambda: any(o.model.id == str(outside) for o in page.model.candidates.offers), timeout=LONG_MS)
    with qtbot.waitSignal(page.model.candidates.folder_refused, timeout=LONG_MS) as refused:
        page.model.candidates.read_folder(tmp_path)
    assert refused.args[0].kind == "ModelFolderError"


def test_closing_the_window_leaves_no_process(chat: TryPage, talkers: MainWindow, qtbot: QtBot) -> None:
    import psutil

    _say(chat, qtbot, "long please", wait=False)
    qtbot.waitUntil(lambda: "word1" in chat.model.columns[0].last.text, timeout=LONG_MS)
    workers = [psutil.Process(slot.candidate.worker.pid) for slot in talkers.shell.pool._slots if slot.candidate]
    path = talkers.shell.project.session.path
    talkers.close()
    psutil.wait_procs(workers, timeout=30)
    assert [worker for worker in workers if worker.is_running()] == []
    from studio.services.projects import Projects

    with Projects().open(path) as session:
        stored = session.run(session.history("chat")[0].id).results
        assert stored[0].status == "cancelled"
        assert stored[0].text.startswith("word0 word1")


def test_ratings_are_stored_and_can_be_taken_back(chat: TryPage, qtbot: QtBot) -> None:
    _say(chat, qtbot, "hello")
    column = chat.strip.columns[0]
    qtbot.mouseClick(column.opinion.up, Qt.MouseButton.LeftButton)
    assert chat.model.session.run(chat.model.shown_run).results[0].rating.thumb == "up"
    assert column.opinion.up.isChecked()
    qtbot.mouseClick(column.opinion.down, Qt.MouseButton.LeftButton)
    assert column.opinion.down.isChecked() and not column.opinion.up.isChecked()
    chat._shell.window_action("edit.undo")
    qtbot.waitUntil(column.opinion.up.isChecked)
    qtbot.mouseClick(column.opinion.copy_button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "brief read 1"


def test_a_full_disk_is_said_and_nothing_closes(chat: TryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_more: object) -> None:
        raise ProjectStorageError("The disk is full, so nothing can be stored.", "Make room on it.")

    monkeypatch.setattr(ProjectSession, "start_run", full)
    _say(chat, qtbot, "hello")
    assert "disk is full" in chat.composer.refusal
    assert next(iter(chat.composer.fields.values())).value == "hello"
    monkeypatch.setattr(ProjectSession, "add_column", full)
    chat.model.candidates.add(Candidate("brief", "int8"))
    qtbot.waitUntil(lambda: any("disk is full" in t.accessibleName() for t in chat._shell.toasts.toasts()))


def test_a_project_that_is_only_looked_at_can_not_be_run(chat: TryPage, talkers: MainWindow, qtbot: QtBot) -> None:
    _say(chat, qtbot, "hello")
    path = talkers.shell.project.session.path
    talkers.shell.project.begin()
    qtbot.waitUntil(lambda: talkers.shell.project.session.path != path, timeout=LONG_MS)
    talkers.shell.project.look_at(path)
    qtbot.waitUntil(lambda: talkers.shell.project.session.read_only, timeout=LONG_MS)
    qtbot.waitUntil(lambda: _answers(chat) == [["brief read 1"], ["chatty read 1"]], timeout=LONG_MS)
    assert not chat.composer.run_button.isEnabled()
    assert not talkers.action_set["add_candidate"].isEnabled()
    assert "looked at" in chat._problem.accessibleName()


def test_times_of_candidates_that_ran_at_once_are_not_compared(chat: TryPage, qtbot: QtBot) -> None:
    chat.model.set_at_once(True)
    _say(chat, qtbot, "hello")
    assert all(column.figures.shared.isVisible() for column in chat.strip.columns)
    assert not any({"latency_s", "ttft_s"} & state.leads for state in chat.model.columns)
    chat.model.set_at_once(False)
    _say(chat, qtbot, "hello")
    assert not any(column.figures.shared.isVisible() for column in chat.strip.columns)
