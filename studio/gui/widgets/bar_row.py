"""A label, a bar and its percentage: one line of a classifier's answer."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.theme.theme import current_colours
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import ElidedText, Text, restyle

_BAR_HEIGHT = 6


class Bar(QWidget):
    """A filled part of a track, 0 to 1."""

    def __init__(self, fraction: float = 0.0, best: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction = fraction
        self._best = best
        self.setFixedHeight(_BAR_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_fraction(self, fraction: float, best: bool) -> None:
        """Fill that share; the best bar has the accent's colour."""
        self._fraction, self._best = min(max(fraction, 0.0), 1.0), best
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = _BAR_HEIGHT / 2
        painter.setBrush(QColor(colours.line_soft))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        if self._fraction > 0:
            width = max(self.width() * self._fraction, 3.0)
            painter.setBrush(QColor(colours.accent if self._best else colours.bar))
            painter.drawRoundedRect(QRectF(0, 0, width, _BAR_HEIGHT), radius, radius)


class BarRow(QWidget):
    """One label with its probability."""

    def __init__(
        self, label: str = "", fraction: float = 0.0, best: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._label = ElidedText()
        self._percent = Text()
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = Bar()
        top = row(self._label, self._percent)
        top.setStretch(0, 1)
        column(top, self._bar, spacing=3, parent=self)
        self.show_row(label, fraction, best)

    def show_row(self, label: str, fraction: float, best: bool) -> None:
        """Show another label; ``fraction`` is 0 to 1."""
        self._label.setText(label)
        self._percent.setText(percent(fraction))
        self._bar.show_fraction(fraction, best)
        for text, role in ((self._label, "strong" if best else "body"), (self._percent, "strong" if best else "muted")):
            if text.property("role") != role:
                text.setProperty("role", role)
                restyle(text)
        self.setAccessibleName(f"{label}: {self._percent.text()}")


def percent(fraction: float) -> str:
    """A share as people read it: no false zeros and no false hundreds."""
    value = fraction * 100
    if 0 < value < 1:
        return "< 1 %"
    if 99 < value < 100:
        return "> 99 %"
    return f"{value:.0f} %"
