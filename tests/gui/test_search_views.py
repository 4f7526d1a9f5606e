"""Search and themes in the window: the field for many texts, and what was found."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QToolTip
from pytestqt.qtbot import QtBot

from studio.domain.prediction import Findings, Hit, Theme
from studio.domain.task import Field
from studio.gui.widgets.answers.findings import FindingsAnswer
from studio.gui.widgets.inputs.texts import TextsInput

TEXTS = tuple(f"<b>text</b> {number} & more" for number in range(12))
FOUND = Findings(
    (0.6, 0.8),
    tuple(Hit(place, 0.9 - place / 10) for place in (3, 1, 0, 2, 5, 4, 7)),
    (Theme("Refund", (3, 1, 0, 2, 4, 5, 6)), Theme("Parcel", (8, 7, 9, 10, 11))),
    tuple((number / 12, (number * 5 % 12) / 12) for number in range(12)),
    TEXTS,
)


@pytest.fixture
def field(application, qtbot: QtBot) -> TextsInput:
    made = TextsInput(Field("texts", "texts", "Texts", "Paste texts"))
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def view(application, qtbot: QtBot) -> FindingsAnswer:
    made = FindingsAnswer()
    qtbot.addWidget(made)
    made.resize(340, 900)
    made.show()
    made.show_output(FOUND)
    return made


def _rows(view: FindingsAnswer) -> list[str]:
    return [row.accessibleName() for row in view._rows if row.isVisible()]


def _drop(field: TextsInput, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    middle = QPointF(field.rect().center())
    arguments = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    field.dragEnterEvent(QDragEnterEvent(middle.toPoint(), *arguments))
    assert field.property("dropping")
    field.dropEvent(QDropEvent(middle, *arguments))
    assert not field.property("dropping")


# -- the field -----------------------------------------------------------------------------------------------------


def test_lines_are_counted_while_they_are_typed(field: TextsInput, qtbot: QtBot) -> None:
    assert field.count.text() == "One text a line, or drop a table."
    assert not field.clear_button.isVisible()
    with qtbot.waitSignal(field.changed):
        qtbot.keyClicks(field.area, "first")
    qtbot.keyClick(field.area, Qt.Key.Key_Return)
    qtbot.keyClick(field.area, Qt.Key.Key_Return)
    qtbot.keyClicks(field.area, "second")
    assert field.count.text() == "2 texts"
    with qtbot.waitSignal(field.submitted):
        qtbot.keyClick(field.area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(field.clear_button, Qt.MouseButton.LeftButton)
    assert field.value == "" and field.area.hasFocus()


def test_a_dropped_table_gives_its_messages_and_another_column_can_be_chosen(
    field: TextsInput, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = tmp_path / "tickets.csv"
    sheet.write_text('id,message,topic\n1,"where is\nmy refund",refund\n2,,parcel\n3,my parcel is late,parcel\n')
    with qtbot.waitSignal(field.changed, timeout=10_000):
        _drop(field, sheet)
    assert field.value == "where is my refund\nmy parcel is late"
    assert field.columns.isVisible() and field.columns.currentText() == "message"
    assert not field.sheets.isVisible()
    with qtbot.waitSignal(field.changed, timeout=10_000):
        field.columns.textActivated.emit("topic")
    assert field.value == "refund\nparcel\nparcel"
    assert field.columns.currentText() == "topic"
    field.show_value("typed anew")
    assert not field.columns.isVisible()


def test_a_file_that_is_none_says_so_and_keeps_what_was_there(
    field: TextsInput, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.show_value("kept")
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_arguments: (str(picture), ""))
    qtbot.mouseClick(field.choose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(field.message.isVisible, timeout=10_000)
    assert "picture.csv" in field.message.text()
    assert field.value == "kept"


# -- what was found ------------------------------------------------------------------------------------------------


def test_hits_come_first_five_at_a_time(view: FindingsAnswer, qtbot: QtBot) -> None:
    assert view.part == "hits" and not view.map.isVisible()
    assert _rows(view)[0] == f"1. {TEXTS[3]}, similarity 0.60"
    assert len(_rows(view)) == 5
    qtbot.mouseClick(view._more, Qt.MouseButton.LeftButton)
    assert len(_rows(view)) == 7
    qtbot.mouseClick(view.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().splitlines()[1] == f"0.80\t{TEXTS[1]}"


def test_hits_are_compared_with_the_baseline(view: FindingsAnswer) -> None:
    assert not view.legend.isVisible()
    view.show_output(FOUND, Findings((1.0,), FOUND.hits[:3], texts=TEXTS))
    assert view.legend.text() == "3 of 7 hits are the baseline's too."


def test_a_theme_unfolds_its_texts(view: FindingsAnswer, qtbot: QtBot) -> None:
    view.parts.chosen.emit("themes")
    view.parts.show_value("themes")
    view._show()
    assert view.map.isVisible() and _rows(view) == []
    assert [row.accessibleName() for row in view.theme_rows] == ["1. Refund, 7 texts", "2. Parcel, 5 texts"]
    qtbot.mouseClick(view.theme_rows[1], Qt.MouseButton.LeftButton)
    assert _rows(view)[0] == f"1. {TEXTS[8]}"
    assert view.as_text().splitlines()[0] == "Parcel (5)"
    qtbot.keyClick(view.theme_rows[1], Qt.Key.Key_Return)
    assert _rows(view) == []
    assert view.as_text().count("\n- ") == 12


def test_the_map_is_walked_by_keyboard_and_chooses_a_theme(view: FindingsAnswer, qtbot: QtBot) -> None:
    view.parts.show_value("themes")
    view._show()
    view.map.setFocus()
    assert view.map.accessibleName() == "Map of 12 texts"
    qtbot.keyClick(view.map, Qt.Key.Key_Right)
    assert view.map.current == 3
    assert view.map.accessibleDescription() == f"Refund: {TEXTS[3]}"
    # What a text says is shown as it is, never as markup.
    assert "&lt;b&gt;" in QToolTip.text()
    qtbot.keyClick(view.map, Qt.Key.Key_End)
    assert view.map.current == 11
    qtbot.keyClick(view.map, Qt.Key.Key_Return)
    assert view.theme_rows[1].isChecked() and _rows(view)
    qtbot.keyClick(view.map, Qt.Key.Key_Return)
    assert not view.theme_rows[1].isChecked()


def test_the_map_tells_what_is_pointed_at(view: FindingsAnswer, qtbot: QtBot) -> None:
    view.parts.show_value("themes")
    view._show()
    place = view.map._position(8).toPoint()
    qtbot.mouseMove(view.map, place)
    qtbot.waitUntil(lambda: "text&lt;/b&gt; 8" in QToolTip.text())
    qtbot.mouseClick(view.map, Qt.MouseButton.LeftButton, pos=place)
    assert view.theme_rows[1].isChecked()


def test_a_text_alone_says_what_became_of_it(view: FindingsAnswer) -> None:
    view.show_output(Findings((0.1, 0.2, 0.3)))
    assert view.heading.text().startswith("The text became a vector of 3 numbers.")
    assert not view.parts.isVisible() and not view.copy_button.isVisible() and _rows(view) == []
