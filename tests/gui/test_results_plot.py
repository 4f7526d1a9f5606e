"""The axes and the trade-off plot: round figures, the Pareto front, keyboard and pointer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from studio.domain.metric import Estimate
from studio.gui.widgets.evaluate_results.axis import Axis, front
from studio.gui.widgets.evaluate_results.tradeoff_plot import PlotAxis, PlotPoint, TradeoffPlot


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-4, 1e5), min_size=1, max_size=8))
def test_every_figure_lies_on_the_axis_and_ticks_are_few(values: list[float]) -> None:
    axis = Axis.around(values)
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    ticks = axis.ticks(5)
    assert len(ticks) <= 6
    assert list(ticks) == sorted(set(ticks))
    assert all(axis.low - 1e-9 <= tick <= axis.high * (1 + 1e-9) for tick in ticks)


def test_far_apart_figures_make_a_logarithmic_axis() -> None:
    axis = Axis.around([0.004, 2.0])
    assert axis.log
    assert axis.place(0.09) == pytest.approx((axis.place(0.004) + axis.place(2.0)) / 2, abs=0.01)
    assert not Axis.around([0.4, 2.0]).log


def test_no_tick_beyond_what_can_be() -> None:
    assert max(Axis.around([0.96, 1.0], ceiling=1.0).ticks()) <= 1.0


def test_front_of_what_no_other_beats() -> None:
    # Seconds across (less is better), quality up.
    points = [(0.01, 0.8), (0.02, 0.9), (0.03, 0.85), (0.01, 0.7)]
    assert front(points) == (0, 1)
    assert front(points, low_x_is_good=False) == (1, 2)


@pytest.fixture
def plot(qtbot: QtBot, application) -> TradeoffPlot:
    made = TradeoffPlot()
    qtbot.addWidget(made)
    made.resize(420, 260)

    def point(number: int, name: str, x: float, y: float) -> PlotPoint:
        return PlotPoint(
            number, name, Estimate(x, x * 0.9, x * 1.1, 99), Estimate(y, y - 0.03, y + 0.03, 99), 60.0 * number,
            number != 3, lambda: f"about {name}",
        )  # fmt: skip

    made.show_points(
        [point(2, "small", 0.02, 0.93), point(1, "tiny", 0.006, 0.86), point(3, "slow", 0.03, 0.9)],
        PlotAxis("95 of 100 within", lambda v: f"{v * 1000:.0f} ms", low_is_good=True),
        PlotAxis("Right answers", lambda v: f"{v * 100:.0f} %", ceiling=1.0),
    )
    made.show()
    qtbot.waitExposed(made)
    return made


def test_arrow_keys_go_from_left_to_right_and_tell(plot: TradeoffPlot, qtbot: QtBot) -> None:
    told: list[int] = []
    plot.pointed.connect(told.append)
    plot._go(0)
    for _press in range(3):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert told == [1, 2, 3, 1]
    assert plot.accessibleDescription() == "about tiny"
    qtbot.keyClick(plot, Qt.Key.Key_End)
    assert plot.current is not None
    assert plot.current.name == "slow"


def test_the_pointer_finds_a_point(plot: TradeoffPlot, qtbot: QtBot) -> None:
    told: list[int] = []
    plot.pointed.connect(told.append)
    centre = plot._centre(plot._points[1], plot._frame()).toPoint()
    qtbot.mouseMove(plot, centre)
    qtbot.mouseMove(plot, centre + QPoint(1, 0))
    assert told == [2]
    assert plot._at(plot._frame().bottomRight()) == -1


def test_memory_makes_a_point_large(plot: TradeoffPlot) -> None:
    radii = [plot._radius(point) for point in plot._points]
    assert radii == sorted(radii)
    # The area goes with it: four times as much is twice as wide.
    assert plot._radius(plot._points[2]) == pytest.approx(17)


def test_nothing_to_draw_is_said_instead(plot: TradeoffPlot) -> None:
    before = plot.grab().toImage()
    plot.show_points((), PlotAxis("", str), PlotAxis("", str))
    assert plot.grab().toImage() != before
    assert plot.accessibleName() == ""
