"""Whether an explanation holds: the score while the heaviest parts go first, and while any go."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.explanation import Faithfulness
from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import SPACE_2
from studio.gui.words import Translated

_HEIGHT = 116


class TrustPlot(Translated, QWidget):
    """Two lines over the share of parts that are gone; the further apart, the better."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check: Faithfulness | None = None
        self._score = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def show_check(self, check: Faithfulness, score: float) -> None:
        """Show another one; ``score`` is that of the whole input."""
        self._check, self._score = check, score
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Score while parts go: the heaviest first, and in any order"))
        check = self._check
        if check is not None:
            pairs = zip(check.shares, check.by_weight, check.by_chance, strict=True)
            self.setAccessibleDescription(
                "; ".join(
                    _("{share:.0%} gone: {weight:.2f}, by chance {chance:.2f}").format(
                        share=share, weight=weight, chance=chance
                    )
                    for share, weight, chance in pairs
                )
            )

    def paintEvent(self, _event: QPaintEvent) -> None:
        check = self._check
        if check is None:
            return
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        line = metrics.height()
        by_weight, by_chance = (self._score, *check.by_weight), (self._score, *check.by_chance)
        high = max(*by_weight, *by_chance)
        low = min(0.0, *by_weight, *by_chance)
        if high - low < 1e-9:
            high = low + 1.0
        labels = (f"{high:.2g}", f"{low:.2g}")
        left = max(metrics.horizontalAdvance(label) for label in labels) + SPACE_2
        names = (_("in any order"), _("heaviest first"))
        right = max(metrics.horizontalAdvance(name) for name in names) + SPACE_2
        area = QRectF(left, line / 2, max(40.0, self.width() - left - right), self.height() - 2.2 * line)

        def at(share: float, score: float) -> QPointF:
            return QPointF(
                area.left() + share * area.width(), area.bottom() - (score - low) / (high - low) * area.height()
            )

        painter.setPen(QPen(QColor(colours.line), 1))
        for value in (high, low):
            painter.drawLine(at(0, value), at(1, value))
        painter.setPen(QColor(colours.muted))
        for value, label in zip((high, low), labels, strict=True):
            box = QRectF(0, at(0, value).y() - line / 2, left - SPACE_2, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
        below = QRectF(area.left(), area.bottom() + 3, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, _("nothing gone"))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, _("everything gone"))
        shares = (0.0, *check.shares)
        ends = []
        for scores, colour, style in (
            (by_chance, colours.muted, Qt.PenStyle.DashLine),
            (by_weight, colours.accent, Qt.PenStyle.SolidLine),
        ):
            painter.setPen(QPen(QColor(colour), 2, style))
            points = [at(share, score) for share, score in zip(shares, scores, strict=True)]
            painter.drawPolyline(QPolygonF(points))
            ends.append((points[-1], colour))
        # Names stand beside the ends of their lines, never on top of each other.
        top, bottom = sorted(range(2), key=lambda number: ends[number][0].y())
        heights = {number: ends[number][0].y() - line / 2 for number in (top, bottom)}
        if heights[bottom] - heights[top] < line:
            middle = (heights[top] + heights[bottom]) / 2
            heights = {top: middle - line / 2, bottom: middle + line / 2}
        for number, name in enumerate(names):
            painter.setPen(QColor(ends[number][1]))
            painter.drawText(QPointF(area.right() + SPACE_2, heights[number] + metrics.ascent()), name)
