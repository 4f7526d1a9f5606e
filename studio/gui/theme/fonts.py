"""The application's font: the system's own where it has a good one, else Inter, which ships with the studio."""

from __future__ import annotations

import sys

from PySide6.QtGui import QFont, QFontDatabase

from studio.domain.places import resources_folder
from studio.gui.theme import tokens


def application_font() -> QFont:
    """The font of everything, with tabular figures, so that numbers in columns line up."""
    families = tokens.UI_FONTS.get(sys.platform, (tokens.SHIPPED_FONT,))
    if tokens.SHIPPED_FONT in families:
        for path in sorted((resources_folder() / "fonts").glob("*.otf")):
            QFontDatabase.addApplicationFont(str(path))
    font = QFont([*families, *tokens.CHINESE_FONTS])
    font.setPixelSize(tokens.TEXT_BODY)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def monospace_font(size: int = tokens.TEXT_CAPTION) -> QFont:
    """For technical text: commands, paths, error details."""
    font = QFont([*tokens.MONOSPACE_FONTS, *tokens.CHINESE_FONTS])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(size)
    return font
