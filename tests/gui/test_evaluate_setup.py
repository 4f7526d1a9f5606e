"""The set-up half of Evaluate: a file or a sample in, what it means, who answers; with the starter models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QInputDialog
from pytestqt.qtbot import QtBot

from studio.domain.comparison import Candidate
from studio.domain.i18n import _
from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate import EvaluatePage
from studio.gui.viewmodels.evaluate_setup_import import role_of, with_role
from studio.gui.viewmodels.evaluate_setup_rows import TableRows
from studio.gui.widgets.evaluate_setup.broken_dialog import BrokenDialog
from studio.gui.widgets.evaluate_setup.columns_dialog import ColumnsDialog
from studio.gui.widgets.evaluate_setup.labels_dialog import LabelsDialog
from studio.gui.widgets.text import Text
from tests.gui.conftest import shown_window

LONG_MS = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> EvaluatePage:
    """Evaluate for text classification, with nothing in it."""
    window.shell.navigation.choose_task("text-classification")
    window.shell.navigation.open_screen("evaluate")
    page = window.pages["evaluate"]
    loaded(page, qtbot)
    return page


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "july.csv"
    lines = [f"T{n};message {n} about money;{label};EU" for n, label in enumerate(["Refund", "track order"] * 20)]
    path.write_text("id;message;queue;region\n" + "\n".join(lines) + "\nbroken;row\n", encoding="utf-8")
    return path


def examined(page: EvaluatePage, qtbot: QtBot) -> None:
    setup = page.setup
    qtbot.waitUntil(
        lambda: setup.dataset is not None and setup.readiness is not None and not setup.examining, timeout=LONG_MS
    )


def imported(page: EvaluatePage, table: Path, qtbot: QtBot) -> None:
    page.take_file(table)
    qtbot.waitUntil(lambda: page.setup.importing.preview is not None, timeout=LONG_MS)
    qtbot.mouseClick(page.importer.import_button, LEFT)
    examined(page, qtbot)


def loaded(page: EvaluatePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.setup.task is not None and not page.setup.loading, timeout=LONG_MS)


def shown(page: EvaluatePage) -> object:
    return page._stack.currentWidget()


def test_without_a_use_case_there_is_one_way_on(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.navigation.open_screen("evaluate")
    page = window.pages["evaluate"]
    assert shown(page) is page._no_task
    qtbot.mouseClick(page._no_task.button, LEFT)
    assert window.shell.navigation.screen == "home"


def test_the_sample_is_two_clicks_away(page: EvaluatePage, qtbot: QtBot) -> None:
    assert shown(page) is page.start
    assert "200 support messages" in page.start.area.title.text()
    qtbot.mouseClick(page.start.sample_button, LEFT)
    examined(page, qtbot)
    assert shown(page) is page.setup_view
    assert page.setup.dataset.rows == 200
    assert [each.title for each in page.setup.candidates.taking_part][-1] == "keyword rules"
    assert len(page.setup.candidates.taking_part) == 3
    assert page.setup.can_run and page.setup_view.run_button.isEnabled()
    assert any("200 rows" in note for note in page.setup_view.data.notes())
    assert page.setup_view.data.rows.rowCount() == 200


def test_a_sample_brings_the_models_that_fit_it(page: EvaluatePage, qtbot: QtBot) -> None:
    page.start.sample_wanted.emit("sentiment")
    examined(page, qtbot)
    qtbot.waitUntil(
        lambda: (
            {each.candidate.model for each in page.setup.candidates.taking_part}
            == {"starter/sentiment-tiny", "starter/sentiment-minilm"}
        ),
        timeout=LONG_MS,
    )
    qtbot.waitUntil(lambda: not page.setup.examining and not page.setup.readiness.unknown_labels, timeout=LONG_MS)


def test_a_dropped_file_is_shown_before_it_is_imported(page: EvaluatePage, table: Path, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(table))])
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    page.dropEvent(event)
    qtbot.waitUntil(lambda: shown(page) is page.importer, timeout=LONG_MS)
    importer = page.importer
    assert importer.rows.columns == ("id", "message", "queue", "region")
    assert importer.rows.rowCount() == 40
    assert importer.delimiters.currentData() == ";"
    assert {name: box.currentData() for name, box in importer.editor.choices.items()} == {
        "id": "id",
        "message": "input text",
        "queue": "reference",
        "region": "variable",
    }
    qtbot.mouseClick(importer.import_button, LEFT)
    examined(page, qtbot)
    assert (page.setup.dataset.rows, page.setup.dataset.broken, page.setup.dataset.name) == (40, 1, "july")
    assert page.setup_view.data._aside.isVisible()
    page._on_data_asked("aside")
    dialog = page.findChild(BrokenDialog)
    assert "2 cells where the table has 4" in dialog.table.model().index(0, 1).data()
    dialog.accept()


def test_columns_are_chosen_by_hand(page: EvaluatePage, table: Path, qtbot: QtBot) -> None:
    page.take_file(table)
    qtbot.waitUntil(lambda: page.setup.importing.preview is not None, timeout=LONG_MS)
    editor = page.importer.editor

    def choose(name: str, role: str) -> None:
        box = editor.choices[name]
        box.setCurrentIndex(box.findData(role))
        box.activated.emit(box.currentIndex())

    choose("message", "")
    assert not page.importer.import_button.isEnabled() and page.importer._hint.isVisible()
    choose("region", "input text")
    choose("message", "recorded")
    choose("id", "latency message")
    choose("queue", "group")
    assert page.importer.import_button.isEnabled()
    qtbot.mouseClick(page.importer.import_button, LEFT)
    examined(page, qtbot)
    mapping = page.setup.dataset.mapping
    assert mapping.inputs == {"text": "region"} and mapping.groups == ("queue",) and mapping.reference == ""
    assert mapping.recorded == {"message": "message"} and mapping.recorded_latency == {"message": "id"}
    assert any("nothing is scored" in note for note in page.setup_view.data.notes())

    page._on_data_asked("columns")
    dialog = page.findChild(ColumnsDialog)
    editor = dialog.editor
    choose("queue", "reference")
    qtbot.mouseClick(dialog.done_button, LEFT)
    qtbot.waitUntil(lambda: page.setup.dataset.mapping.reference == "queue")
    page.window().action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: page.setup.dataset.mapping.reference == "")


def test_labels_are_mapped_with_suggestions_and_undone(
    page: EvaluatePage, table: Path, window: MainWindow, qtbot: QtBot
) -> None:
    imported(page, table, qtbot)
    assert page.setup_view.data.labels_button.isVisible()
    qtbot.mouseClick(page.setup_view.data.labels_button, LEFT)
    dialog = page.findChild(LabelsDialog)
    qtbot.mouseClick(dialog.suggest_button, LEFT)
    qtbot.mouseClick(dialog.done_button, LEFT)
    wanted = {"Refund": "get_refund", "track order": "track_order"}
    qtbot.waitUntil(lambda: page.setup.dataset.label_map == wanted)
    qtbot.waitUntil(
        lambda: (
            not page.setup.examining and not any("unknown to every model" in n for n in page.setup_view.data.notes())
        ),
        timeout=LONG_MS,
    )
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: page.setup.dataset.label_map == {})


def test_a_file_that_is_none_says_why_and_nothing_changes(page: EvaluatePage, tmp_path: Path, qtbot: QtBot) -> None:
    photo = tmp_path / "photo.csv"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    page.take_file(photo)
    qtbot.waitUntil(lambda: page._problem is not None, timeout=LONG_MS)
    assert "holds no table" in page._problem.accessibleName()
    assert shown(page) is page.start
    page.start.sample_wanted.emit("support")
    examined(page, qtbot)
    assert page._problem is None


def test_candidates_are_switched_removed_and_brought_back(page: EvaluatePage, window: MainWindow, qtbot: QtBot) -> None:
    page.start.sample_wanted.emit("support")
    examined(page, qtbot)
    candidates, card = page.setup.candidates, page.setup_view.candidates
    first = candidates.all[0]
    for each in candidates.all:
        qtbot.mouseClick(card.boxes[each.key], LEFT, pos=card.boxes[each.key].rect().center())
    assert candidates.taking_part == () and not page.setup_view.run_button.isEnabled()
    qtbot.mouseClick(card.boxes[first.key], LEFT, pos=card.boxes[first.key].rect().center())
    assert [each.key for each in candidates.taking_part] == [first.key]
    candidates.remove(first.key)
    qtbot.waitUntil(lambda: first.key not in {each.key for each in candidates.all})
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: first.key in {each.key for each in candidates.all})
    page.commands["add_candidate"].run()
    picker = page.findChildren(QDialog)[-1]
    qtbot.waitUntil(lambda: candidates.free_mb is not None, timeout=LONG_MS)
    assert picker.rows()
    picker.reject()


def test_the_choice_is_remembered_with_the_project(page: EvaluatePage, window: MainWindow, qtbot: QtBot) -> None:
    page.start.sample_wanted.emit("support")
    examined(page, qtbot)
    key = page.setup.candidates.all[1].key
    page.setup.candidates.switch(key, False)
    page.setup_view.scope.limit.setValue(50)
    page.setup_view.scope.limit.editingFinished.emit()
    window.shell.navigation.choose_task("chat")
    qtbot.waitUntil(lambda: not page.setup.loading and page.setup.dataset is None, timeout=LONG_MS)
    window.shell.navigation.choose_task("text-classification")
    qtbot.waitUntil(lambda: not page.setup.loading and page.setup.dataset is not None, timeout=LONG_MS)
    assert page.setup.limit == 50 and page.setup.rows_taking_part == 50
    assert key not in {each.key for each in page.setup.candidates.taking_part}
    assert "50 rows" in page.setup_view.scope._sentence.text()


def test_removed_data_comes_back(page: EvaluatePage, window: MainWindow, qtbot: QtBot) -> None:
    page.start.sample_wanted.emit("support")
    examined(page, qtbot)
    page._remove_data()
    qtbot.waitUntil(lambda: shown(page) is page.start)
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: shown(page) is page.setup_view)


def test_the_language_changes_while_data_is_shown(
    page: EvaluatePage, table: Path, window: MainWindow, qtbot: QtBot
) -> None:
    imported(page, table, qtbot)
    page.take_file(table)
    qtbot.waitUntil(lambda: shown(page) is page.importer, timeout=LONG_MS)
    window.shell.preferences.set_value("language", "zh_CN")
    assert page.importer.import_button.text() == _("Import") != "Import"
    assert page.importer.delimiters.currentText() == _("Semicolon") != "Semicolon"
    page.setup.importing.drop()
    assert shown(page) is page.setup_view
    assert not any("expected" in note for note in page.setup_view.data.notes())
    window.shell.preferences.set_value("language", "en")


def test_every_role_goes_back_and_forth() -> None:
    from studio.domain.dataset import ColumnMapping

    mapping = ColumnMapping({"text": "a"}, "b", ("c",), "d", ("e",), {"f": "f"}, {"f": "g"})
    roles = {name: role_of(mapping, name) for name in "abcdefgh"}
    assert roles == {
        "a": "input text",
        "b": "reference",
        "c": "group",
        "d": "id",
        "e": "variable",
        "f": "recorded",
        "g": "latency f",
        "h": "",
    }
    for name, role in roles.items():
        if role != "recorded":
            assert role_of(with_role(with_role(mapping, name, ""), name, role), name) == role
    assert with_role(mapping, "h", "reference").reference == "h"
    assert with_role(mapping, "f", "").recorded_latency == {}


def test_a_table_reads_only_what_is_shown(page: EvaluatePage, window: MainWindow, tmp_path: Path) -> None:
    session = window.shell.project.session
    from studio.domain.dataset import ColumnMapping, FileFormat

    made = session.datasets.add(
        "chat",
        "n",
        "s",
        FileFormat("csv"),
        ("a",),
        ((f"row {n}\nmore",) for n in range(100_000)),
        [],
        "",
        ColumnMapping(),
    )
    rows = TableRows()
    rows.show_dataset(session, made)
    assert rows.rowCount() == 100_000
    assert rows.index(99_999, 0).data() == "row 99999 more"
    assert rows.index(50_000, 0).data(Qt.ItemDataRole.ToolTipRole) == "row 50000\nmore"
    for row in range(0, 100_000, 500):
        rows.index(row, 0).data()
    assert len(rows._pages) <= 40


# -- the run ---------------------------------------------------------------------------------------------------------


def test_two_clicks_from_the_sample_to_results(
    page: EvaluatePage, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.mouseClick(page.start.sample_button, LEFT)
    examined(page, qtbot)
    window.action_set.trigger("run")
    assert page.setup.run.running and shown(page) is page.run_view
    assert [job.title for job in window.shell.jobs.running] == ["Evaluating"]
    qtbot.waitUntil(lambda: not page.setup.run.running, timeout=LONG_MS)
    info = page.setup.run.info
    assert info.status == "finished"
    assert [(each.done, each.failed) for each in info.candidates] == [(200, 0)] * 3
    assert shown(page) is page._results
    assert window.shell.jobs.running == ()
    qtbot.waitUntil(lambda: len(page.setup.evaluations) == 1)
    page._remove_evaluation(info.id)
    assert shown(page) is page.setup_view and page.setup.unfinished is None
    qtbot.waitUntil(lambda: page.setup.evaluations == ())
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: len(page.setup.evaluations) == 1)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_arguments: ("  June ", True))
    page._rename_evaluation(page.setup.evaluations[0])
    qtbot.waitUntil(lambda: page.setup.evaluations[0].title == "June")
    page.show_evaluation(info.id)
    assert shown(page) is page._results


def chatting(page: EvaluatePage, window: MainWindow, qtbot: QtBot) -> None:
    """Chat with its sample and one candidate, which takes a while."""
    window.shell.navigation.choose_task("chat")
    qtbot.waitUntil(lambda: not page.setup.loading, timeout=LONG_MS)
    page.start.sample_wanted.emit("shop-chat")
    examined(page, qtbot)
    for each in page.setup.candidates.all:
        page.setup.candidates.switch(each.key, "base" in each.candidate.model)
    page.setup.set_scope(25, 1, 0)
    page.setup.run.start()
    qtbot.waitUntil(lambda: page.setup.run.done() >= 2, timeout=LONG_MS)


def test_what_was_stopped_goes_on_with_the_rest(page: EvaluatePage, window: MainWindow, qtbot: QtBot) -> None:
    chatting(page, window, qtbot)
    window.action_set.trigger("stop")
    qtbot.waitUntil(lambda: not page.setup.run.running, timeout=LONG_MS)
    stopped = page.setup.run.info
    assert stopped.status == "stopped" and 2 <= stopped.candidates[0].done < 25
    qtbot.waitUntil(lambda: page.setup_view._notice is not None)
    assert shown(page) is page.setup_view
    (candidate,) = stopped.candidates
    # One that broke off, such as a server that is gone, can go on just so.
    page.setup.evaluations = (replace(stopped, status="failed", candidates=(replace(candidate, status="failed"),)),)
    page.setup_view.show_unfinished()
    assert any("could not go on" in text.text() for text in page.setup_view._notice.findChildren(Text))
    page.setup_view.continue_wanted.emit()
    qtbot.waitUntil(lambda: not page.setup.run.running, timeout=LONG_MS)
    assert page.setup.run.info.id == stopped.id
    assert page.setup.run.info.status == "finished" and page.setup.run.info.candidates[0].done == 25
    assert page.setup.unfinished is None


def test_a_closed_window_offers_to_go_on_when_it_is_open_again(
    page: EvaluatePage, window: MainWindow, qtbot: QtBot, application, settings, tmp_path, monkeypatch
) -> None:
    chatting(page, window, qtbot)
    window.close()
    for again in shown_window(qtbot, application, settings, tmp_path, monkeypatch):
        again.shell.navigation.choose_task("chat")
        again.shell.navigation.open_screen("evaluate")
        reopened: EvaluatePage = again.pages["evaluate"]
        loaded(reopened, qtbot)
        assert reopened.setup.unfinished is not None
        assert reopened.setup.unfinished.candidates[0].done >= 2
        assert shown(reopened) is reopened.setup_view and reopened.setup_view._notice.isVisible()


def test_another_use_case_can_be_looked_at_meanwhile(page: EvaluatePage, window: MainWindow, qtbot: QtBot) -> None:
    chatting(page, window, qtbot)
    window.shell.navigation.choose_task("text-classification")
    qtbot.waitUntil(lambda: not page.setup.loading, timeout=LONG_MS)
    assert shown(page) is page.start
    qtbot.waitUntil(lambda: not page.setup.run.running, timeout=LONG_MS)
    assert page.setup.run.info.status == "finished"
    assert shown(page) is page.start
    assert page.setup.evaluations == ()


def test_a_model_that_is_gone_is_said_before_anything_runs(
    page: EvaluatePage, window: MainWindow, qtbot: QtBot
) -> None:
    page.start.sample_wanted.emit("support")
    examined(page, qtbot)
    window.shell.project.session.add_column("text-classification", Candidate("nowhere/gone", "int8"))
    qtbot.waitUntil(lambda: len(page.setup.candidates.all) == 4)
    page.setup.run.start()
    qtbot.waitUntil(lambda: not page.setup.run.running and page._problem is not None, timeout=LONG_MS)
    assert "nowhere/gone" in page._problem.accessibleName()
    assert shown(page) is page.setup_view and page.setup.evaluations == ()
