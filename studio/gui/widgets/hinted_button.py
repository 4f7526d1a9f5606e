"""Painting a button that shows its shortcut, paler, behind its words: "Run  Ctrl+↵"."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QIcon, QPainter
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton

from studio.gui.theme.tokens import ICON_SMALL, SPACE_2

_GAP = 6
_PALER = 0.8


def paint_with_hint(button: QPushButton, hint: str) -> None:
    """Paint ``button`` with its icon, its words and the hint, centred together."""
    option = QStyleOptionButton()
    button.initStyleOption(option)
    painter = QPainter(button)
    button.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, button)
    metrics = button.fontMetrics()
    words, behind = metrics.horizontalAdvance(button.text()), metrics.horizontalAdvance(hint)
    symbol = 0 if button.icon().isNull() else ICON_SMALL + _GAP
    x, height = (button.width() - symbol - words - SPACE_2 - behind) // 2, button.height()
    if symbol:
        mode = QIcon.Mode.Normal if button.isEnabled() else QIcon.Mode.Disabled
        box = QRect(x, (height - ICON_SMALL) // 2, ICON_SMALL, ICON_SMALL)
        button.icon().paint(painter, box, Qt.AlignmentFlag.AlignCenter, mode)
    painter.setPen(option.palette.buttonText().color())
    painter.setFont(button.font())
    placed = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    painter.drawText(x + symbol, 0, words + 1, height, placed, button.text())
    painter.setOpacity(_PALER)
    painter.drawText(x + symbol + words + SPACE_2, 0, behind + 1, height, placed, hint)
