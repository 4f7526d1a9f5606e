"""A figure with its interval against what is asked for."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.decision import CriterionVerdict
from studio.gui.theme.theme import current_colours

_HEIGHT, _TRACK, _BAND = 16, 4, 8
_TONES = {"met": "good", "missed": "bad", "not proven": "warn"}


class ThresholdBar(QWidget):
    """Decorative: figure, bounds and threshold stand beside it in words."""

    def __init__(self, verdict: CriterionVerdict, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict = verdict
        estimate, threshold = verdict.estimate, verdict.criterion.threshold
        points = [threshold]
        if estimate is not None:
            points += [each for each in (estimate.value, estimate.low, estimate.high) if each is not None]
        low, high = min(points), max(points)
        # Half as much room on each side, so that the threshold never sticks to an end.
        room = max(high - low, abs(threshold) * 0.05, 1e-9) * 0.35
        self._low, self._high = low - room, high + room
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _at(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return 2 + min(max(share, 0.0), 1.0) * (self.width() - 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = current_colours()
        criterion, estimate = self._verdict.criterion, self._verdict.estimate
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = _HEIGHT / 2
        painter.setBrush(QColor(colours.line_soft))
        painter.drawRoundedRect(QRectF(0, middle - _TRACK / 2, self.width(), _TRACK), 2, 2)
        asked = self._at(criterion.threshold)
        # The good side is tinted.
        left, right = (asked, float(self.width())) if criterion.direction == "at least" else (0.0, asked)
        painter.setBrush(QColor(colours.good_soft))
        painter.drawRoundedRect(QRectF(left, middle - _TRACK / 2, right - left, _TRACK), 2, 2)
        if estimate is not None:
            tone = QColor(getattr(colours, _TONES[self._verdict.state]))
            if estimate.low is not None and estimate.high is not None:
                start, end = self._at(estimate.low), self._at(estimate.high)
                band = QColor(tone)
                band.setAlphaF(0.35)
                painter.setBrush(band)
                width = max(end - start, 3.0)
                painter.drawRoundedRect(QRectF(start, middle - _BAND / 2, width, _BAND), 3, 3)
            painter.setBrush(tone)
            painter.drawEllipse(QPointF(self._at(estimate.value), middle), 3.5, 3.5)
        painter.setPen(QPen(QColor(colours.text), 1.5))
        painter.drawLine(QPointF(asked, 1), QPointF(asked, _HEIGHT - 1))
