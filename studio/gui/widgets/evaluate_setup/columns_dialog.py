"""Change what the columns of data in the project mean."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.i18n import N_, _
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_setup.columns_editor import ColumnsEditor
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import Text

_SIZE = (560, 520)


class ColumnsDialog(QDialog):
    """The editor in a window of its own.

    Signals:
        chosen: The columns mean something else now, a `ColumnMapping`.
    """

    chosen = Signal(object)

    def __init__(
        self, task: Task, dataset: Dataset, rows: Sequence[Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("What the columns mean"))
        self.resize(*_SIZE)
        self._task = task
        self.editor = ColumnsEditor()
        self.editor.show_columns(task, dataset.columns, rows, dataset.mapping)
        self.editor.changed.connect(self._show_enabled)
        self.done_button = Button(N_("Done"), "primary", on_click=self._done)
        whole = column(
            Text(N_("Evaluations that were run keep the meaning they had."), role="muted", wrap=True),
            Card(self.editor, margin=1),
            row(None, Button(N_("Cancel"), on_click=self.reject), self.done_button),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        whole.setStretch(1, 1)
        self._show_enabled(dataset.mapping)

    def _show_enabled(self, mapping: ColumnMapping) -> None:
        self.done_button.setEnabled(self._task.without_column(mapping.inputs) is None)

    def _done(self) -> None:
        self.accept()
        self.chosen.emit(self.editor.mapping)
