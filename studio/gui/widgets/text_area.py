"""A text field that grows with its text, up to a limit, and then scrolls."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from studio.gui.words import Translated, Words, said


class GrowingTextArea(Translated, QPlainTextEdit):
    """Several lines of plain text. Tab moves on instead of writing a tab.

    Signals:
        submitted: Ctrl+Enter (Enter alone where ``enter_submits``; Shift+Enter then starts a new line).

    Args:
        name: What it is for, for screen readers.
        placeholder: A hint, shown while it is empty.
        lines: Smallest and largest height, in lines.
        kind: ``composer`` (large type, no outline), ``bare`` or ``field``.
        enter_submits: Whether Enter alone submits.
    """

    submitted = Signal()

    def __init__(
        self,
        name: Words,
        placeholder: Words = "",
        lines: tuple[int, int] = (1, 8),
        kind: str = "field",
        enter_submits: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name, self._placeholder, self._lines, self._enter_submits = name, placeholder, lines, enter_submits
        self.setProperty("kind", kind)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(2)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self.retranslate()
        self._fit()

    def set_placeholder(self, words: Words) -> None:
        """Show another hint."""
        self._placeholder = words
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(said(self._name))
        self.setPlaceholderText(said(self._placeholder))

    def sizeHint(self) -> QSize:
        return QSize(240, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if control or (self._enter_submits and not shift):
                self.submitted.emit()
                return
        super().keyPressEvent(event)

    def _height(self) -> int:
        # A plain text document measures its height in lines.
        lines = min(max(round(self.document().size().height()), self._lines[0]), self._lines[1])
        frame = 2 * (self.frameWidth() + int(self.document().documentMargin())) + 10
        return lines * self.fontMetrics().lineSpacing() + frame

    def _fit(self) -> None:
        if self.height() != self._height():
            self.setFixedHeight(self._height())
