"""The Models screen over the shipped models."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from studio.gui.main_window import MainWindow
from studio.gui.pages.models import ModelsPage
from studio.gui.widgets.text import Text

TINY = "starter/support-intents-tiny"


def _page(window: MainWindow, qtbot: QtBot) -> ModelsPage:
    window.shell.navigation.open_screen("models")
    page = window.page
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: bool(page.rows))
    return page


def test_shipped_models_are_listed_with_advice(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    assert TINY in page.rows
    assert "GB" in page.rows[TINY].accessibleDescription()


def test_words_and_use_case_filter_the_list(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    page.task_box.setCurrentIndex(page.task_box.findData("translation"))
    assert page.rows
    assert all("translate" in name for name in page.rows)
    page.search.setText("nothing is called this")
    assert not page.rows
    assert not page.detail.isVisible()


def test_verifying_says_that_every_file_is_whole(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    page.choose(TINY)
    assert not page.detail.remove_button.isVisible()
    with qtbot.waitSignal(page.library.verified):
        qtbot.mouseClick(page.detail.verify_button, Qt.MouseButton.LeftButton)
    said = [text.text() for text in page.detail.findChildren(Text)]
    assert "Every file is as it was when the model was added." in said


def test_try_it_opens_its_use_case(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    page.choose(TINY)
    qtbot.mouseClick(page.detail.try_button, Qt.MouseButton.LeftButton)
    assert window.shell.navigation.screen == "try"
    assert window.shell.navigation.task == "text-classification"


def test_an_own_model_is_removed_after_a_question(window: MainWindow, qtbot: QtBot, monkeypatch) -> None:
    import shutil

    library = window.shell.library
    shutil.copytree(library.shipped / TINY, library.own / "mine" / "copy")
    page = _page(window, qtbot)
    page.choose("mine/copy")
    asked = []

    def answer(_parent, _title, question):
        asked.append(question)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", answer)
    with qtbot.waitSignal(page.library.removed):
        qtbot.mouseClick(page.detail.remove_button, Qt.MouseButton.LeftButton)
    assert "MB" in asked[0]
    qtbot.waitUntil(lambda: "mine/copy" not in page.rows)
    assert not (library.own / "mine").exists()
