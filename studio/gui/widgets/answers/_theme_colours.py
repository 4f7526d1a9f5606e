"""Colours that tell themes apart: the accent's, turned around the colour wheel."""

from __future__ import annotations

from PySide6.QtGui import QColor

from studio.gui.theme.theme import current_colours

#: So that neighbours in the list are far from each other on the wheel.
_GOLDEN = 0.381966


def theme_colour(number: int) -> QColor:
    """The colour of a theme by its place in the list; as bright and as strong as the accent in either theme.

    A number stands beside it wherever it is used, for those who can't tell two of them apart.
    """
    accent = QColor(current_colours().accent)
    hue = (accent.hslHueF() + number * _GOLDEN) % 1.0
    # After a round of the wheel hues repeat themselves nearly; darker and lighter ones still differ.
    shade = (0.0, -0.12, 0.1)[number // 8 % 3]
    lightness = min(max(accent.lightnessF() * 0.94 + shade, 0.25), 0.85)
    return QColor.fromHslF(hue, min(0.62, accent.hslSaturationF()), lightness)
