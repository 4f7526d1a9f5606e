"""A text whose words are shaded by what they did to an answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QToolTip, QWidget

from studio.domain.explanation import Explanation
from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import TEXT_LEAD
from studio.gui.words import Translated

#: The strongest shade; words stay readable on it in both themes.
_STRONGEST = 0.45


class ShadedText(Translated, QTextEdit):
    """Read-only text; the figure of a word shows when the pointer rests on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bare")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setMouseTracking(True)
        self.setMaximumHeight(180)
        self._text = ""
        self._found: Explanation | None = None
        font = QFont(self.font())
        font.setPixelSize(TEXT_LEAD)
        self.setFont(font)
        self.retranslate()

    def show_explanation(self, text: str, found: Explanation | None) -> None:
        """Show a text, shaded where its explanation is there."""
        self._text, self._found = text, found
        if self.toPlainText() != text:
            self.setPlainText(text)
        self._shade()
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Text with the words shaded"))
        if self._found is not None:
            pairs = zip(self._found.parts, self._found.weights, strict=True)
            heaviest = sorted(pairs, key=lambda pair: -abs(pair[1]))[:10]
            self.setAccessibleDescription("; ".join(f"{part.text} {weight:+.3f}" for part, weight in heaviest))

    def _shade(self) -> None:
        selections: list[QTextEdit.ExtraSelection] = []
        if self._found is not None:
            colours = current_colours()
            heaviest = max((abs(weight) for weight in self._found.weights), default=0.0) or 1.0
            for part, weight in zip(self._found.parts, self._found.weights, strict=True):
                shade = QColor(colours.good if weight > 0 else colours.bad)
                shade.setAlphaF(_STRONGEST * abs(weight) / heaviest)
                look = QTextCharFormat()
                look.setBackground(shade)
                selection = QTextEdit.ExtraSelection()
                selection.cursor, selection.format = self._cursor(part.start, part.end), look
                selections.append(selection)
        self.setExtraSelections(selections)

    def _cursor(self, start: int, end: int) -> QTextCursor:
        # Qt counts in UTF-16 units, Python in characters.
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(self._text[:start]))
        cursor.setPosition(_units(self._text[:end]), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        at = self.cursorForPosition(event.position().toPoint()).position()
        words = ""
        if self._found is not None:
            for part, weight in zip(self._found.parts, self._found.weights, strict=True):
                if _units(self._text[: part.start]) <= at < _units(self._text[: part.end]):
                    words = f"{part.text}: {weight:+.4f}"
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._shade()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
