"""A table of a person's rows: the file's preview, or all rows of a data set."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from studio.domain.i18n import _
from studio.gui.viewmodels.evaluate_setup_rows import TableRows
from studio.gui.words import Translated

_ROW_HEIGHT = 34
_LEAST, _MOST = 90, 460
#: Rows by which the columns' widths are chosen.
_MEASURED = 30


class RowsTable(Translated, QTableView):
    """Rows that scroll smoothly, however many there are: every row is as high as the others."""

    def __init__(self, rows: TableRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "rows")
        self._rows = rows
        self.setModel(rows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        upright = self.verticalHeader()
        upright.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        upright.setDefaultSectionSize(_ROW_HEIGHT)
        upright.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        head.setMinimumSectionSize(60)
        rows.modelReset.connect(self._fit)
        self._fit()
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Rows of the data"))

    def _fit(self) -> None:
        """Columns as wide as their first cells, within reason."""
        metrics = self.fontMetrics()
        looked = [self._rows.cells(row) for row in range(min(_MEASURED, self._rows.rowCount()))]
        for place, name in enumerate(self._rows.columns):
            widths = sorted(metrics.horizontalAdvance(cells[place][:80]) for cells in looked)
            usual = widths[len(widths) * 3 // 4] if widths else 0
            wanted = max(usual, metrics.horizontalAdvance(name) + 8) + 28
            self.setColumnWidth(place, min(max(wanted, _LEAST), _MOST))
