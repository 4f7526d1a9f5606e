"""The studio's mark: two bars of unequal height, a comparison. As a widget and as the window's icon."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QLinearGradient, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import LIGHT, Colours

_UNITS = 20
_ICON_SIZES = (16, 32, 64, 256)


class Mark(QWidget):
    """The mark beside the studio's name; decoration only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(_UNITS, _UNITS))

    def paintEvent(self, _event: QPaintEvent) -> None:
        _paint(QPainter(self), self.width(), current_colours())


def window_icon() -> QIcon:
    """The mark in the sizes that window managers ask for, the same in every theme."""
    made = QIcon()
    for pixels in _ICON_SIZES:
        pixmap = QPixmap(pixels, pixels)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        _paint(painter, pixels, LIGHT)
        painter.end()
        made.addPixmap(pixmap)
    return made


def _paint(painter: QPainter, pixels: int, colours: Colours) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(pixels / _UNITS, pixels / _UNITS)
    gradient = QLinearGradient(0, 0, _UNITS, _UNITS)
    gradient.setColorAt(0, QColor(colours.accent))
    gradient.setColorAt(1, QColor(colours.accent_ink))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(gradient)
    painter.drawRoundedRect(QRectF(0, 0, _UNITS, _UNITS), 6, 6)
    painter.setBrush(QColor(colours.on_accent))
    painter.drawRoundedRect(QRectF(5, 9, 4, 6), 1, 1)
    painter.drawRoundedRect(QRectF(11, 5, 4, 10), 1, 1)
