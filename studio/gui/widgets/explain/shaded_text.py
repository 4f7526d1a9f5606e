"""A text whose stretches are shaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QToolTip, QWidget

from studio.domain.explanation import Explanation, Part
from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import TEXT_LEAD
from studio.gui.words import Translated
from studio.services.explaining_words import signed

#: The strongest shade; words stay readable on it in both themes.
_STRONGEST = 0.45
#: Around the text, where the focus is shown.
_FRAME = 4


@dataclass(frozen=True)
class Stretch:
    """A part of the text that is shaded.

    Attributes:
        start: Where it begins, in characters.
        end: Where it ends.
        tone: Name of a colour of `studio.gui.theme.tokens.Colours`.
        strength: 0 to 1.
        tip: What is said of it.
        marked: Whether it is the one that is looked at.
    """

    start: int
    end: int
    tone: str
    strength: float
    tip: str
    marked: bool = False


def stretches_of(parts: Sequence[Part], weights: Sequence[float]) -> list[Stretch]:
    """Parts by their weights: the heaviest has the deepest shade."""
    heaviest = max((abs(weight) for weight in weights), default=0.0) or 1.0
    return [
        Stretch(
            part.start,
            part.end,
            "good" if weight > 0 else "bad",
            abs(weight) / heaviest,
            f"{part.text}: {signed(weight)}",
        )
        for part, weight in zip(parts, weights, strict=True)
    ]


class ShadedText(Translated, QTextEdit):
    """Read-only text; the figure of a stretch shows when the pointer rests on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "shaded")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setMouseTracking(True)
        self.setMaximumHeight(180)
        self._text = ""
        self._stretches: Sequence[Stretch] = ()
        font = QFont(self.font())
        font.setPixelSize(TEXT_LEAD)
        self.setFont(font)
        self.retranslate()

    def show_explanation(self, text: str, found: Explanation | None) -> None:
        """Show a text, shaded where its explanation is there."""
        self.show_stretches(text, stretches_of(found.parts, found.weights) if found is not None else ())

    def show_stretches(self, text: str, stretches: Sequence[Stretch]) -> None:
        """Show a text with these stretches shaded."""
        self._text, self._stretches = text, stretches
        if self.toPlainText() != text:
            self.setPlainText(text)
        self._shade()
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Text with the words shaded"))
        heaviest = sorted(self._stretches, key=lambda stretch: -stretch.strength)[:10]
        self.setAccessibleDescription("; ".join(stretch.tip for stretch in heaviest))

    def fit(self, width: int, most: int) -> None:
        """Be as high as the text needs at a width, up to ``most``."""
        document = self.document()
        document.setTextWidth(width)
        self.setFixedHeight(min(most, round(document.size().height()) + 2 * _FRAME))

    def stretch_at(self, event: QMouseEvent) -> int | None:
        """Place of the stretch under the pointer."""
        at = self.cursorForPosition(event.position().toPoint()).position()
        for place, stretch in enumerate(self._stretches):
            if _units(self._text[: stretch.start]) <= at <= _units(self._text[: stretch.end]):
                return place
        return None

    def _shade(self) -> None:
        colours = current_colours()
        selections: list[QTextEdit.ExtraSelection] = []
        for stretch in self._stretches:
            look = QTextCharFormat()
            shade = QColor(getattr(colours, stretch.tone))
            shade.setAlphaF(_STRONGEST * min(1.0, max(0.0, stretch.strength)))
            look.setBackground(shade)
            if stretch.marked:
                look.setBackground(QColor(colours.accent))
                look.setForeground(QColor(colours.on_accent))
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = self._cursor(stretch.start, stretch.end), look
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
        place = self.stretch_at(event)
        words = self._stretches[place].tip if place is not None else ""
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._shade()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
