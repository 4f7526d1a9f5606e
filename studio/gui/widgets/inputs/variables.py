"""The variables of a prompt: a line to fill in for each name in double braces, in the prompt or its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from studio.domain.i18n import _
from studio.domain.prompt import TEXT, pairs, variables_in
from studio.domain.task import Field
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.widgets.inputs._field import Input, InputField, keeps_undo, undo_pressed
from studio.gui.widgets.layouts import show_if
from studio.gui.widgets.text import Text
from studio.gui.words import plain


class VariablesInput(InputField):
    """A form that follows the prompt; nothing is shown while it has no variables."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = field.name
        self._values: dict[str, str] = {}
        self.lines: dict[str, QLineEdit] = {}
        self._titles: dict[str, Text] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_3)
        self._grid.setVerticalSpacing(SPACE_2)
        self._grid.setColumnStretch(1, 1)
        show_if(False, self)

    @property
    def value(self) -> str:
        return "\n".join(f"{name}={value}" for name, value in self._values.items() if value)

    def show_value(self, value: str) -> None:
        found = pairs(value.splitlines())
        if found != {name: text for name, text in self._values.items() if text}:
            self._values = found
            for name, line in self.lines.items():
                line.setText(found.get(name, ""))
            self.changed.emit()

    def look(self, values: Mapping[str, str], options: Mapping[str, Any]) -> None:
        template = str(options.get("template") or "")
        # With a template the text is data: braces in it mean nothing.
        prompts = [template] if template.strip() else [text for name, text in values.items() if name != self._name]
        names = [name for name in variables_in(*prompts) if name != TEXT or not template.strip()]
        if names == list(self.lines):
            return
        for name in [name for name in self.lines if name not in names]:
            for widget in (self.lines.pop(name), self._titles.pop(name)):
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        for place, name in enumerate(names):
            if name not in self.lines:
                self._add(name)
            self._grid.addWidget(self._titles[name], place, 0)
            self._grid.addWidget(self.lines[name], place, 1)
        self.lines = {name: self.lines[name] for name in names}
        show_if(bool(names), self)

    def _add(self, name: str) -> None:
        title = self._titles[name] = Text(plain(name), role="caption")
        line = self.lines[name] = QLineEdit(self._values.get(name, ""))
        line.setAccessibleName(_("Value of {name}").format(name=name))
        line.setMaxLength(10_000)
        title.setBuddy(line)
        line.textEdited.connect(lambda text: self._on_edit(name, text))
        line.returnPressed.connect(self.submitted)
        line.editingFinished.connect(self.left)
        line.installEventFilter(self)

    def _on_edit(self, name: str, text: str) -> None:
        self._values[name] = text
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if keeps_undo(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            undo = undo_pressed(event)
            if undo is not None:
                self.undo_wanted.emit(undo)
                return True
        return super().eventFilter(watched, event)

    def focus_end(self) -> None:
        first = next(iter(self.lines.values()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def last_focus(self) -> QWidget:
        return next(reversed(self.lines.values()), self)


INPUT = Input(("variables",), VariablesInput)
