"""Make your own: from a sheet to a candidate beside the others, with the embedding model that ships."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate import EvaluatePage
from studio.gui.pages.models import ModelsPage
from studio.gui.pages.try_page import TryPage
from studio.gui.widgets.explain.dialog import ExplainDialog
from studio.gui.widgets.teach.dialog import TeachDialog

LONG_MS = 90_000


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> TryPage:
    window.shell.navigation.open_task("text-classification")
    page = window.pages["try"]
    assert isinstance(page, TryPage)
    qtbot.waitUntil(lambda: bool(page.model.columns), timeout=LONG_MS)
    return page


@pytest.fixture
def dialog(page: TryPage, qtbot: QtBot) -> TeachDialog:
    made = page.make_own()
    assert isinstance(made, TeachDialog)
    qtbot.waitUntil(lambda: bool(made.model.bases), timeout=LONG_MS)
    return made


def test_a_sample_becomes_a_third_candidate(dialog: TeachDialog, page: TryPage, qtbot: QtBot) -> None:
    model = dialog.model
    assert not dialog.start_button.isEnabled()
    model.choose("sample:support")
    qtbot.waitUntil(lambda: model.preview is not None, timeout=LONG_MS)
    assert (model.input_column, model.label_column, model.name) == ("message", "expected", "mine/support")
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert model.running
    assert not dialog.form.isVisible()
    qtbot.waitUntil(lambda: not model.running, timeout=3 * LONG_MS)
    assert model.failure is None
    assert model.taught is not None
    assert model.taught.scores["accuracy"].value > 0.6
    assert dialog.plot.isVisible()
    assert "right" in dialog.plot.accessibleDescription()
    qtbot.mouseClick(dialog.try_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.model.columns) == 3, timeout=LONG_MS)
    assert page.model.columns[-1].column.candidate.model == "mine/support"
    qtbot.waitUntil(lambda: page.model.can_run, timeout=LONG_MS)
    page.model.run()
    qtbot.waitUntil(lambda: not page.model.running, timeout=LONG_MS)
    last = page.model.columns[-1].last
    assert last is not None
    assert "cancel" in last.answer


def test_stop_leaves_nothing_and_can_begin_again(dialog: TeachDialog, window: MainWindow, qtbot: QtBot) -> None:
    model = dialog.model
    model.choose("sample:support")
    qtbot.waitUntil(lambda: model.can_start, timeout=LONG_MS)
    model.start()
    model.stop()
    qtbot.waitUntil(lambda: not model.running, timeout=LONG_MS)
    assert (model.failure, model.taught) == (None, None)
    assert dialog.start_button.isEnabled()
    assert "mine/support" not in [each.id for each in window.shell.library.all()]


def test_a_file_that_is_no_sheet_says_why(dialog: TeachDialog, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG\r\n" + bytes(100))
    dialog.model.choose(str(path))
    qtbot.waitUntil(lambda: dialog.model.failure is not None, timeout=LONG_MS)
    assert not dialog.start_button.isEnabled()
    one = tmp_path / "one.csv"
    one.write_text("message,label\nhello,a\nbye,a\nagain,a\n", encoding="utf-8")
    dialog.model.choose(str(one))
    qtbot.waitUntil(lambda: dialog.model.preview is not None, timeout=LONG_MS)
    dialog.model.set(input_column="message", label_column="label")
    dialog.model.start()
    qtbot.waitUntil(lambda: dialog.model.failure is not None, timeout=LONG_MS)
    assert "only one label" in dialog.model.failure.message


def test_a_use_case_without_teaching_does_not_offer_it(window: MainWindow, page: TryPage, qtbot: QtBot) -> None:
    assert page.teach_button.isVisible()
    window.shell.navigation.open_task("image-classification")
    qtbot.waitUntil(lambda: not page.teach_button.isVisible(), timeout=LONG_MS)
    assert page.make_own() is None


def test_more_rows_are_labelled_and_taught_again(
    page: TryPage, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    things = ("order", "refund", "parcel", "shoes", "jacket", "phone", "lamp", "chair", "table")
    things += ("book", "cup", "bag", "box", "hat", "pen", "coat", "desk", "bed")
    lines = ["message,wanted", *(f"cancel the {thing},cancel" for thing in things)]
    lines += [f"where is my {thing},track" for thing in things]
    lines += ["stop my order,", "has it been sent,"]
    sheet = tmp_path / "wishes.csv"
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    dialog = page.make_own()
    assert isinstance(dialog, TeachDialog)
    model = dialog.model
    qtbot.waitUntil(lambda: bool(model.bases), timeout=LONG_MS)
    model.choose(str(sheet))
    qtbot.waitUntil(lambda: model.can_start, timeout=LONG_MS)
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.taught is not None, timeout=LONG_MS)
    for earlier in range(2):
        qtbot.mouseClick(dialog.label_button, Qt.MouseButton.LeftButton)
        labelling = page.teaching.labelling
        assert labelling is not None
        qtbot.waitUntil(lambda shown=labelling: shown.model.state == "labelling", timeout=LONG_MS)
        # What was labelled before the dialog was closed is done.
        assert (labelling.model.earlier, len(labelling.model.rows)) == (earlier, 2 - earlier)
        assert labelling.teach_button.isEnabled() == bool(earlier)
        row = labelling.model.row
        assert row is not None
        assert row.guesses
        qtbot.keyClick(labelling, Qt.Key.Key_1 if "stop" in row.text else Qt.Key.Key_2)
        qtbot.waitUntil(lambda shown=labelling: shown.model.is_saved, timeout=LONG_MS)
        if not earlier:
            labelling.reject()
    assert labelling is not None
    qtbot.mouseClick(labelling.teach_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.taught is not None and model.gain is not None, timeout=LONG_MS)
    assert model.name == "mine/wishes-2"
    assert model.taught is not None
    assert sum(model.taught.sizes) == 38
    names = {each.id for each in window.shell.library.all()}
    assert {"mine/wishes", "mine/wishes-2"} <= names
    # In one click to Evaluate, on rows that it was not taught with.
    qtbot.mouseClick(dialog.compare_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.shell.navigation.screen == "evaluate", timeout=LONG_MS)
    evaluate = window.pages["evaluate"]
    assert isinstance(evaluate, EvaluatePage)
    qtbot.waitUntil(lambda: evaluate.setup.dataset is not None, timeout=LONG_MS)
    assert evaluate.setup.dataset is not None
    assert evaluate.setup.dataset.rows == model.taught.sizes[2]
    # Its base knows no labels: an evaluation tells it those that the data expects.
    taking_part = [each.candidate.model for each in evaluate.setup.candidates.taking_part if each.candidate is not None]
    assert set(taking_part) == {"mine/wishes-2", "starter/minilm-embeddings"}


def test_without_a_model_try_offers_to_get_one_or_to_make_one(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.navigation.open_task("regression")
    page = window.pages["try"]
    assert isinstance(page, TryPage)
    qtbot.waitUntil(page.empty.isVisible, timeout=LONG_MS)
    assert page.empty.make_button.isVisible()
    qtbot.mouseClick(page.empty.make_button, Qt.MouseButton.LeftButton)
    dialog = page.teaching.dialog
    assert dialog is not None
    assert dialog.model.methods == ("quick", "thorough")
    dialog.close()
    qtbot.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    models = window.pages["models"]
    assert isinstance(models, ModelsPage)
    assert models.views.value == "get"
    assert models.get.task_box.currentData() == "regression"


def test_an_answer_is_explained(page: TryPage, qtbot: QtBot) -> None:
    page.model.run()
    qtbot.waitUntil(lambda: not page.model.running, timeout=LONG_MS)
    state = page.model.columns[0]
    dialog = page.explain(state.id)
    assert isinstance(dialog, ExplainDialog)
    qtbot.waitUntil(lambda: not dialog.model.running, timeout=LONG_MS)
    assert dialog.model.failure is None
    assert dialog.model.found is not None
    assert dialog.model.found.answer == "cancel_order"
    assert dialog.text.toPlainText() == dialog.model.text
    assert len(dialog.text.extraSelections()) == len(dialog.model.found.parts)
    assert "cancel" in dialog.text.accessibleDescription()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
