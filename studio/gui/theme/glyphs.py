"""Icon glyphs: their font, and the few picture files that a style sheet needs, since it can't paint an icon."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QRect, QStandardPaths, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter

_PIXELS = 48


def draw_glyph(painter: QPainter, rect: QRect, name: str, colour: QColor) -> None:
    """Draw a Phosphor icon into ``rect``.

    Raises:
        KeyError: There is no such icon.
    """
    font = QFont(_family())
    font.setPixelSize(max(1, min(rect.width(), rect.height())))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter.save()
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, glyph(name))
    painter.restore()


def glyph(name: str) -> str:
    """The character of that icon in the icon font.

    Raises:
        KeyError: There is no such icon.
    """
    return _glyphs()[name]


def glyph_file(name: str, colour: str) -> str:
    """A picture of an icon in the user's cache, as a style sheet names it; ``none`` where it can't be written."""
    cache = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation))
    path = cache / "prototype-studio" / "glyphs" / f"{name}-{colour[1:]}.png"
    if not path.is_file():
        image = QImage(_PIXELS, _PIXELS, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        draw_glyph(painter, image.rect(), name, QColor(colour))
        painter.end()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return "none"
        if not image.save(str(path)):
            return "none"
    return f'url("{path.as_posix()}")'


def _folder() -> Path:
    # qtawesome itself is not imported: that alone takes longer than the studio's first paint.
    spec = find_spec("qtawesome")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the icons' font (package qtawesome) is not installed")
    return Path(spec.origin).parent / "fonts"


@lru_cache(maxsize=1)
def _family() -> str:
    font = next(_folder().glob("phosphor-*.ttf"))
    return QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(font)))[0]


@lru_cache(maxsize=1)
def _glyphs() -> dict[str, str]:
    charmap = next(_folder().glob("phosphor-charmap-*.json"))
    return {name: chr(int(code, 16)) for name, code in json.loads(charmap.read_text(encoding="utf-8")).items()}
