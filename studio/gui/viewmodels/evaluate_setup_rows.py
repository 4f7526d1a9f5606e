"""Rows of a data set for a table: read from the project a page at a time, however many there are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.domain.dataset import Dataset
from studio.domain.errors import StudioError

if TYPE_CHECKING:
    from studio.services.project_session import ProjectSession

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
#: Rows of a page, and how many pages are kept.
_PAGE = 200
_KEPT = 40
#: More of a cell than this no table shows; the whole text is in the tooltip.
_SHOWN, _TOLD = 300, 2_000


class TableRows(QAbstractTableModel):
    """Cells by row and column; `show_rows` for a preview, `show_dataset` for what lies in the project."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[str, ...] = ()
        self._few: tuple[tuple[str, ...], ...] = ()
        self._session: ProjectSession | None = None
        self._dataset: Dataset | None = None
        self._pages: OrderedDict[int, tuple[tuple[str, ...], ...]] = OrderedDict()

    def show_rows(self, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
        """Show these rows."""
        self.beginResetModel()
        self.columns, self._few = tuple(columns), tuple(rows)
        self._session, self._dataset = None, None
        self._pages.clear()
        self.endResetModel()

    def show_dataset(self, session: ProjectSession | None, dataset: Dataset | None) -> None:
        """Show the rows of a data set; None for nothing."""
        same = dataset is not None and self._dataset is not None and dataset.id == self._dataset.id
        if same and session is self._session:
            # A new name or mapping changes no cell.
            return
        self.beginResetModel()
        self.columns, self._few = (dataset.columns if dataset else ()), ()
        self._session, self._dataset = session, dataset
        self._pages.clear()
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        if parent.isValid():
            return 0
        return self._dataset.rows if self._dataset else len(self._few)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            # One line: a table with rows of different heights can't scroll through 100,000 of them.
            return " ".join(self.cells(index.row())[index.column()][:_SHOWN].split())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.cells(index.row())[index.column()][:_TOLD]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.columns):
            if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                return self.columns[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if orientation == Qt.Orientation.Vertical and role == Qt.ItemDataRole.DisplayRole:
            return f"{section + 1:,}"
        return None

    def cells(self, row: int) -> tuple[str, ...]:
        """The cells of a row."""
        if self._dataset is None:
            return self._few[row]
        number = row // _PAGE
        if number not in self._pages:
            self._pages[number] = self._read(number)
            while len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        page = self._pages[number]
        place = row - number * _PAGE
        return page[place] if place < len(page) else ("",) * len(self.columns)

    def _read(self, number: int) -> tuple[tuple[str, ...], ...]:
        """A page of rows: about a millisecond, so it needs no thread of its own."""
        if self._session is None or self._dataset is None:
            return ()
        try:
            return tuple(row.cells for row in self._session.datasets.page(self._dataset.id, number * _PAGE, _PAGE))
        except StudioError:
            # The project was closed while it was painted.
            return ()
