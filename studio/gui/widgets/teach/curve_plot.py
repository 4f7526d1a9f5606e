"""The learning curve: right answers by number of examples."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import SPACE_2
from studio.gui.words import Translated
from studio.teaching.curve import Curve

_HEIGHT = 140
_DOT = 3.0


class CurvePlot(Translated, QWidget):
    """A line with a dot for each size that was tried, and the spread of its draws."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve = Curve(())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def show_curve(self, curve: Curve) -> None:
        """Show another one."""
        self._curve = curve
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Learning curve"))
        said = [
            _("{n} examples: {share:.0f} % right").format(n=point.examples, share=100 * point.accuracy)
            for point in self._curve.points
        ]
        self.setAccessibleDescription("; ".join(said))

    def paintEvent(self, _event: QPaintEvent) -> None:
        points = self._curve.points
        if len(points) < 2:
            return
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line_height = self.fontMetrics().height()
        low = max(0.0, min(point.accuracy - point.spread for point in points) - 0.05)
        high = min(1.0, max(point.accuracy + point.spread for point in points) + 0.05)
        left = self.fontMetrics().horizontalAdvance("100 %") + SPACE_2
        painter.setPen(QColor(colours.muted))
        title = QRectF(0, 0, self.width(), line_height)
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft, _("Right answers, by the number of examples"))
        above = 1.5 * line_height + SPACE_2
        area = QRectF(left, above, self.width() - left - SPACE_2 * 2, self.height() - above - 1.5 * line_height)
        most = points[-1].examples

        def at(examples: float, share: float) -> QPointF:
            across = examples / most
            return QPointF(
                area.left() + across * area.width(), area.bottom() - (share - low) / (high - low) * area.height()
            )

        painter.setPen(QPen(QColor(colours.line), 1))
        for share in (low, high):
            painter.drawLine(QPointF(area.left(), at(0, share).y()), QPointF(area.right(), at(0, share).y()))
        painter.setPen(QColor(colours.muted))
        for share in (low, high):
            box = QRectF(0, at(0, share).y() - line_height / 2, left - SPACE_2, line_height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{100 * share:.0f} %")
        for point in (points[0], points[-1]):
            centre = at(point.examples, low).x()
            box = QRectF(centre - 60, area.bottom() + 2, 120, line_height)
            aligned = Qt.AlignmentFlag.AlignHCenter
            if point is points[-1]:
                box, aligned = (
                    QRectF(area.right() - 120, box.y(), 120 + SPACE_2, line_height),
                    Qt.AlignmentFlag.AlignRight,
                )
            painter.drawText(box, aligned, _("{n} examples").format(n=f"{point.examples:,}"))
        accent = QColor(colours.accent)
        band = QColor(accent)
        band.setAlphaF(0.15)
        upper = [at(point.examples, min(high, point.accuracy + point.spread)) for point in points]
        lower = [at(point.examples, max(low, point.accuracy - point.spread)) for point in reversed(points)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(band)
        painter.drawPolygon(QPolygonF([*upper, *lower]))
        painter.setPen(QPen(accent, 2))
        painter.setBrush(accent)
        line = [at(point.examples, point.accuracy) for point in points]
        painter.drawPolyline(QPolygonF(line))
        for dot in line:
            painter.drawEllipse(dot, _DOT, _DOT)
