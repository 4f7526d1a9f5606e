"""A text, or the next message of a conversation, typed or pasted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from studio.domain.task import Field
from studio.gui.widgets.inputs._field import Input, InputField, keeps_undo, undo_pressed
from studio.gui.widgets.layouts import column
from studio.gui.widgets.text_area import GrowingTextArea

_LINES = (1, 6)


class TextArea(GrowingTextArea):
    """The text of a field. Undo is the project's."""

    def __init__(self, field: Field, owner: InputField, lines: tuple[int, int] = _LINES) -> None:
        super().__init__(
            field.title,
            field.placeholder,
            lines=lines,
            kind="composer",
            enter_submits=field.kind == "messages",
        )
        self._owner = owner
        self.setUndoRedoEnabled(False)

    def event(self, event: QEvent) -> bool:
        if keeps_undo(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        undo = undo_pressed(event)
        if undo is None:
            super().keyPressEvent(event)
        else:
            self._owner.undo_wanted.emit(undo)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._owner.left.emit()


class TextInput(InputField):
    """Several lines of plain text."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.area = TextArea(field, self)
        self.area.textChanged.connect(self.changed)
        self.area.submitted.connect(self.submitted)
        self.setFocusProxy(self.area)
        column(self.area, parent=self)

    @property
    def value(self) -> str:
        return self.area.toPlainText()

    def show_value(self, value: str) -> None:
        if self.area.toPlainText() != value:
            self.area.setPlainText(value)
            self.area.moveCursor(QTextCursor.MoveOperation.End)

    def focus_end(self) -> None:
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        self.area.moveCursor(QTextCursor.MoveOperation.End)

    @property
    def last_focus(self) -> QWidget:
        return self.area


INPUT = Input(("text", "messages"), TextInput)
