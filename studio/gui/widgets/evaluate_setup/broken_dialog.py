"""Rows that were kept aside: where each stands in the file, why it can't be used, and how it begins."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.dataset import BrokenRow
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.viewmodels.evaluate_setup_rows import TableRows
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_setup.rows_table import RowsTable
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import Text

_SIZE = (760, 460)


class BrokenDialog(QDialog):
    """The list."""

    def __init__(self, rows: Sequence[BrokenRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Rows kept aside"))
        self.resize(*_SIZE)
        shown = TableRows(self)
        shown.show_rows(
            (_("Line"), _("Why"), _("How it begins")), [(f"{each.line:,}", each.reason, each.text) for each in rows]
        )
        self.table = RowsTable(shown)
        self.table.verticalHeader().hide()
        frame = Card(self.table, margin=1)
        whole = column(
            Text(
                N_("These rows take no part. Correct them in the file and import it again to have them in."),
                wrap=True,
            ),
            frame,
            row(None, Button(N_("Close"), "primary", on_click=self.accept)),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        whole.setStretch(1, 1)
