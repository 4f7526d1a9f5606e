"""Viewers of answers: one for each kind of output, and a plain one for kinds nobody foresaw."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.domain.comparison import Candidate
from studio.domain.prediction import GeneratedText, Labels, LabelScore
from studio.domain.project import Column
from studio.gui.viewmodels.try_column import ColumnState, Turn
from studio.gui.widgets.answers import all_viewers, viewer_for
from studio.gui.widgets.bar_row import BarRow
from studio.gui.widgets.candidate_answer import TurnView
from studio.gui.widgets.candidate_column import MIME
from studio.gui.widgets.candidate_strip import CandidateStrip
from studio.gui.widgets.composer_options import OptionField
from studio.tasks import all_tasks, find_task


def _text(text: str) -> GeneratedText:
    return GeneratedText(text, (1,), 1, "stop")


def test_every_kind_of_output_has_a_viewer() -> None:
    assert {task.output for task in all_tasks()} <= {viewer.kind for viewer in all_viewers()}


def test_an_unknown_kind_is_shown_as_text(application, qtbot: QtBot) -> None:
    view = viewer_for("hologram")
    qtbot.addWidget(view)
    view.show_output(_text("what it says"))
    assert [label.text() for label in view.findChildren(QLabel)] == ["what it says"]


def test_four_labels_at_first_and_all_on_demand(application, qtbot: QtBot) -> None:
    view = viewer_for("labels")
    qtbot.addWidget(view)
    view.show()
    scores = tuple(LabelScore(f"get_refund_{number}", 0.5 / (number + 1)) for number in range(9))
    view.show_output(Labels(scores))

    def names() -> list[str]:
        return [bar.accessibleName() for bar in view.findChildren(BarRow) if bar.isVisible()]

    assert len(names()) == 4
    assert names()[0] == "get refund 0: 50 %"
    qtbot.mouseClick(view._more, Qt.MouseButton.LeftButton)
    assert len(names()) == 9
    view.show_output(Labels(scores[:2]))
    assert len(names()) == 2 and not view._more.isVisible()


def test_text_grows_and_is_replaced_by_the_whole_answer(application, qtbot: QtBot) -> None:
    view = viewer_for("text")
    qtbot.addWidget(view)
    view.show()
    view.add_text("half an ")
    view.add_text("answer")
    assert view.text.toPlainText() == "half an answer"
    low = view.text.height()
    view.show_output(_text("a whole answer\n" * 8))
    assert view.text.height() > low
    view.show_output(_text("  "))
    assert "empty" in view.legend.text()


def test_marks_stand_where_the_words_are_also_behind_rare_characters(application, qtbot: QtBot) -> None:
    view = viewer_for("text")
    qtbot.addWidget(view)
    view.show_output(_text("😀 one blue house"), _text("😀 one red house"))
    assert [s.cursor.selectedText() for s in view.text.extraSelections()] == ["blue"]


@pytest.mark.parametrize(
    ("task", "name", "typed", "value"),
    [
        ("chat", "temperature", "0.7", 0.7),
        ("chat", "max_new_tokens", "64", 64),
        ("chat", "seed", "9007199254740992", 2**53),
        ("translation", "num_beams", "", None),
        ("chat", "stop", "END\n\nSTOP", ("END", "STOP")),
    ],
)
def test_options_take_what_is_typed(application, qtbot: QtBot, task: str, name: str, typed: str, value: object) -> None:
    field = OptionField(find_task(task).option(name))
    qtbot.addWidget(field)
    if hasattr(field.field, "setPlainText"):
        field.field.setPlainText(typed)
    else:
        field.field.setText(typed)
        field.field.textEdited.emit(typed)
    assert field.value == value


def test_an_option_says_why_a_value_is_refused(application, qtbot: QtBot) -> None:
    field = OptionField(find_task("chat").option("top_p"))
    qtbot.addWidget(field)
    field.field.setText("7")
    field.field.textEdited.emit("7")
    assert field.value == 1.0
    assert "between 0 and 1" in field._problem.text()


def test_columns_are_reordered_by_dragging(application, qtbot: QtBot) -> None:
    strip = CandidateStrip()
    qtbot.addWidget(strip)
    strip.resize(1200, 500)
    states = [ColumnState(Column(name, "chat", Candidate(name, "int8")), None) for name in "abc"]
    strip.show_columns(states, find_task("chat"), movable=True)
    strip.show()
    qtbot.waitExposed(strip)
    moved: list[tuple[str, int]] = []
    strip.moved.connect(lambda column, place: moved.append((column, place)))
    data = QMimeData()
    data.setData(MIME, b"a")
    right = QPointF(strip.columns[2].geometry().right() - 2.0, 40.0)
    keys, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    strip.dropEvent(QDropEvent(right, Qt.DropAction.MoveAction, data, buttons, keys))
    assert moved == [("a", 2)]


@pytest.mark.parametrize(("text", "said"), [("half an", "kept"), ("", "before it answered")])
def test_an_answer_that_the_end_of_the_studio_cut_says_what_is_left(
    text: str, said: str, application, qtbot: QtBot
) -> None:
    view = TurnView(Turn(1, {}, 1, "interrupted", text=text), "text", "")
    qtbot.addWidget(view)
    assert [said in label.text() for label in view.findChildren(QLabel) if "closed" in label.text()] == [True]
