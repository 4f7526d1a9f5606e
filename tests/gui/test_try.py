"""Try with the shipped starter models: from a card to answers, and what happens when something goes wrong."""

from __future__ import annotations

import os
import signal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.comparison import Candidate
from studio.domain.i18n import _, languages
from studio.gui.main_window import MainWindow
from studio.gui.pages.try_page import TryPage
from studio.gui.widgets.candidate_picker import CandidatePicker
from studio.gui.widgets.history_dialog import HistoryDialog
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import ElidedText
from tests.gui.conftest import shown_window

LONG_MS = 90_000
TASK = "text-classification"


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> TryPage:
    """Try, opened with a click on a card, ready to run."""
    card = window.pages["home"]._cards[TASK]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    return _ready(window, qtbot)


def _ready(window: MainWindow, qtbot: QtBot) -> TryPage:
    page = window.pages["try"]
    qtbot.waitUntil(lambda: page.model.task is not None and not page.model.loading, timeout=LONG_MS)
    return page


def _run(page: TryPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.composer.run_button, Qt.MouseButton.LeftButton)
    _wait_for_end(page, qtbot)


def _wait_for_end(page: TryPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.model.running, timeout=LONG_MS)


def _answers(page: TryPage) -> list[str]:
    return [state.last.answer for state in page.model.columns]


def test_two_clicks_to_answers_side_by_side(page: TryPage, qtbot: QtBot) -> None:
    assert len(page.model.columns) == 2
    assert page.composer.fields["text"].value
    _run(page, qtbot)
    assert [state.last.status for state in page.model.columns] == ["finished", "finished"]
    for column in page.strip.columns:
        figures = column.figures.metrics
        assert figures["latency_s"].value.endswith(("ms", "s"))
        assert figures["peak_memory_mb"].value.endswith("MB")
        shown = [label.text() for label in column.turns[-1].viewer.findChildren(QLabel)]
        assert any("%" in text for text in shown)


def test_models_stay_loaded_and_removed_ones_are_closed(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    _run(page, qtbot)
    assert len(window.shell.pool.open) == 2
    processes = {slot.candidate.worker.pid for slot in window.shell.pool._slots}
    _run(page, qtbot)
    assert {slot.candidate.worker.pid for slot in window.shell.pool._slots} == processes
    page.strip.reveal(page.model.columns[0].id)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(window.shell.pool.open) == 1, timeout=LONG_MS)
    window.shell.project.begin()
    qtbot.waitUntil(lambda: window.shell.pool.open == (), timeout=LONG_MS)


def test_everything_by_keyboard(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    field = page.composer.fields["text"].last_focus
    assert QApplication.focusWidget() is field
    field.selectAll()
    qtbot.keyClicks(field, "where is my parcel")
    qtbot.keyClick(field, Qt.Key.Key_Return, control)
    assert page.model.running
    _wait_for_end(page, qtbot)
    assert page.model.columns[0].last.inputs == {"text": "where is my parcel"}

    qtbot.keyClick(field, Qt.Key.Key_T, control)
    picker = page.findChild(CandidatePicker)
    qtbot.waitUntil(lambda: page.model.candidates.free_mb is not None, timeout=LONG_MS)
    assert "fits" in picker.rows()[0]
    qtbot.keyClicks(picker.field, "minilm")
    assert picker.rows() and all("MiniLM" in row for row in picker.rows())
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(page.model.columns) == 3)
    added = page.model.columns[-1]
    qtbot.waitUntil(lambda: page.strip.focused == added.id)
    # Off screen nobody gives the window back its focus when a dialog closes.
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)

    column = page.strip.column(added.id)
    qtbot.keyClick(column, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.model.columns[1] is added)
    qtbot.keyClick(column, Qt.Key.Key_W, control)
    qtbot.waitUntil(lambda: len(page.model.columns) == 2)
    qtbot.keyClick(window, Qt.Key.Key_Z, control)
    qtbot.waitUntil(lambda: len(page.model.columns) == 3)
    qtbot.keyClick(window, Qt.Key.Key_Z, control | shift)
    qtbot.waitUntil(lambda: len(page.model.columns) == 2)


def test_undo_takes_back_what_was_typed(page: TryPage, qtbot: QtBot) -> None:
    field = page.composer.fields["text"].last_focus
    before = field.toPlainText()
    qtbot.keyClicks(field, " and more")
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: field.toPlainText() == before)
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: field.toPlainText() == before + " and more")


def test_an_empty_text_is_refused_in_the_composer(page: TryPage, qtbot: QtBot) -> None:
    page.composer.fields["text"].show_value("   ")
    qtbot.mouseClick(page.composer.run_button, Qt.MouseButton.LeftButton)
    assert not page.model.running
    assert "empty" in page.composer.refusal
    page.composer.fields["text"].show_value("refund")
    assert page.composer.refusal == ""


def test_a_killed_worker_shows_in_its_column_and_the_other_answers(
    page: TryPage, window: MainWindow, qtbot: QtBot
) -> None:
    _run(page, qtbot)
    first, second = page.model.columns
    page.model.run()
    qtbot.waitUntil(lambda: first.last.stage in ("answering", "measuring"), timeout=LONG_MS)
    victim = next(slot for slot in window.shell.pool._slots if slot.busy)
    os.kill(victim.candidate.worker.pid, signal.SIGKILL)
    _wait_for_end(page, qtbot)
    assert first.last.result.failure.kind == "WorkerCrashed"
    assert second.last.status == "finished"
    notice = page.strip.columns[0].turns[-1].findChild(Notice)
    assert notice.isVisible() and notice.accessibleName() == first.last.result.failure.message
    again = next(b for b in notice.findChildren(type(page.composer.run_button)) if b.text() == "Try again")
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    _wait_for_end(page, qtbot)
    assert first.last.status == "finished"


def test_a_model_that_is_gone_says_so_in_its_column(page: TryPage, qtbot: QtBot) -> None:
    page.model.candidates.replace(page.model.columns[0].id, Candidate("nowhere/gone", "int8"))
    qtbot.waitUntil(lambda: page.model.columns[0].title == "gone")
    _run(page, qtbot)
    gone, there = page.model.columns
    assert gone.last.result.failure.kind == "UnknownNameError"
    assert there.last.status == "finished"


def test_stop_ends_within_a_second_and_keeps_what_is_done(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    _run(page, qtbot)
    first, second = page.model.columns
    page.model.run()
    qtbot.waitUntil(lambda: second.last.stage in ("answering", "measuring"), timeout=LONG_MS)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    _wait_for_end(page, qtbot)
    assert first.last.status == "finished"
    assert second.last.answer


def test_the_project_reopens_with_the_same_answers(
    page: TryPage, window: MainWindow, qtbot: QtBot, application, settings, tmp_path, monkeypatch
) -> None:
    _run(page, qtbot)
    page.model.rate(page.model.columns[0].last, "up", "short and right")
    before = [(state.title, state.last.result, state.last.rating) for state in page.model.columns]
    window.close()
    for again in shown_window(qtbot, application, settings, tmp_path, monkeypatch):
        again.shell.navigation.open_screen("try")
        reopened = _ready(again, qtbot)
        assert [(s.title, s.last.result.prediction, s.last.rating) for s in reopened.model.columns] == [
            (title, result.prediction, rating) for title, result, rating in before
        ]
        figures = [column.figures.metrics["latency_s"].value for column in reopened.strip.columns]
        assert all(value != "–" for value in figures)
        assert reopened.strip.columns[0].opinion.note.toPlainText() == "short and right"


def test_past_runs_are_shown_exactly_and_can_be_used_again(page: TryPage, qtbot: QtBot) -> None:
    _run(page, qtbot)
    first = _answers(page)
    first_text = page.composer.fields["text"].value
    page.composer.fields["text"].show_value("thank you so much")
    _run(page, qtbot)
    page.model.candidates.remove(page.model.columns[1].id)
    qtbot.waitUntil(lambda: len(page.model.columns) == 1)
    page.commands["history"].run()
    dialog = page.findChild(HistoryDialog)
    qtbot.waitUntil(lambda: dialog.list.count() == 2)
    dialog.list.setCurrentRow(1)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(page.model.past))
    # Also the column that is gone by now.
    assert _answers(page) == first
    assert not page.composer.isVisible()
    qtbot.mouseClick(page.past_bar.use_input, Qt.MouseButton.LeftButton)
    assert page.composer.fields["text"].value == first_text
    assert len(page.model.columns) == 1


def test_blind_votes_are_recorded_and_reveal_the_names(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    window.action_set.trigger("blind")
    assert [column.accessibleName() for column in page.strip.columns] == ["Candidate A", "Candidate B"]
    qtbot.keyClick(page.composer.fields["text"].last_focus, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    _wait_for_end(page, qtbot)
    assert page.model.blind.can_vote
    titles = {state.title for state in page.model.columns}
    said = {label.text() for label in page.strip.findChildren(QLabel) if label.isVisible()}
    assert not titles & said
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    votes = window.shell.project.session.votes(TASK)
    assert [vote.choice for vote in votes] == ["b"]
    b = page.model.columns[1]
    assert votes[0].b == b.last.result_id
    assert page.strip.columns[1].accessibleName() == f"Candidate B: {b.title}"
    qtbot.waitUntil(lambda: page.model.blind.tally.b == 1)
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: page.model.blind.choice is None)
    assert page.strip.columns[1].accessibleName() == "Candidate B"


def test_an_undo_is_offered_only_while_it_undoes_what_it_says(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    def offered() -> list[str]:
        return [toast.accessibleName() for toast in window.shell.toasts.toasts()]

    page.strip.columns[0].setFocus()
    window.action_set.trigger("remove_candidate")
    qtbot.waitUntil(lambda: offered() == ["Candidate removed."])
    qtbot.waitUntil(lambda: len(page.model.columns) == 1)
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: offered() == ["Undone: Remove candidate"])
    qtbot.waitUntil(lambda: len(page.model.columns) == 2)
    # Another edit: there is nothing left to do again.
    page.model.candidates.pin(page.model.columns[0].id, True)
    qtbot.waitUntil(lambda: offered() == [])


def test_language_and_theme_switch_while_answers_are_shown(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    _run(page, qtbot)
    before = _answers(page)
    window.shell.preferences.set_value("language", "zh_CN")
    window.shell.preferences.set_value("theme", "dark")
    assert page.composer.run_button.text() == _("Run") != "Run"
    assert page.strip.columns[0].figures.metrics["latency_s"]._caption.text() == _("Answer in") != "Answer in"
    assert _answers(page) == before
    window.shell.preferences.set_value("language", "en")
    assert page.composer.run_button.text() == "Run"


def test_many_columns_scroll_inside_their_area_only(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1024, 700)
    offers = page.model.candidates.offers
    for offer in (*offers, *offers)[:4]:
        page.model.candidates.add(offer.candidate)
    qtbot.waitUntil(lambda: len(page.model.columns) == 6)
    assert not page.model.candidates.can_add
    assert not page.strip.add_place.isVisible()
    qtbot.waitUntil(lambda: page.strip.horizontalScrollBar().maximum() > 0)
    assert window.width() == 1024
    assert page.width() <= 1024
    page.strip.reveal(page.model.columns[5].id)
    qtbot.waitUntil(lambda: page.strip.horizontalScrollBar().value() > 0)


def test_everything_on_it_has_a_name_and_is_reached_with_tab(page: TryPage, window: MainWindow, qtbot: QtBot) -> None:
    _run(page, qtbot)
    page.composer.unfold(True)
    page.strip.columns[0].opinion.note_button.click()
    controls = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.focusProxy()
        and not (widget.property("kind") == "segment" and not widget.isChecked())
    ]
    assert [widget for widget in controls if not (widget.accessibleName() or getattr(widget, "text", str)())] == []
    reached: set[QWidget] = set()
    for _press in range(len(controls) + 60):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert set(controls) - reached == set()


@pytest.mark.parametrize("language", languages())
def test_no_text_is_cut(page: TryPage, window: MainWindow, qtbot: QtBot, language: str) -> None:
    window.resize(1024, 700)
    window.shell.preferences.set_value("language", language)
    _run(page, qtbot)
    page.composer.unfold(True)
    qtbot.wait(50)
    for label in page.findChildren(QLabel):
        if not label.isVisible() or isinstance(label, ElidedText) or not label.text():
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        assert label.height() >= needed, label.text()
        if not label.wordWrap():
            assert label.width() >= label.sizeHint().width(), label.text()
    for button in page.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.width() >= button.minimumSizeHint().width(), button.text()
