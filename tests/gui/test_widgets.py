"""The small widgets, each for what it promises."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.errors import Failure
from studio.gui.theme.glyphs import glyph
from studio.gui.widgets.bar_row import BarRow, percent
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card_grid import CardGrid
from studio.gui.widgets.command_palette import match
from studio.gui.widgets.empty_state import AddPlace, EmptyState
from studio.gui.widgets.layouts import FlowLayout
from studio.gui.widgets.metric import Metric
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow, time_left
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.switch import Switch
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.widgets.text_area import GrowingTextArea

pytestmark = pytest.mark.usefixtures("application")


def _shown(qtbot: QtBot, widget: QWidget, width: int = 320) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(width, widget.sizeHint().height())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("set", "Settings", "Reset"),
        ("td", "Theme: dark", "Tidied"),
        ("open", "Open a project …", "Reopen"),
    ],
)
def test_palette_prefers_beginnings_of_words(query: str, better: str, worse: str) -> None:
    first, second = match(query, better), match(query, worse)
    assert first is not None
    assert second is not None
    assert first < second


def test_palette_refuses_what_does_not_fit() -> None:
    assert match("xyz", "Settings") is None
    assert match("gnittes", "Settings") is None
    assert match("", "Settings") == 0


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0, "0 %"), (0.004, "< 1 %"), (0.714, "71 %"), (0.996, "> 99 %"), (1, "100 %")],
)
def test_percent_has_no_false_zero_and_no_false_hundred(fraction: float, shown: str) -> None:
    assert percent(fraction) == shown


def test_bar_row_says_its_figure(qtbot: QtBot) -> None:
    bar = _shown(qtbot, BarRow("get refund", 0.71, best=True))
    assert bar.accessibleName() == "get refund: 71 %"
    bar.show_row("complaint", 0.2, False)
    assert bar.accessibleName() == "complaint: 20 %"


def test_text_area_grows_with_its_text_up_to_its_limit(qtbot: QtBot) -> None:
    area = _shown(qtbot, GrowingTextArea("Text", lines=(2, 5)))
    heights = []
    for lines in (1, 2, 4, 5, 30):
        area.setPlainText("\n".join(["word"] * lines))
        heights.append(area.height())
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]


def test_text_area_submits_with_control_enter(qtbot: QtBot) -> None:
    area = _shown(qtbot, GrowingTextArea("Text"))
    with qtbot.waitSignal(area.submitted):
        qtbot.keyClick(area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(area, Qt.Key.Key_Return)
    assert area.toPlainText() == "\n"


def test_segments_move_with_arrow_keys(qtbot: QtBot) -> None:
    control = _shown(qtbot, SegmentedControl([("a", "A"), ("b", "B"), ("c", "C")], "a", "Letter"))
    with qtbot.waitSignal(control.chosen) as blocker:
        qtbot.keyClick(control, Qt.Key.Key_Left)
    assert blocker.args == ["c"]
    assert control.value == "c"
    control.show_value("b")
    assert control.value == "b"


def test_switch_works_from_the_keyboard(qtbot: QtBot) -> None:
    switch = _shown(qtbot, Switch("Offline"))
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert switch.isChecked()
    assert switch.accessibleName() == "Offline"


def test_metric_shows_a_dash_where_there_is_no_figure(qtbot: QtBot) -> None:
    metric = _shown(qtbot, Metric("First word after", "TTFT: time to first token."))
    assert metric.value == "–"
    metric.show_value("0.12 s", "fastest")
    assert metric.accessibleName() == "First word after: 0.12 s, fastest"
    metric.show_value(None)
    assert metric.accessibleName() == "First word after: –"


def test_elided_text_keeps_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    text = _shown(qtbot, ElidedText(lambda: "A very long name of a model that does not fit"), 80)
    assert text.toolTip() == "A very long name of a model that does not fit"
    text.resize(600, text.height())
    assert text.toolTip() == ""


def test_wrapped_text_needs_no_more_than_it_takes(qtbot: QtBot) -> None:
    text = _shown(qtbot, Text(lambda: "word " * 60, wrap=True), 400)
    assert text.minimumSizeHint().height() <= text.fontMetrics().lineSpacing()


def test_flow_layout_wraps(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    flow = FlowLayout(host)
    buttons = [QPushButton("0123456789") for _ in range(6)]
    for button in buttons:
        flow.addWidget(button)
    one_line = flow.heightForWidth(4000)
    assert flow.heightForWidth(buttons[0].sizeHint().width() * 2 + 20) == 3 * one_line + 2 * flow.spacing()
    flow.setGeometry(QRect(0, 0, 50, 500))
    assert all(button.geometry().right() <= 50 for button in buttons)


def test_card_grid_follows_the_width(qtbot: QtBot) -> None:
    grid = CardGrid(least_width=200, most_columns=3)
    grid.show_cards([QPushButton(str(number)) for number in range(4)])
    _shown(qtbot, grid, 1000)
    buttons = grid.findChildren(QPushButton)
    assert len({button.x() for button in buttons}) == 3
    grid.resize(450, 400)
    qtbot.wait(10)
    assert len({button.x() for button in buttons}) == 2


def test_notice_folds_the_technical_text(qtbot: QtBot) -> None:
    notice = _shown(qtbot, Notice.of(Failure("WorkerCrashed", "The model stopped.", "Try again.", "signal 11")))
    links = {button.text(): button for button in notice.findChildren(Button)}
    details = [label for label in notice.findChildren(Text) if label.text() == "signal 11"]
    assert not details[0].isVisible()
    links["Details"].click()
    assert details[0].isVisible()
    links["Copy"].click()
    assert QApplication.clipboard().text() == "signal 11"


def test_progress_row_stops_once(qtbot: QtBot) -> None:
    stopped: list[int] = []
    progress = _shown(qtbot, ProgressRow("Converting", lambda: stopped.append(1)))
    progress.show_progress(0.5, "Exporting", left_s=130)
    progress.stop_button.click()
    progress.stop_button.click()
    assert stopped == [1]


def test_time_left_in_words() -> None:
    assert time_left(0.2) == "1 s left"
    assert time_left(125) == "2 min left"


def test_empty_places_work_from_the_keyboard(qtbot: QtBot) -> None:
    done: list[str] = []
    empty = _shown(qtbot, EmptyState("cube", "Nothing here", "Add one.", "Add", lambda: done.append("added")), 600)
    empty.button.click()
    place = _shown(qtbot, AddPlace("Add a candidate", "Ctrl T"), 120)
    with qtbot.waitSignal(place.clicked):
        qtbot.keyClick(place, Qt.Key.Key_Return)
    assert done == ["added"]
    assert place.accessibleName() == "Add a candidate"


def test_every_icon_that_is_named_exists() -> None:
    """Icon names are plain strings, so that a wrong one would only show when its screen opens."""
    import ast
    from pathlib import Path

    from studio.gui.theme.glyphs import _glyphs

    gui = Path(__file__).resolve().parents[2] / "studio" / "gui"
    takes_icon = {"Icon": 0, "icon": 0, "IconButton": 0, "EmptyState": 0, "Screen": 2, "Action": 2, "add_part": 2}
    wrong = []
    for path in gui.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            named = [k.value for k in node.keywords if k.arg == "icon_name"]
            if name in takes_icon and len(node.args) > takes_icon[name]:
                named.append(node.args[takes_icon[name]])
            for value in named:
                texts = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant) and part.value]
                wrong += [f"{path.name}: {text}" for text in texts if text not in _glyphs()]
    assert wrong == []
    assert glyph("house")
