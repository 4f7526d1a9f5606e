"""The settings of a task, drawn from their declarations: shared by all candidates, or for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.task import Option
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.switch import Switch
from studio.gui.widgets.text import Text
from studio.gui.widgets.text_area import GrowingTextArea
from studio.gui.words import Translated, Words, plain, said

_COLUMNS = 3
_FIELD_HEIGHT_LINES = (1, 4)
#: What stands for "all candidates" among ids of columns.
ALL = ""


class OptionField(Translated, QWidget):
    """One option: its title, its field, and why a value can't be used.

    Signals:
        changed: The user set another value.
    """

    changed = Signal()

    def __init__(self, option: Option, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        self._value: Any = option.default
        title = Text(option.title, role="caption")
        self._problem = Text(role="note", wrap=True)
        self._problem.set_tone("bad")
        show_if(False, self._problem)
        self.field = self._made_field()
        title.setBuddy(self.field)
        column(title, self.field, self._problem, spacing=SPACE_1, parent=self)
        self.show_value(option.default)
        self.retranslate()

    @property
    def is_wide(self) -> bool:
        """Whether it takes a whole row: longer text."""
        return isinstance(self.field, GrowingTextArea)

    @property
    def value(self) -> Any:
        """What is set."""
        return self._value

    def show_value(self, value: Any) -> None:
        """Show a value without saying that the user set it."""
        self._value = value
        show_if(False, self._problem)
        if isinstance(self.field, Switch):
            self.field.setChecked(bool(value))
        else:
            text = "\n".join(value) if isinstance(value, tuple) else "" if value is None else _written(value)
            if isinstance(self.field, GrowingTextArea) and self.field.toPlainText() != text:
                self.field.setPlainText(text)
            elif isinstance(self.field, QLineEdit) and self.field.text() != text:
                self.field.setText(text)

    def retranslate(self) -> None:
        help_text = _(self.option.help)
        self.field.setAccessibleName(_(self.option.title))
        self.field.setAccessibleDescription(help_text)
        self.setToolTip(help_text)
        if isinstance(self.field, QLineEdit):
            default = self.option.default
            self.field.setPlaceholderText(_("Automatic") if default is None else _written(default))

    def _made_field(self) -> QWidget:
        option = self.option
        if option.type == "bool":
            switch = Switch(option.title, bool(option.default))
            switch.clicked.connect(self._set)
            return switch
        if option.type == "list" or (option.type == "text" and option.default is not None):
            hint: Words = N_("One in each line") if option.type == "list" else ""
            area = GrowingTextArea(option.title, hint, lines=_FIELD_HEIGHT_LINES)
            area.textChanged.connect(lambda: self._on_text(area.toPlainText()))
            return area
        line = QLineEdit()
        line.editingFinished.connect(lambda: self._on_line(line.text()))
        line.textEdited.connect(self._on_line)
        return line

    def _on_line(self, text: str) -> None:
        self._set(text.strip() or self.option.default)

    def _on_text(self, text: str) -> None:
        lines = tuple(line for line in text.splitlines() if line.strip())
        self._set(lines if self.option.type == "list" else text)

    def _set(self, value: Any) -> None:
        try:
            checked = self.option.check(value)
        except InputError as error:
            self._problem.setText(error.message)
            show_if(True, self._problem)
            return
        show_if(False, self._problem)
        if checked != self._value:
            self._value = checked
            self.changed.emit()


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def stands_open(option: Option) -> bool:
    """Whether an option is part of the question: one that must be typed, since it has no default."""
    return not option.advanced and option.default in ((), "")


class ComposerOptions(Translated, QWidget):
    """All settings of a task.

    Signals:
        changed: The settings of all (`ALL`) or one column (its id) that differ from the defaults.
        scope_changed: Another column's settings are wanted.
    """

    changed = Signal(str, dict)
    scope_changed = Signal(str)

    def __init__(self, options: Sequence[Option], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scope_box = QComboBox()
        self._scope_box.activated.connect(lambda _index: self.scope_changed.emit(self.scope))
        self._scopes: list[tuple[str, Words]] = [(ALL, N_("All candidates"))]
        self._base: Mapping[str, Any] = {}
        self._own: Mapping[str, Any] = {}
        self.reset = Button(N_("Back to the defaults"), "link", on_click=self._reset)
        self._note = Text(role="caption", wrap=True)
        # Those that everyone may need come first.
        ordered = sorted(options, key=lambda option: option.advanced)
        self.fields = {option.name: OptionField(option) for option in ordered}
        #: What belongs to the question itself, such as the labels to choose from: it is never folded away.
        self.open_part = QWidget()
        open_fields = [field for field in self.fields.values() if stands_open(field.option)]
        column(*open_fields, spacing=SPACE_2, parent=self.open_part)
        show_if(bool(open_fields), self.open_part)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_4)
        grid.setVerticalSpacing(SPACE_2 + 2)
        line = place = 0
        for field in self.fields.values():
            field.changed.connect(self._on_change)
            if field in open_fields:
                continue
            if field.is_wide:
                line, place = line + (place > 0), 0
            grid.addWidget(field, line, place, 1, _COLUMNS if field.is_wide else 1, Qt.AlignmentFlag.AlignTop)
            place += _COLUMNS if field.is_wide else 1
            if place >= _COLUMNS:
                line, place = line + 1, 0
        for each in range(_COLUMNS):
            grid.setColumnStretch(each, 1)
        self._for = Text(N_("Settings for"), role="muted")
        head = row(self._for, self._scope_box, self._note, self.reset, spacing=SPACE_2)
        head.setStretch(2, 1)
        column(head, grid, spacing=SPACE_3, parent=self)
        self.retranslate()

    @property
    def scope(self) -> str:
        """Whose settings are shown: `ALL`, or a column's id."""
        return str(self._scope_box.currentData() or ALL)

    def show_scopes(self, columns: Sequence[tuple[str, str]]) -> None:
        """The columns (id and name) that can have settings of their own."""
        chosen = self.scope
        self._scopes = [(ALL, N_("All candidates")), *((key, plain(name)) for key, name in columns)]
        self.retranslate()
        self._scope_box.setCurrentIndex(max(0, self._scope_box.findData(chosen)))

    def choose_scope(self, scope: str) -> None:
        """Show the settings of all, or of a column."""
        self._scope_box.setCurrentIndex(max(0, self._scope_box.findData(scope)))

    def show_values(self, shared: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        """The shared settings, and those of the chosen column on top."""
        defaults = {name: field.option.default for name, field in self.fields.items()}
        self._base = defaults if self.scope == ALL else {**defaults, **shared}
        self._own = dict(shared if self.scope == ALL else own)
        for name, field in self.fields.items():
            field.show_value(self._own.get(name, self._base[name]))
        self._show_note()

    def retranslate(self) -> None:
        index = max(0, self._scope_box.currentIndex())
        self._scope_box.clear()
        for key, words in self._scopes:
            self._scope_box.addItem(said(words), key)
        self._scope_box.setCurrentIndex(min(index, len(self._scopes) - 1))
        self._scope_box.setAccessibleName(_("Settings for"))

    def _on_change(self) -> None:
        self._own = {name: f.value for name, f in self.fields.items() if f.value != self._base[name]}
        self._show_note()
        self.changed.emit(self.scope, dict(self._own))

    def _reset(self) -> None:
        for name, field in self.fields.items():
            field.show_value(self._base[name])
        self._on_change()

    def _show_note(self) -> None:
        self.reset.setEnabled(bool(self._own))
        same = self.scope != ALL and not self._own
        self._note.say(N_("The same as for all candidates.") if same else plain(""))
