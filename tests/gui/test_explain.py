"""Why this answer: the dialog for every kind of answer, with the mouse and with the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.gui.main_window import MainWindow
from studio.gui.pages.try_page import TryPage
from studio.gui.widgets.explain.dialog import ExplainDialog
from studio.gui.words import speak

LONG_MS = 90_000


@pytest.fixture
def explained(window: MainWindow, qtbot: QtBot) -> Callable[[str], ExplainDialog]:
    """Opens Try of a use case, runs its first example, and explains the first answer."""

    def explain(task: str) -> ExplainDialog:
        window.shell.navigation.open_task(task)
        page = window.pages["try"]
        assert isinstance(page, TryPage)
        qtbot.waitUntil(lambda: page.model.task is not None and page.model.task.id == task, timeout=LONG_MS)
        qtbot.waitUntil(lambda: bool(page.model.columns) and not page.model.loading, timeout=LONG_MS)
        page.model.run()
        qtbot.waitUntil(lambda: not page.model.running, timeout=LONG_MS)
        dialog = page.explain(page.model.columns[0].id)
        assert isinstance(dialog, ExplainDialog)
        qtbot.waitUntil(lambda: not dialog.model.running, timeout=LONG_MS)
        assert dialog.model.failure is None
        return dialog

    return explain


def test_a_written_answer_word_by_word(explained: Callable[[str], ExplainDialog], qtbot: QtBot) -> None:
    dialog = explained("translation")
    found = dialog.model.found
    assert found is not None and found.steps
    assert dialog.written.toPlainText() == found.answer
    whole = dialog.text.accessibleDescription()
    dialog.written.setFocus()
    qtbot.keyClick(dialog.written, Qt.Key.Key_Right)
    qtbot.keyClick(dialog.written, Qt.Key.Key_Right)
    assert dialog.written.place == 1
    assert found.steps[1].text in dialog._looked_at.text()
    assert dialog.text.accessibleDescription() != whole
    assert dialog.figures.selectionModel().selectedRows()[0].row() == 1
    # A line of the table chooses its word, and Escape goes back to the whole answer before it closes the dialog.
    dialog.figures.setFocus()
    dialog.figures.setCurrentIndex(dialog.figures.model().index(2, 0))
    assert dialog.written.place == 2
    dialog.written.setFocus()
    qtbot.keyClick(dialog.written, Qt.Key.Key_Escape)
    assert dialog.written.place == -1 and dialog.isVisible()
    assert dialog.text.accessibleDescription() == whole


def test_a_picture_with_its_map(explained: Callable[[str], ExplainDialog], qtbot: QtBot) -> None:
    dialog = explained("image-classification")
    found = dialog.model.found
    assert found is not None and found.grid is not None
    assert not dialog.text.isVisible() and dialog.picture.isVisible()
    cell = dialog.picture.width() // found.grid.columns
    qtbot.mouseClick(dialog.picture, Qt.MouseButton.LeftButton, pos=QPoint(cell + cell // 2, cell // 2))
    assert dialog.picture.place == 1
    assert dialog._looked_at.text().startswith("B1:")
    dialog.picture.setFocus()
    qtbot.keyClick(dialog.picture, Qt.Key.Key_Down)
    assert dialog.picture.place == 1 + found.grid.columns
    assert found.parts[dialog.picture.place].text in dialog.picture.accessibleDescription()
    drawn = dialog.picture.grab().toImage()
    assert len({drawn.pixelColor(x, y).name() for x in range(0, 200, 9) for y in range(0, 200, 9)}) > 20


def test_passages_of_a_document(explained: Callable[[str], ExplainDialog]) -> None:
    dialog = explained("question-answering")
    found = dialog.model.found
    assert found is not None and found.considered
    assert dialog.considered.isVisible()
    assert found.answer in dialog._answer.text()


def test_another_method_and_keeping_it(
    explained: Callable[[str], ExplainDialog], window: MainWindow, qtbot: QtBot
) -> None:
    dialog = explained("text-classification")
    model = dialog.model
    assert model.methods == ("occlusion", "shapley", "integrated-gradients")
    first = model.found
    model.choose("shapley")
    assert model.running and model.found is None and not dialog.keep_button.isEnabled()
    qtbot.waitUntil(lambda: not model.running, timeout=LONG_MS)
    assert model.found is not None and model.found.method == "shapley"
    assert "Shapley" in dialog._method.text()
    qtbot.mouseClick(dialog.keep_button, Qt.MouseButton.LeftButton)
    assert not dialog.keep_button.isEnabled() and dialog.keep_button.text() == "Kept for the report"
    session = window.shell.project.session
    assert session is not None
    (kept,) = session.kept.explanations("text-classification")
    assert kept.explanation == model.found and kept.input == model.text
    # What was found before is there at once.
    model.choose("occlusion")
    assert model.found is first and not model.running and dialog.keep_button.isEnabled()


def test_it_fits_and_speaks_both_languages(
    explained: Callable[[str], ExplainDialog], window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(1024, 700)
    dialog = explained("chat")
    assert dialog.height() <= window.height()
    assert not dialog._area.horizontalScrollBar().isVisible()
    speak("zh_CN")
    try:
        QApplication.processEvents()
        assert dialog.close_button.text() == "关闭"
    finally:
        speak("en")
