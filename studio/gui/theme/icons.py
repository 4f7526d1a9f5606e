"""Icons of one family (Phosphor), tinted from the theme when they are painted, so a theme switch needs no new icons."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap

from studio.gui.theme.glyphs import draw_glyph, glyph
from studio.gui.theme.theme import current_colours


def icon(name: str, tint: str = "muted", on_tint: str = "") -> QIcon:
    """The icon of that Phosphor name.

    Args:
        name: Such as ``"house"`` or ``"house-fill"``; see https://phosphoricons.com (version 1.3).
        tint: Name of a colour of `studio.gui.theme.tokens.Colours`.
        on_tint: The colour in the checked state; the same where empty.

    Raises:
        KeyError: There is no such icon.
    """
    glyph(name)
    return QIcon(_GlyphEngine(name, tint, on_tint or tint))


class _GlyphEngine(QIconEngine):
    def __init__(self, name: str, tint: str, on_tint: str) -> None:
        super().__init__()
        self._name = name
        self._tint = tint
        self._on_tint = on_tint

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._name, self._tint, self._on_tint)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        tint = self._on_tint if state == QIcon.State.On else self._tint
        colour = QColor(getattr(current_colours(), "faint" if mode == QIcon.Mode.Disabled else tint))
        if mode == QIcon.Mode.Disabled:
            colour.setAlphaF(0.6)
        draw_glyph(painter, rect, self._name, colour)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        if size.isEmpty():
            return QPixmap()
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap
