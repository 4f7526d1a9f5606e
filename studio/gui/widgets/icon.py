"""A decorative icon."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from studio.gui.theme.icons import icon


class Icon(QLabel):
    """A decorative icon that follows the theme; what it stands for is said in words beside it."""

    def __init__(self, name: str, pixels: int, tint: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon(name, tint)
        self.setFixedSize(QSize(pixels, pixels))

    def show_icon(self, name: str, tint: str = "muted") -> None:
        """Show another icon."""
        self._icon = icon(name, tint)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
