"""Can its probabilities be trusted? Confidence across, share of right answers up; on the diagonal they agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.evaluation import ReliabilityBin
from studio.domain.i18n import _, ngettext
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import TEXT_CAPTION
from studio.gui.words import Translated

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_RADIUS = 9.0


class ReliabilityPlot(Translated, QWidget):
    """One candidate's bins; a larger dot stands for more answers."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._bins: tuple[ReliabilityBin, ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        self.setFixedHeight(220)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(260, 220)

    def show_bins(self, bins: Sequence[ReliabilityBin]) -> None:
        """Show these."""
        self._bins = tuple(each for each in bins if each.n)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Reliability of {name}").format(name=self._name))
        self.setAccessibleDescription("\n".join(_about(each) for each in self._bins))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self._frame()
        for each in self._bins:
            gap = self._place(each, frame) - event.position()
            if math.hypot(gap.x(), gap.y()) <= self._radius(each) + 5:
                QToolTip.showText(event.globalPosition().toPoint(), _about(each), self)
                return
        QToolTip.hideText()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(TEXT_CAPTION)
        return font

    def _frame(self) -> QRectF:
        metrics = QFontMetricsF(self._font())
        side = min(self.width() - 48.0, self.height() - metrics.height() * 2 - 24)
        return QRectF(40, 10, max(side, 40), max(side, 40))

    def _place(self, each: ReliabilityBin, frame: QRectF) -> QPointF:
        return QPointF(frame.left() + each.confidence * frame.width(), frame.bottom() - each.accuracy * frame.height())

    def _radius(self, each: ReliabilityBin) -> float:
        most = max(other.n for other in self._bins)
        return max(2.5, _MOST_RADIUS * math.sqrt(each.n / most))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        metrics = QFontMetricsF(self._font())
        frame = self._frame()
        for tick in _TICKS:
            across, up = frame.left() + tick * frame.width(), frame.bottom() - tick * frame.height()
            painter.setPen(QPen(QColor(colours.line_soft), 1))
            painter.drawLine(QPointF(across, frame.top()), QPointF(across, frame.bottom()))
            painter.drawLine(QPointF(frame.left(), up), QPointF(frame.right(), up))
            painter.setPen(QColor(colours.faint))
            box = QRectF(0, up - metrics.height() / 2, frame.left() - 6, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{tick * 100:.0f} %")
            if tick in (0.0, 0.5, 1.0):
                box = QRectF(across - 24, frame.bottom() + 3, 48, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{tick * 100:.0f} %")
        pen = QPen(QColor(colours.control_line), 1)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.drawLine(frame.bottomLeft(), frame.topRight())
        painter.setPen(QPen(QColor(colours.accent), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline([self._place(each, frame) for each in self._bins])
        painter.setBrush(QColor(colours.accent))
        painter.setPen(Qt.PenStyle.NoPen)
        for each in self._bins:
            painter.drawEllipse(self._place(each, frame), self._radius(each), self._radius(each))
        painter.setPen(QColor(colours.muted))
        line = QRectF(frame.left(), frame.bottom() + metrics.height() + 5, frame.width(), metrics.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, _("how sure it was"))


def _about(each: ReliabilityBin) -> str:
    return ngettext(
        "{n} answer, {sure} sure on average: {right} right",
        "{n} answers, {sure} sure on average: {right} right",
        each.n,
    ).format(n=f"{each.n:,}", sure=f"{each.confidence * 100:.0f} %", right=f"{each.accuracy * 100:.0f} %")
