"""Answers from documents in the window: the field for a document, and what was found in it."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.domain.prediction import FoundPassage, GeneratedText, Passage
from studio.domain.task import Field
from studio.gui.main_window import MainWindow
from studio.gui.widgets.answers.passage import PassageAnswer
from studio.gui.widgets.inputs import document as module
from studio.gui.widgets.inputs.document import DocumentInput

LONG_MS = 60_000
TEXT = "# Returns 🙂\n\nYou may return goods within 30 days. <b>Refunds</b> are paid within 7 days."
START = TEXT.index("within 7 days")
FOUND = FoundPassage(
    "within 7 days",
    0.83,
    START,
    START + 13,
    (Passage(TEXT, 0, len(TEXT), 0.83), Passage("Delivery takes 2 days.", 200, 222, 0.12)),
)


@pytest.fixture
def field(application, qtbot: QtBot) -> DocumentInput:
    made = DocumentInput(Field("document", "document", "Document", "Paste a text"))
    qtbot.addWidget(made)
    made.resize(700, 160)
    made.show()
    return made


@pytest.fixture
def view(application, qtbot: QtBot) -> PassageAnswer:
    made = PassageAnswer()
    qtbot.addWidget(made)
    made.resize(360, 700)
    made.show()
    made.show_output(FOUND)
    return made


def _urls(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _read(field: DocumentInput, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not field.reading, timeout=LONG_MS)


def _marked(view: PassageAnswer) -> list[str]:
    return [selection.cursor.selectedText() for selection in view.context.extraSelections()]


def test_a_dropped_file_is_read_beside_the_window(field: DocumentInput, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "handbook.md"
    path.write_text("# Handbook\n\nOne.", encoding="utf-8")
    middle = QPointF(field.rect().center())
    data = _urls(path, tmp_path / "second.md")
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    field.dragEnterEvent(QDragEnterEvent(middle.toPoint(), *how))
    assert field.property("dropping")
    with qtbot.waitSignals([field.changed, field.left], timeout=LONG_MS):
        field.dropEvent(QDropEvent(middle, *how))
        assert field.reading
    assert not field.property("dropping")
    assert field.value == "# Handbook\n\nOne."
    assert field.facts.text() == "handbook.md · 16 characters"
    assert "first file" in field.message.text()
    assert "handbook.md" in field.area.accessibleDescription()
    assert field.progress is None and field.choose_button.isVisible()


def test_a_file_that_cannot_be_read_leaves_the_text_as_it_is(
    field: DocumentInput, qtbot: QtBot, tmp_path: Path
) -> None:
    field.show_value("what was there")
    path = tmp_path / "scan.pdf"
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(path)
    field.take_files([path])
    _read(field, qtbot)
    assert field.value == "what was there"
    assert field.message.isVisible() and "pictures of pages" in field.message.text()
    assert field.message.property("tone") == "bad"
    # Typing goes on, and the sentence goes.
    qtbot.keyClicks(field.area, "!")
    assert not field.message.isVisible()


def test_reading_stops_with_escape_or_the_button(
    field: DocumentInput, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.domain.errors import StoppedError

    def endless(_path: Path, _progress: object, cancelled) -> str:
        while not cancelled():
            pass
        raise StoppedError("stopped")

    monkeypatch.setattr(module, "text_of", endless)
    field.show_value("before")
    field.take_files([Path("a.pdf")])
    assert field.reading
    qtbot.keyClick(field.area, Qt.Key.Key_Escape)
    assert not field.reading
    field.take_files([Path("b.pdf")])
    qtbot.waitUntil(lambda: field.progress is not None and field.progress.isVisible())
    assert not field.choose_button.isVisible()
    qtbot.mouseClick(field.progress.stop_button, Qt.MouseButton.LeftButton)
    assert not field.reading and field.progress is None
    assert field._background.finish(10)
    assert field.value == "before" and not field.message.isVisible()


def test_a_file_is_chosen_by_keyboard_and_replaces_another_that_is_still_read(
    field: DocumentInput, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("first")
    second.write_text("second")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_arguments: (str(second), ""))
    field.take_files([first])
    field.choose_button.click()
    _read(field, qtbot)
    assert field._background.finish(10)
    qtbot.waitUntil(lambda: field.value == "second")
    assert field.facts.text().startswith("second.txt")


def test_the_keyboard_reaches_every_part(field: DocumentInput, qtbot: QtBot) -> None:
    field.show_value("a text\n" * 30)
    field.focus_end()
    low = field.area.height()
    reached = []
    for _step in range(4):
        reached.append(field.focusWidget())
        qtbot.keyClick(field.focusWidget(), Qt.Key.Key_Tab)
    assert reached == [field.area, field.unfold_button, field.clear_button, field.choose_button]
    assert field.last_focus is field.choose_button
    qtbot.keyClick(field.unfold_button, Qt.Key.Key_Space)
    assert field.area.height() > 3 * low
    assert field.unfold_button.text() == "Show less"
    qtbot.keyClick(field.unfold_button, Qt.Key.Key_Space)
    assert field.area.height() == low
    with qtbot.waitSignal(field.submitted):
        qtbot.keyClick(field.area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    field.clear_button.click()
    assert field.value == "" and not field.clear_button.isVisible()


def test_a_pasted_file_is_read_and_a_pasted_library_refused(
    field: DocumentInput, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("from a file")
    QGuiApplication.clipboard().setMimeData(_urls(path))
    field.area.paste()
    _read(field, qtbot)
    assert field.value == "from a file"
    monkeypatch.setattr(module, "MOST_CHARACTERS", 100)
    QGuiApplication.clipboard().setText("x" * 101)
    field.area.paste()
    assert field.value == "from a file"
    assert "100 characters" in field.message.text()


def test_the_answer_is_marked_where_it_stands(view: PassageAnswer) -> None:
    assert view.answer.text() == "within 7 days"
    assert view.answer.property("role") == "title"
    assert _marked(view) == ["within 7 days"]
    assert "<b>Refunds</b>" in view.context.toPlainText()
    assert view.facts.text() == "Score 0.83 · from character 1"
    assert view.context.accessibleName() == "Where it stands"
    assert view.context.accessibleDescription() == "The answer in it: within 7 days"


def test_passages_are_shown_on_demand_and_one_by_one(view: PassageAnswer, qtbot: QtBot) -> None:
    assert not any(row.isVisible() for row in view.rows)
    assert view.more.text() == "2 passages considered"
    view.more.setFocus()
    qtbot.keyClick(view.more, Qt.Key.Key_Space)
    assert [row.isVisible() for row in view.rows] == [True, True]
    assert view.rows[1].accessibleName() == "Passage 2, score 0.12: Delivery takes 2 days."
    assert [row.isChecked() for row in view.rows] == [True, False]
    view.rows[1].setFocus()
    qtbot.keyClick(view.rows[1], Qt.Key.Key_Return)
    assert view.context.toPlainText() == "Delivery takes 2 days."
    assert view.facts.text() == "Passage 2 · Score 0.12 · from character 201"
    assert _marked(view) == []
    view.rows[0].click()
    assert _marked(view) == ["within 7 days"]
    view.more.click()
    assert not view.rows[0].isVisible()


def test_an_answer_deep_in_its_passage_is_seen_at_once(view: PassageAnswer) -> None:
    text = "Filler words. " * 30 + "The answer. More."
    at = text.index("The answer.")
    view.show_output(FoundPassage("The answer.", 0.5, at, at + 11, (Passage(text, 0, len(text), 0.5),)))
    assert view.context.toPlainText().startswith("… ")
    assert len(view.context.toPlainText()) < 130
    assert _marked(view) == ["The answer."]
    view.choose(0)
    assert view.context.toPlainText() == text
    assert _marked(view) == ["The answer."]


def test_no_answer_is_said(view: PassageAnswer) -> None:
    view.show_output(FoundPassage("", 0.4, -1, -1, FOUND.passages))
    assert view.answer.text() == "No answer found in the document"
    assert _marked(view) == []
    assert view.more.isVisible()
    view.show_output(FoundPassage("", 0.0, -1, -1))
    assert not view.quote.isVisible() and not view.more.isVisible()


def test_a_recorded_answer_has_no_place(view: PassageAnswer) -> None:
    view.show_output(GeneratedText("7 days, I think", (), 0, "stop"))
    assert view.answer.text() == "7 days, I think"
    assert not view.quote.isVisible() and not view.facts.isVisible()


def test_what_the_baseline_answers_is_said(view: PassageAnswer) -> None:
    view.show_output(FOUND, FOUND)
    assert "same as the baseline" in view.legend.text()
    view.show_output(FOUND, FoundPassage("30 days", 0.5, 3, 9))
    assert view.legend.text() == "The baseline answers: 30 days"
    view.show_output(FOUND, FoundPassage("", 0.5, -1, -1))
    assert "no answer" in view.legend.text()
    view.show_output(FOUND)
    assert not view.legend.isVisible()


def test_two_clicks_to_an_answer_marked_in_its_document(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.pages["home"]._cards["question-answering"], Qt.MouseButton.LeftButton)
    page = window.pages["try"]
    qtbot.waitUntil(lambda: page.model.task is not None and not page.model.loading, timeout=LONG_MS)
    assert page.model.columns and page.composer.fields["document"].value
    qtbot.mouseClick(page.composer.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.model.running, timeout=LONG_MS)
    shown = page.strip.columns[0].findChildren(PassageAnswer)[0]
    assert "within 7 days" in shown.answer.text()
    assert [mark.cursor.selectedText() for mark in shown.context.extraSelections()] == [shown.answer.text()]
