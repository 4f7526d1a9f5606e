"""A figure as a bar with its 95 % interval over it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.metric import Estimate
from studio.gui.theme.theme import current_colours

_HEIGHT, _TRACK = 14, 6


class IntervalBar(QWidget):
    """Decorative: figure and bounds stand beside it in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._estimate: Estimate | None = None
        self._low, self._high = 0.0, 1.0
        self._best = False
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_estimate(self, estimate: Estimate | None, low: float, high: float, best: bool) -> None:
        """Show a figure on a track from ``low`` to ``high``."""
        self._estimate, self._low, self._high, self._best = estimate, low, max(high, low + 1e-12), best
        self.update()

    def _at(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return min(max(share, 0.0), 1.0) * self.width()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        top = (_HEIGHT - _TRACK) / 2
        painter.setBrush(QColor(colours.line_soft))
        painter.drawRoundedRect(QRectF(0, top, self.width(), _TRACK), 3, 3)
        estimate = self._estimate
        if estimate is None:
            return
        painter.setBrush(QColor(colours.accent if self._best else colours.bar))
        painter.drawRoundedRect(QRectF(0, top, max(self._at(estimate.value), 3.0), _TRACK), 3, 3)
        if estimate.low is None or estimate.high is None:
            return
        painter.setPen(QPen(QColor(colours.text), 1.5))
        left, right, middle = self._at(estimate.low), self._at(estimate.high), _HEIGHT / 2
        left, right = min(max(left, 1.0), self.width() - 1.0), min(max(right, 1.0), self.width() - 1.0)
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        for end in (left, right):
            painter.drawLine(QPointF(end, 2), QPointF(end, _HEIGHT - 2))
