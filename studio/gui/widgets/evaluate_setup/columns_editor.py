"""What each column of a table means: one line a column, with an example and a choice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from studio.domain.dataset import ColumnMapping
from studio.domain.i18n import N_, _
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_setup_import import role_of, with_role
from studio.gui.widgets.card import Line
from studio.gui.widgets.layouts import column, row, scrolled_on_card
from studio.gui.widgets.text import ElidedText
from studio.gui.words import Translated, plain

_CHOICE_WIDTH = 216
_ROLES: tuple[tuple[str, str], ...] = (
    ("reference", N_("Expected answer")),
    ("group", N_("Group (compare by it)")),
    ("id", N_("Name of the row")),
    ("recorded", N_("Another system's answers")),
    ("variable", N_("Shown only")),
    ("", N_("Left out")),
)


class ColumnsEditor(Translated, QWidget):
    """All columns.

    Signals:
        changed: The user gave a column another meaning; the whole `ColumnMapping`.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self._columns: tuple[str, ...] = ()
        self.mapping = ColumnMapping()
        self.choices: dict[str, QComboBox] = {}
        self._content = QWidget()
        self._lines = column(spacing=0, parent=self._content)
        area = scrolled_on_card(self._content)
        column(area, parent=self)

    def show_columns(
        self, task: Task, columns: Sequence[str], rows: Sequence[Sequence[str]], mapping: ColumnMapping
    ) -> None:
        """Show these columns with their meaning."""
        self._task, self._columns, self.mapping = task, tuple(columns), mapping
        self.choices = {}
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, name in enumerate(columns):
            example = next((cells[place] for cells in rows if cells[place]), "")
            if place:
                self._lines.addWidget(Line())
            self._lines.addWidget(self._line(name, example))
        self._lines.addStretch(1)
        self._fill()

    def retranslate(self) -> None:
        self._fill()

    def _line(self, name: str, example: str) -> QWidget:
        choice = QComboBox()
        choice.setFixedWidth(_CHOICE_WIDTH)
        choice.activated.connect(lambda _index, name=name: self._choose(name))
        self.choices[name] = choice
        words = column(
            ElidedText(plain(name), role="strong"),
            ElidedText(plain(example[:200]), role="caption"),
            spacing=SPACE_1 - 2,
        )
        line = QWidget()
        layout = row(words, choice, spacing=SPACE_3, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=line)
        layout.setStretch(0, 1)
        return line

    def _fill(self) -> None:
        """Every choice anew: which latency there is depends on which systems there are."""
        for name, choice in self.choices.items():
            choice.blockSignals(True)
            choice.clear()
            for role, words in self._offered(name):
                choice.addItem(words, role)
            choice.setCurrentIndex(max(0, choice.findData(role_of(self.mapping, name))))
            choice.setAccessibleName(_("Meaning of the column {name}").format(name=name))
            choice.blockSignals(False)

    def _offered(self, name: str) -> list[tuple[str, str]]:
        fields = self._task.row_inputs if self._task else ()
        offered = [(f"input {field.name}", _("Input: {field}").format(field=_(field.title))) for field in fields]
        for role, words in _ROLES:
            offered.append((role, _(words)))
            if role == "recorded":
                offered += [
                    (f"latency {recorded}", _("Seconds of “{name}”").format(name=recorded))
                    for recorded, column_name in self.mapping.recorded.items()
                    if column_name != name
                ]
        return offered

    def _choose(self, name: str) -> None:
        self.mapping = with_role(self.mapping, name, str(self.choices[name].currentData()))
        self._fill()
        self.changed.emit(self.mapping)
