"""Labelling with the keyboard: answers, undo, skip, the copy that is saved, and teaching again with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.gui.main_window import MainWindow
from studio.gui.viewmodels import teach_labelling
from studio.gui.viewmodels.teach import next_name
from studio.gui.viewmodels.teach_labelling import LabellingModel
from studio.gui.widgets.teach.label_dialog import LabelDialog
from studio.tasks import find_task

LONG_MS = 90_000
MODEL = "starter/support-intents-tiny:int8"
_WISHES = ["cancel my order", "stop the order of the lamp", "where is the parcel", "has it been sent", "I want a bill"]


def _write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _opened(
    window: MainWindow, qtbot: QtBot, data: str, task: str, columns: tuple[str, str], model: str
) -> LabelDialog:
    shell = window.shell
    labelling = LabellingModel(
        find_task(task), data, columns, model, shell.background, lambda: shell.library, lambda: shell.pool
    )
    dialog = LabelDialog(labelling, window)
    dialog.show()
    labelling.begin()
    qtbot.waitUntil(lambda: labelling.state != "reading", timeout=LONG_MS)
    assert labelling.failure is None
    return dialog


@pytest.fixture
def few(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> Iterator[LabelDialog]:
    """Three labels and no model, so that each has a key."""
    rows = [["text", "label"], ["refund me", "refund"], ["send it back", "return"], ["hi there", "hello"]]
    sheet = _write(tmp_path / "wishes.csv", [*rows, *([text, ""] for text in _WISHES)])
    dialog = _opened(window, qtbot, str(sheet), "text-classification", ("text", "label"), "")
    yield dialog
    dialog.close()


def test_keys_answer_skip_and_undo(few: LabelDialog, tmp_path: Path, qtbot: QtBot) -> None:
    model = few.model
    assert model.labels == ("hello", "refund", "return")
    order = [row.row for row in model.rows]
    qtbot.keyClick(few, Qt.Key.Key_2)
    qtbot.keyClick(few, Qt.Key.Key_S)
    qtbot.keyClick(few, Qt.Key.Key_3)
    qtbot.keyClick(few, Qt.Key.Key_9)
    assert model.said == {order[0]: "refund", order[2]: "return"}
    assert (model.place, model.skipped) == (3, 1)
    qtbot.keyClick(few, Qt.Key.Key_Backspace)
    qtbot.keyClick(few, Qt.Key.Key_Backspace)
    assert model.row is not None
    assert model.row.row == order[1]
    assert (model.said, model.skipped) == ({order[0]: "refund"}, 0)
    for _turn in range(4):
        qtbot.keyClick(few, Qt.Key.Key_1)
    assert model.state == "done"
    qtbot.waitUntil(lambda: model.is_saved, timeout=LONG_MS)
    assert model.target == tmp_path / "wishes.labelled.csv"
    written = _read(model.target)
    assert [line[1] for line in written[4:]] == [model.said[3 + place] for place in range(5)]
    assert [line[1] for line in _read(tmp_path / "wishes.csv")[4:]] == [""] * 5
    assert few.teach_button.isEnabled()
    with qtbot.waitSignal(few.teach_wanted) as wanted:
        qtbot.keyClick(few.teach_button, Qt.Key.Key_Space)
    assert wanted.args == [str(model.target), "text", "label"]


def test_what_is_said_is_saved_as_it_happens_and_elsewhere(few: LabelDialog, tmp_path: Path, qtbot: QtBot) -> None:
    model = few.model
    qtbot.keyClick(few, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: model.is_saved, timeout=LONG_MS)
    first = model.target
    assert first is not None
    assert first.exists()
    model.save_as(tmp_path / "wishes.csv")
    qtbot.waitUntil(lambda: model.failure is not None, timeout=LONG_MS)
    assert model.target == first
    model.save_as(tmp_path / "other.csv")
    qtbot.waitUntil(lambda: model.is_saved and model.failure is None, timeout=LONG_MS)
    assert (tmp_path / "other.csv").exists()
    assert not first.exists()


def test_many_labels_are_typed_ahead_and_new_ones_are_possible(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teach_labelling, "documents", lambda: tmp_path / "documents")
    new = _write(tmp_path / "new.csv", [["message"], *([text] for text in _WISHES)])
    dialog = _opened(window, qtbot, "sample:support", "text-classification", ("message", "expected"), MODEL)
    model, search = dialog.model, dialog.search
    assert model.state == "choose"
    assert "support.csv" in dialog._empty.title.text()
    model.use_sheet(new)
    qtbot.waitUntil(lambda: model.state == "labelling", timeout=LONG_MS)
    assert len(model.labels) == 27
    assert model.row is not None
    first = search.list.item(0).data(Qt.ItemDataRole.UserRole)
    assert first == model.row.guesses[0][0]
    QTest.keyClicks(search.field, "ord")
    found = [search.list.item(place).data(Qt.ItemDataRole.UserRole) for place in range(search.list.count())]
    assert "cancel_order" in found
    assert "review" not in found
    QTest.keyClick(search.field, Qt.Key.Key_Down)
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    QTest.keyClicks(search.field, "bill me")
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    QTest.keyClick(search.field, Qt.Key.Key_Right)
    assert list(model.said.values()) == [found[1], "bill me"]
    assert "bill me" in model.labels
    assert model.skipped == 1
    QTest.keyClick(search.field, Qt.Key.Key_Backspace)
    QTest.keyClick(search.field, Qt.Key.Key_Backspace)
    assert list(model.said.values()) == [found[1]]
    qtbot.waitUntil(lambda: model.is_saved, timeout=LONG_MS)
    # A sample ships with the studio: its copy goes to the user's documents.
    assert model.target == tmp_path / "documents" / "support.labelled.csv"
    assert len(_read(model.target)) == 202
    dialog.close()


def test_from_nothing_labels_are_found_on_the_way_and_more_rows_follow(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    texts = [f"{wish} {thing}" for wish in ("cancel the", "where is my") for thing in "abcdefghijklmnop"]
    sheet = _write(tmp_path / "raw.csv", [["text"], *([text] for text in texts)])
    dialog = _opened(window, qtbot, str(sheet), "text-classification", ("text", ""), "")
    model, search = dialog.model, dialog.search
    assert (model.labels, len(model.rows)) == ((), 20)
    for place, label in enumerate(["cancel", "track"] * 10):
        assert model.place == place
        QTest.keyClicks(search.field, label)
        QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert model.labels == ("cancel", "track")
    qtbot.waitUntil(lambda: model.is_saved, timeout=LONG_MS)
    assert model.lesson_columns == ("text", "label")
    first = model.target
    assert first is not None
    qtbot.mouseClick(dialog.more_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.state == "labelling", timeout=LONG_MS)
    assert len(model.rows) == 12
    assert model.labels == ("cancel", "track")
    # Now there are keys; a label that has none can be typed.
    qtbot.keyClick(dialog, Qt.Key.Key_1)
    qtbot.keyClick(dialog, Qt.Key.Key_N)
    QTest.keyClicks(search.field, "other")
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert list(model.said.values()) == ["cancel", "other"]
    qtbot.waitUntil(lambda: model.is_saved, timeout=LONG_MS)
    assert model.target is not None
    assert model.target != first
    answers = [line[1] for line in _read(model.target)[1:]]
    assert len([answer for answer in answers if answer]) == 22
    assert "22" in dialog.teach_button.text()
    dialog.close()


def test_a_number_must_be_one(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    rows = [["text", "stars"], *([f"rather good {n}", str(n)] for n in range(5)), ["bad", ""], ["great", ""]]
    sheet = _write(tmp_path / "stars.csv", rows)
    dialog = _opened(window, qtbot, str(sheet), "regression", ("text", "stars"), "")
    QTest.keyClicks(dialog.number.field, "many")
    QTest.keyClick(dialog.number.field, Qt.Key.Key_Return)
    assert dialog.model.said == {}
    dialog.number.field.clear()
    QTest.keyClicks(dialog.number.field, "4.5")
    QTest.keyClick(dialog.number.field, Qt.Key.Key_Return)
    assert list(dialog.model.said.values()) == ["4.5"]
    dialog.close()


def test_names_count_up() -> None:
    assert next_name("mine/support") == "mine/support-2"
    assert next_name("mine/support-9") == "mine/support-10"
