"""A measured figure: plain words, the figure, and what is remarkable about it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.gui.theme.tokens import SPACE_1
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, Words, said

#: Shown where a figure is not available; never a stand-in number.
NOT_AVAILABLE = "–"


class Metric(Translated, QWidget):
    """A figure with its caption.

    Args:
        caption: Plain words: "First word after".
        definition: The exact term with its definition, shown as the tooltip: "TTFT: …".
    """

    def __init__(self, caption: Words, definition: Words = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._definition = definition
        self._caption = ElidedText(caption, role="caption")
        self._value = Text(role="heading")
        self._value.setText(NOT_AVAILABLE)
        self._note = Text(role="note")
        show_if(False, self._note)
        column(self._caption, row(self._value, self._note, None, spacing=6), spacing=1, parent=self)
        self.setMinimumWidth(SPACE_1)
        self.retranslate()

    @property
    def value(self) -> str:
        """The figure as it is shown."""
        return self._value.text()

    def show_value(self, text: str | None, note: Words = "", tone: str = "good") -> None:
        """Show a figure with its unit, or that there is none; ``note`` is a word such as "fastest"."""
        self._value.setText(text or NOT_AVAILABLE)
        self._note.set_tone(tone)
        show_if(bool(note), self._note)
        if note:
            self._note.say(note)
        self.retranslate()

    def retranslate(self) -> None:
        definition = said(self._definition)
        self.setToolTip(definition)
        spoken = f"{self._caption.text()}: {self._value.text()}"
        self.setAccessibleName(f"{spoken}, {self._note.text()}" if self._note.isVisibleTo(self) else spoken)
        self.setAccessibleDescription(definition)
