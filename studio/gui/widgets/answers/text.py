"""A written answer: text that grows while it comes, with differences to another answer marked."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QSizePolicy, QTextEdit, QWidget

from studio.domain.i18n import N_, _
from studio.domain.prediction import Output
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import SPACE_2, TEXT_LEAD
from studio.gui.widgets.answers._view import AnswerView, Viewer
from studio.gui.widgets.layouts import column, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated
from studio.services.differences import differences, lacks_something


class AnswerText(Translated, QTextEdit):
    """Plain text that can be selected and read by a screen reader, as high as it is long."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bare")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        font = QFont(self.font())
        font.setPixelSize(TEXT_LEAD)
        self.setFont(font)
        self._marks: list[tuple[int, int]] = []
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self.retranslate()
        self._fit()

    def add(self, piece: str) -> None:
        """Add text at the end."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(piece)

    def mark(self, marks: list[tuple[int, int]]) -> None:
        """Mark these parts (start and end in UTF-16 units), with colour and underline."""
        self._marks = marks
        colours = current_colours()
        look = QTextCharFormat()
        look.setBackground(QColor(colours.added))
        look.setForeground(QColor(colours.text))
        look.setFontUnderline(True)
        look.setUnderlineColor(QColor(colours.accent))
        selections = []
        for start, end in marks:
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = cursor, look
            selections.append(selection)
        self.setExtraSelections(selections)

    def retranslate(self) -> None:
        self.setAccessibleName(_("Answer"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._marks:
            self.mark(self._marks)

    def sizeHint(self) -> QSize:
        return QSize(120, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: Any) -> None:
        # The column scrolls, not the text in it.
        event.ignore()

    def _height(self) -> int:
        return max(self.fontMetrics().lineSpacing(), round(self.document().size().height())) + 2

    def _fit(self) -> None:
        if self.height() != self._height():
            self.setFixedHeight(self._height())


class TextAnswer(AnswerView):
    """A written answer, with a legend where it is compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = AnswerText()
        self.legend = Text(role="caption", wrap=True)
        show_if(False, self.legend)
        column(self.text, self.legend, spacing=SPACE_2, parent=self)

    def add_text(self, piece: str) -> None:
        self.text.add(piece)

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        text = output.text
        if self.text.toPlainText() != text:
            self.text.setPlainText(text)
        if not text.strip():
            self.text.mark([])
            self.legend.say(N_("(an empty answer)"))
            show_if(True, self.legend)
            return
        self._compare(text, baseline.text if baseline is not None else None)

    def _compare(self, text: str, other: str | None) -> None:
        show_if(other is not None, self.legend)
        if other is None:
            self.text.mark([])
            return
        marks: list[tuple[int, int]] = []
        place = 0
        for piece in differences(text, other):
            # Qt counts in UTF-16 units, Python in characters.
            end = place + len(piece.text.encode("utf-16-le")) // 2
            if piece.differs:
                marks.append((place, end))
            place = end
        self.text.mark(marks)
        if marks:
            self.legend.say(N_("Underlined: differs from the baseline."))
        elif lacks_something(text, other):
            self.legend.say(N_("The baseline says more than this one."))
        else:
            self.legend.say(N_("The same as the baseline."))


VIEWER = Viewer("text", TextAnswer)
