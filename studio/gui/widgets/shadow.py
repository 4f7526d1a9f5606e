"""A soft shadow under what floats over the window."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsDropShadowEffect, QWidget

from studio.gui.theme.theme import current_colours

_OPACITY = 0.28


def cast_shadow(widget: QWidget, blur: int = 32, below: int = 8) -> None:
    """Give ``widget`` a shadow in the theme that is shown now."""
    colour = QColor(current_colours().shadow)
    colour.setAlphaF(_OPACITY)
    effect = QGraphicsDropShadowEffect(widget)
    effect.setBlurRadius(blur)
    effect.setOffset(0, below)
    effect.setColor(colour)
    widget.setGraphicsEffect(effect)
