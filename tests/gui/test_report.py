"""The Report screen: pages as they will be printed, what goes in, and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from studio.gui.main_window import MainWindow
from studio.gui.pages.report import ReportPage
from tests.gui.evaluated import labels_evaluation


def _page(window: MainWindow, qtbot: QtBot) -> ReportPage:
    shell = window.shell
    qtbot.waitUntil(lambda: shell.project.session is not None)
    shell.navigation.open_screen("report")
    page = window.findChild(ReportPage)
    assert page is not None
    return page


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> ReportPage:
    shell = window.shell
    qtbot.waitUntil(lambda: shell.project.session is not None)
    assert shell.project.session is not None
    labels_evaluation(shell.project.session, 60)
    found = _page(window, qtbot)
    qtbot.waitUntil(lambda: found.pages.count > 0 and not found.model.making, timeout=30_000)
    return found


def test_without_an_evaluation_it_says_what_is_missing(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    qtbot.waitUntil(page._empty.isVisible)
    page._empty.button.click()
    assert window.shell.navigation.screen == "evaluate"


def test_pages_follow_what_is_chosen(page: ReportPage, qtbot: QtBot) -> None:
    before = page.pages.count
    box = page.options._sections["labels"]
    assert box.isChecked()
    box.click()
    qtbot.waitUntil(
        lambda: (
            not page.model.making
            and page.model.report is not None
            and all(section.id != "labels" for section in page.model.report.sections)
        ),
        timeout=30_000,
    )
    assert 0 < page.pages.count <= before
    assert page.model.choices is not None
    assert page.model.choices.left_out == ("labels",)


def test_redacted_shows_no_row(page: ReportPage, qtbot: QtBot) -> None:
    assert page.model.report is not None
    assert page.model.report.rows is not None
    page.options.redact.click()
    qtbot.waitUntil(
        lambda: not page.model.making and page.model.report is not None and page.model.report.rows is None,
        timeout=30_000,
    )
    assert not page.options.rows.isEnabled()


def test_files_are_written(page: ReportPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path / "out"))
    page.options._formats["md"].setChecked(True)
    with qtbot.waitSignal(page.model.written, timeout=30_000) as written:
        page.options.export_button.click()
    paths = written.args[0]
    assert [path.suffix for path in paths] == [".html", ".pdf", ".md"]
    assert all(path.stat().st_size > 1000 for path in paths)
    # Somebody edited one: it is not replaced without a question.
    paths[2].write_text("edited", encoding="utf-8")
    asked = []
    monkeypatch.setattr(
        QMessageBox,
        "question",
        lambda _parent, _title, question: asked.append(question) or QMessageBox.StandardButton.No,
    )
    page.options.export_button.click()
    assert paths[2].name in asked[0]
    assert not page.model.exporting
    assert paths[2].read_text(encoding="utf-8") == "edited"
    for box in page.options._formats.values():
        box.setChecked(False)
    assert not page.options.export_button.isEnabled()
