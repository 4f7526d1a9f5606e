"""The line beside a screen's title."""

from __future__ import annotations

from studio.gui.widgets.text import ElidedText
from studio.gui.words import Words


class Subtitle(ElidedText):
    """The use case and what it is for; without what it is for where there is no room for it."""

    def __init__(self, words: Words) -> None:
        self.short = ""
        super().__init__(words, role="muted")

    def _elided(self) -> str:
        return self.short if super()._elided() != self.text() else self.text()
