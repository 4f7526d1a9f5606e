"""The data in hand: what its columns mean, what to know about it, and its rows."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.domain.dataset import Dataset
from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Task
from studio.gui.theme.tokens import ICON_SMALL, SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_setup import EvaluateSetup
from studio.gui.viewmodels.evaluate_setup_rows import TableRows
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.evaluate_setup.rows_table import RowsTable
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row, scrolled_on_card, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated
from studio.services.readiness import Note

_SIGNS = {
    "problem": ("warning-circle", "bad"),
    "warning": ("warning", "warn"),
    "info": ("info", "accent_ink"),
    "good": ("check-circle", "good"),
}
#: Notes take no more room than this; more of them scroll.
_NOTES_HEIGHT = 176


class DataCard(Translated, Card):
    """The left half of the set-up.

    Signals:
        asked: The user wants to change something: ``"columns"``, ``"labels"`` or ``"aside"``.
    """

    asked = Signal(str)

    def __init__(self, setup: EvaluateSetup, parent: QWidget | None = None) -> None:
        super().__init__(margin=1, spacing=0, parent=parent)
        self._setup = setup
        self._meaning = Text(role="muted", wrap=True)
        self._aside = Button(self._aside_words, "link", on_click=lambda: self.asked.emit("aside"))
        self.columns_button = Button(
            N_("Change columns"), icon_name="columns", on_click=lambda: self.asked.emit("columns")
        )
        self.labels_button = Button(N_("Map labels"), icon_name="arrows-left-right", on_click=self._ask_labels)
        self._second = QWidget()
        row(self._aside, None, self.labels_button, spacing=SPACE_2, parent=self._second)
        first = row(self._meaning, self.columns_button, spacing=SPACE_2)
        first.setStretch(0, 1)
        top = column(first, self._second, spacing=SPACE_1, margins=(SPACE_3, SPACE_3, SPACE_3, SPACE_2))
        self._content = QWidget()
        self._lines = column(spacing=SPACE_1 + 2, margins=(SPACE_3, 0, SPACE_3, SPACE_3), parent=self._content)
        self._notes = scrolled_on_card(self._content)
        self.rows = TableRows(self)
        self.table = RowsTable(self.rows)
        self.body.addLayout(top)
        self.body.addWidget(self._notes)
        self.body.addWidget(Line())
        self.body.addWidget(self.table, 1)
        setup.data_changed.connect(self.show_data)
        setup.task_changed.connect(self.show_data)
        setup.readiness_changed.connect(self.show_readiness)
        self.show_data()

    def retranslate(self) -> None:
        self.show_data()
        self.show_readiness()

    def show_data(self) -> None:
        """Show the data set in hand."""
        dataset, task = self._setup.dataset, self._setup.task
        self.rows.show_dataset(self._setup.session, dataset)
        self._meaning.setText(_meaning(dataset, task) if dataset and task else "")
        self._aside.retranslate()
        show_if(bool(dataset and dataset.broken), self._aside)
        self._show_second()
        self.columns_button.setEnabled(self._setup.writable)

    def notes(self) -> list[str]:
        """What is said about the data, as a screen reader says it."""
        return [label.text() for label in self._content.findChildren(Text) if not label.isHidden()]

    def show_readiness(self) -> None:
        """Show what there is to know about it."""
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        found = self._setup.readiness
        if found is not None:
            for note in found.notes:
                self._lines.addWidget(_NoteLine(note))
        elif self._setup.examining:
            self._lines.addWidget(Text(N_("Looking at the rows …"), role="muted"))
        self._lines.addStretch(1)
        show_if(bool(found and found.unknown_labels), self.labels_button)
        self._show_second()
        # Once the words have their height.
        QTimer.singleShot(0, self, self._fit)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _fit(self) -> None:
        width = self._notes.viewport().width()
        wanted = (
            self._lines.heightForWidth(width) if self._lines.hasHeightForWidth() else self._lines.sizeHint().height()
        )
        self._notes.setFixedHeight(min(max(wanted, 28), _NOTES_HEIGHT))

    def _show_second(self) -> None:
        show_if(not (self._aside.isHidden() and self.labels_button.isHidden()), self._second)

    def _aside_words(self) -> str:
        n = self._setup.dataset.broken if self._setup.dataset else 0
        return ngettext("{n} row was kept aside", "{n} rows were kept aside", n).format(n=f"{n:,}")

    def _ask_labels(self) -> None:
        self.asked.emit("labels")


class _NoteLine(QWidget):
    """One note: a sign and a sentence."""

    def __init__(self, note: Note) -> None:
        super().__init__()
        sign, tint = _SIGNS[note.severity]
        symbol = Icon(sign, ICON_SMALL, tint)
        # Followed through a change of language.
        line = row(symbol, Text(lambda: note.sentence, wrap=True), spacing=SPACE_2, parent=self)
        line.setStretch(1, 1)
        line.setAlignment(symbol, Qt.AlignmentFlag.AlignTop)


def _meaning(dataset: Dataset, task: Task) -> str:
    """What the columns mean, in a line."""
    mapping = dataset.mapping
    titles = {field.name: _(field.title) for field in task.inputs}
    parts = [
        _("{meaning}: {column}").format(meaning=titles.get(name, name), column=named)
        for name, named in mapping.inputs.items()
    ]
    if mapping.reference:
        parts.append(_("{meaning}: {column}").format(meaning=_("Expected"), column=mapping.reference))
    if mapping.groups:
        parts.append(_("{meaning}: {column}").format(meaning=_("Groups"), column=", ".join(mapping.groups)))
    if mapping.recorded:
        parts.append(_("{meaning}: {column}").format(meaning=_("Other systems"), column=", ".join(mapping.recorded)))
    return " · ".join(parts)
