"""Says of a candidate that its texts go elsewhere, with an icon and in words, wherever the candidate is shown."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.domain.comparison import Candidate
from studio.gui.theme.glyphs import draw_glyph
from studio.gui.theme.theme import current_colours
from studio.gui.widgets.layouts import show_if
from studio.gui.widgets.text import Badge
from studio.services.sending import sending_meaning, sending_words

#: Where the icon lies in the badge, whose text begins behind it (the style sheet leaves the room).
_LEFT, _PIXELS = 6, 13


def sending_icon(candidate: Candidate) -> str:
    """A cloud for what leaves this computer, a computer for another program on it."""
    return "cloud-arrow-up" if candidate.leaves else "desktop-tower"


def sending_tone(candidate: Candidate) -> str:
    """How serious that is."""
    return "warn" if candidate.leaves else "neutral"


class SendingBadge(Badge):
    """The tag; hidden for a model of this studio."""

    def __init__(self, candidate: Candidate | None = None, parent: QWidget | None = None) -> None:
        self._candidate = candidate
        super().__init__(self._words, tip=self._meaning, parent=parent)
        self.setProperty("glyph", True)
        self.show_candidate(candidate)

    def show_candidate(self, candidate: Candidate | None, shown: bool = True) -> None:
        """Tell of another candidate, or of none."""
        self._candidate = candidate
        words = self._words()
        if candidate is not None and words:
            self.set_tone(sending_tone(candidate))
        self.setText(words)
        self.retranslate()
        show_if(shown and bool(words), self)

    def _words(self) -> str:
        return sending_words(self._candidate) if self._candidate is not None else ""

    def _meaning(self) -> str:
        return sending_meaning(self._candidate) if self._candidate is not None else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._candidate is None:
            return
        colours = current_colours()
        tint = colours.warn if sending_tone(self._candidate) == "warn" else colours.muted
        painter = QPainter(self)
        place = QRect(_LEFT, (self.height() - _PIXELS) // 2, _PIXELS, _PIXELS)
        draw_glyph(painter, place, sending_icon(self._candidate), QColor(tint))
