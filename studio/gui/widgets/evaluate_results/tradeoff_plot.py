"""Candidates as points: how good against how fast (or any two figures), size = memory, with intervals and the front."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.i18n import _
from studio.domain.metric import Estimate
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import SPACE_2, TEXT_CAPTION
from studio.gui.widgets.evaluate_results.axis import Axis, front
from studio.gui.words import Translated, Words, said

_LEAST_RADIUS, _MOST_RADIUS = 6.0, 17.0
_CAP = 3.0
#: How near the pointer must be to a point's edge.
_REACH = 8.0


@dataclass(frozen=True)
class PlotAxis:
    """What an axis shows.

    Attributes:
        title: In plain words.
        text: How a figure is written.
        low_is_good: Whether less is better.
        ceiling: No figure can be higher.
    """

    title: Words
    text: Callable[[float], str]
    low_is_good: bool = False
    ceiling: float = math.inf


@dataclass(frozen=True)
class PlotPoint:
    """One candidate.

    Attributes:
        candidate: Its id.
        name: What is written beside it.
        x: Its figure on the horizontal axis.
        y: On the vertical one.
        size: What makes it large (memory); None where not known: the smallest point.
        front: Whether no other one beats it in every respect.
        about: What the point says when it is pointed at or focused.
    """

    candidate: int
    name: str
    x: Estimate
    y: Estimate
    size: float | None
    front: bool
    about: Words


class TradeoffPlot(Translated, QWidget):
    """Points over two axes. Arrow keys go from point to point once it has the focus.

    Signals:
        pointed: Another point (its candidate) is told about.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[PlotPoint, ...] = ()
        self._x = self._y = PlotAxis("", str)
        self._current = -1
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 160)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def show_points(self, points: Sequence[PlotPoint], x: PlotAxis, y: PlotAxis) -> None:
        """Draw these, the leftmost first in the keyboard's order."""
        self._points = tuple(sorted(points, key=lambda point: (point.x.value, point.y.value)))
        self._x, self._y = x, y
        self._current = min(self._current, len(self._points) - 1)
        self._hovered = -1
        self.retranslate()
        self.update()

    @property
    def current(self) -> PlotPoint | None:
        """The point that is told about; None where none is."""
        return self._points[self._current] if 0 <= self._current < len(self._points) else None

    def retranslate(self) -> None:
        self.setAccessibleName(
            _("{y} against {x}").format(y=said(self._y.title), x=said(self._x.title)) if self._points else ""
        )
        self.setAccessibleDescription("\n".join(said(point.about) for point in self._points))
        self.update()

    # -- pointer and keyboard --------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: 1,
        }
        step = steps.get(event.key())
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._points:
            self._go(0 if event.key() == Qt.Key.Key_Home else len(self._points) - 1)
        elif step is None or not self._points:
            super().keyPressEvent(event)
        else:
            self._go((self._current + step) % len(self._points))

    def focusInEvent(self, event) -> None:
        super().focusInEvent(event)
        if self._points and self._current < 0:
            self._go(0)
        self.update()

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        QToolTip.hideText()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found != self._hovered:
            self._hovered = found
            self.update()
            if found < 0:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPosition().toPoint(), said(self._points[found].about), self)
                self.pointed.emit(self._points[found].candidate)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = -1
        self.update()

    def _go(self, place: int) -> None:
        self._current = place
        point = self._points[place]
        self.pointed.emit(point.candidate)
        self.update()
        about = said(point.about)
        where = self._centre(point, self._frame()) + QPointF(SPACE_2, SPACE_2)
        if self.isVisible():
            QToolTip.showText(self.mapToGlobal(where.toPoint()), about, self)
        self.setAccessibleDescription(about)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _at(self, position: QPointF) -> int:
        frame, best, nearest = self._frame(), -1, math.inf
        for place, point in enumerate(self._points):
            centre = self._centre(point, frame)
            gap = math.hypot(centre.x() - position.x(), centre.y() - position.y()) - self._radius(point)
            if gap <= _REACH and gap < nearest:
                best, nearest = place, gap
        return best

    # -- where things lie ------------------------------------------------------------------------------------------

    def _axes(self) -> tuple[Axis, Axis]:
        return (
            Axis.around(_reach(point.x for point in self._points), self._x.ceiling),
            Axis.around(_reach(point.y for point in self._points), self._y.ceiling),
        )

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(TEXT_CAPTION)
        return font

    def _frame(self) -> QRectF:
        metrics = QFontMetricsF(self._font())
        _x, y = self._axes()
        widest = max((metrics.horizontalAdvance(self._y.text(tick)) for tick in y.ticks()), default=0.0)
        below = metrics.height() * 2 + 8
        top = metrics.height() + 6
        return QRectF(widest + 10, top, self.width() - widest - 10 - 14, self.height() - top - below)

    def _centre(self, point: PlotPoint, frame: QRectF) -> QPointF:
        x, y = self._axes()
        return QPointF(
            frame.left() + x.place(point.x.value) * frame.width(),
            frame.bottom() - y.place(point.y.value) * frame.height(),
        )

    def _radius(self, point: PlotPoint) -> float:
        sizes = [each.size for each in self._points if each.size]
        if not point.size or not sizes:
            return _LEAST_RADIUS
        # The area tells the memory, so that four times as much looks four times as large.
        return max(_LEAST_RADIUS, _MOST_RADIUS * math.sqrt(point.size / max(sizes)))

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        colours = current_colours()
        if not self._points:
            painter.setPen(QColor(colours.muted))
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                _("Nothing to draw: no candidate has both figures."),
            )
            return
        frame = self._frame()
        self._paint_axes(painter, frame)
        self._paint_front(painter, frame)
        for point in self._points:
            self._paint_whiskers(painter, point, frame)
        for place, point in enumerate(self._points):
            self._paint_point(painter, place, point, frame)
        self._paint_names(painter, frame)
        if self.hasFocus() and self.current is None:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _paint_axes(self, painter: QPainter, frame: QRectF) -> None:
        colours = current_colours()
        metrics = QFontMetricsF(self._font())
        x, y = self._axes()
        for tick in y.ticks():
            height = frame.bottom() - y.place(tick) * frame.height()
            painter.setPen(QPen(QColor(colours.line_soft), 1))
            painter.drawLine(QPointF(frame.left(), height), QPointF(frame.right(), height))
            painter.setPen(QColor(colours.faint))
            box = QRectF(0, height - metrics.height() / 2, frame.left() - 8, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._y.text(tick))
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(frame.topLeft(), frame.bottomLeft())
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        painter.setPen(QColor(colours.faint))
        last = -math.inf
        for tick in x.ticks():
            middle, text = frame.left() + x.place(tick) * frame.width(), self._x.text(tick)
            width = metrics.horizontalAdvance(text) + 4
            left = min(max(middle - width / 2, 0.0), self.width() - width)
            if left > last + 6:
                box = QRectF(left, frame.bottom() + 3, width, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
                last = left + width
        painter.setPen(QColor(colours.muted))
        line = QRectF(frame.left(), frame.bottom() + metrics.height() + 5, frame.width(), metrics.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"{said(self._x.title)} →")
        painter.drawText(QRectF(0, 0, self.width(), metrics.height()), f"↑ {said(self._y.title)}")

    def _paint_front(self, painter: QPainter, frame: QRectF) -> None:
        """Stairs through the best points: what lies on the worse side of them is beaten by one."""
        kept = front(
            [(point.x.value, point.y.value) for point in self._points], self._x.low_is_good, self._y.low_is_good
        )
        corners: list[QPointF] = []
        for index in kept:
            centre = self._centre(self._points[index], frame)
            if corners:
                # The lower of two neighbours is reached along its own height where left is good.
                before = corners[-1]
                corners.append(
                    QPointF(centre.x(), before.y()) if self._x.low_is_good else QPointF(before.x(), centre.y())
                )
            corners.append(centre)
        if corners:
            last = corners[-1] if self._x.low_is_good else corners[0]
            end = QPointF(frame.right() if self._x.low_is_good else frame.left(), last.y())
            corners = [*corners, end] if self._x.low_is_good else [end, *corners]
        pen = QPen(QColor(current_colours().accent), 1)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(corners)

    def _paint_whiskers(self, painter: QPainter, point: PlotPoint, frame: QRectF) -> None:
        x, y = self._axes()
        centre = self._centre(point, frame)
        painter.setPen(QPen(QColor(current_colours().control_line), 1))
        if point.y.low is not None and point.y.high is not None:
            ends = [frame.bottom() - y.place(value) * frame.height() for value in (point.y.low, point.y.high)]
            painter.drawLine(QPointF(centre.x(), ends[0]), QPointF(centre.x(), ends[1]))
            for end in ends:
                painter.drawLine(QPointF(centre.x() - _CAP, end), QPointF(centre.x() + _CAP, end))
        if point.x.low is not None and point.x.high is not None:
            ends = [frame.left() + x.place(value) * frame.width() for value in (point.x.low, point.x.high)]
            painter.drawLine(QPointF(ends[0], centre.y()), QPointF(ends[1], centre.y()))
            for end in ends:
                painter.drawLine(QPointF(end, centre.y() - _CAP), QPointF(end, centre.y() + _CAP))

    def _paint_point(self, painter: QPainter, place: int, point: PlotPoint, frame: QRectF) -> None:
        colours = current_colours()
        centre, radius = self._centre(point, frame), self._radius(point)
        fill = QColor(colours.accent if point.front else colours.control_line)
        fill.setAlphaF(0.85 if point.front else 0.45)
        painter.setPen(QPen(QColor(colours.accent if point.front else colours.control_line), 1))
        painter.setBrush(fill)
        painter.drawEllipse(centre, radius, radius)
        if place == self._hovered or (self.hasFocus() and place == self._current):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawEllipse(centre, radius + 4, radius + 4)

    def _paint_names(self, painter: QPainter, frame: QRectF) -> None:
        colours = current_colours()
        metrics = QFontMetricsF(self._font())
        taken = [self._box(point, frame) for point in self._points]
        lines = [line for point in self._points for line in self._whisker_boxes(point, frame)]
        for place, point in enumerate(self._points):
            text = metrics.elidedText(point.name, Qt.TextElideMode.ElideMiddle, self.width() * 0.6)
            if not point.front:
                text = _("{name}: beaten").format(name=text)
            size = QSize(math.ceil(metrics.horizontalAdvance(text)) + 2, math.ceil(metrics.height()))
            box = _free_place(taken, lines, place, size, QRectF(self.rect()))
            taken.append(box)
            painter.setPen(QColor(colours.text if point.front else colours.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _whisker_boxes(self, point: PlotPoint, frame: QRectF) -> list[QRectF]:
        """Where its interval lines lie, a little wider than they are."""
        x, y = self._axes()
        centre, found = self._centre(point, frame), []
        if point.y.low is not None and point.y.high is not None:
            top, bottom = (frame.bottom() - y.place(value) * frame.height() for value in (point.y.high, point.y.low))
            found.append(QRectF(centre.x() - _CAP, top, 2 * _CAP, bottom - top))
        if point.x.low is not None and point.x.high is not None:
            left, right = (frame.left() + x.place(value) * frame.width() for value in (point.x.low, point.x.high))
            found.append(QRectF(left, centre.y() - _CAP, right - left, 2 * _CAP))
        return found

    def _box(self, point: PlotPoint, frame: QRectF) -> QRectF:
        radius = self._radius(point)
        centre = self._centre(point, frame)
        return QRectF(centre.x() - radius, centre.y() - radius, radius * 2, radius * 2)


def _reach(estimates) -> list[float]:
    """Every figure that must be on the axis, bounds included."""
    found: list[float] = []
    for estimate in estimates:
        found += [value for value in (estimate.value, estimate.low, estimate.high) if value is not None]
    return found


def _free_place(taken: Sequence[QRectF], lines: Sequence[QRectF], place: int, size: QSize, inside: QRectF) -> QRectF:
    """Beside a point, where the name covers the least of points and other names."""
    point, gap = taken[place], 5.0
    width, height = float(size.width()), float(size.height())
    middle = point.center()
    places = [
        QRectF(point.right() + gap, middle.y() - height - 1, width, height),
        QRectF(point.right() + gap, middle.y() + 1, width, height),
        QRectF(point.left() - gap - width, middle.y() - height - 1, width, height),
        QRectF(point.left() - gap - width, middle.y() + 1, width, height),
        QRectF(middle.x() - width / 2, point.top() - gap - height, width, height),
        QRectF(middle.x() - width / 2, point.bottom() + gap, width, height),
    ]

    def covered(box: QRectF) -> float:
        outside = box.width() * box.height() - _area(box.intersected(inside))
        # Rounded, so that the first free place is taken and not the one with the smallest rounding error.
        return round(3 * outside + sum(_area(box.intersected(other)) for other in [*taken, *lines]), 3)

    return min(places, key=covered)


def _area(box: QRectF) -> float:
    return max(box.width(), 0.0) * max(box.height(), 0.0)
