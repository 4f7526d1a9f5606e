"""Labels: text with a role, text that is cut with an ellipsis, badges and pills."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QWidget

from studio.gui.theme.fonts import monospace_font
from studio.gui.words import Translated, Words, said

_PART = re.compile(r"[/:.@_-]+")


def restyle(widget: QWidget) -> None:
    """Let the style sheet look at a widget's properties again after one changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def breakable(text: str) -> str:
    """A text such as an address that may go on in the next line after each of its parts."""
    return _PART.sub("\\g<0>\u200b", text)


class Text(Translated, QLabel):
    """A label that says words.

    Args:
        words: What it says; empty when the text is set later.
        role: How it looks, see `studio.gui.theme.style`.
        wrap: Whether it may take several lines.
        selectable: Whether the text can be selected and copied.
    """

    def __init__(
        self,
        words: Words = "",
        role: str = "body",
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = words
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            # A wrapped label must never demand the width of its longest word line.
            self.setMinimumWidth(1)
        if role == "code":
            self.setFont(monospace_font())
        if selectable:
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self.retranslate()

    def say(self, words: Words) -> None:
        """Say something else."""
        self._words = words
        self.retranslate()

    def set_tone(self, tone: str) -> None:
        """Change the tone: ``good``, ``warn``, ``bad``, ``accent`` or ``neutral``."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)

    def minimumSizeHint(self) -> QSize:
        if not self.wordWrap():
            return super().minimumSizeHint()
        # Qt's own hint for wrapped text is as tall as if it were one word wide, which makes pages scroll for nothing.
        return QSize(1, self.fontMetrics().lineSpacing())

    def retranslate(self) -> None:
        if self._words:
            self.setText(said(self._words))


class Badge(Text):
    """A small tag with a meaning: "free to use", "met", "not proven"."""

    def __init__(
        self, words: Words = "", tone: str = "neutral", tip: Words = "", parent: QWidget | None = None
    ) -> None:
        self._tip = tip
        super().__init__(words, role="badge", parent=parent)
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def retranslate(self) -> None:
        super().retranslate()
        if self._tip:
            self.setToolTip(said(self._tip))
            self.setAccessibleDescription(self.toolTip())


class Pill(Text):
    """A small outlined fact: "int8", "23 MB", "CPU"."""

    def __init__(self, words: Words = "", parent: QWidget | None = None) -> None:
        super().__init__(words, role="pill", parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class ElidedText(Text):
    """One line, cut with an ellipsis where it is too long; the whole text is then in the tooltip."""

    def __init__(
        self,
        words: Words = "",
        role: str = "body",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        self._mode = mode
        super().__init__(words, role=role, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(24)

    def setText(self, text: str) -> None:
        super().setText(" ".join(text.split()))
        self._tip()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tip()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.drawText(self.contentsRect(), int(self.alignment() | Qt.TextFlag.TextSingleLine), self._elided())

    def _elided(self) -> str:
        return QFontMetrics(self.font()).elidedText(self.text(), self._mode, self.contentsRect().width())

    def _tip(self) -> None:
        self.setToolTip(self.text() if self._elided() != self.text() else "")
