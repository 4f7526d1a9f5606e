"""The exact numbers of an explanation, reachable with the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from studio.domain.explanation import Explanation
from studio.domain.i18n import N_, _
from studio.gui.words import Translated
from studio.services.explaining_words import leaned_on, other_words, share, signed, weight_title

_ROW_HEIGHT = 28
_ROWS_SHOWN = 6
#: Widest columns but the last.
_WIDEST = 200

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


@dataclass(frozen=True)
class FigureRow:
    """A line of the table.

    Attributes:
        place: Place of the part or word that it is about.
        cells: What it says.
    """

    place: int
    cells: tuple[str, ...]


def figures_of(found: Explanation) -> tuple[tuple[str, ...], list[FigureRow]]:
    """Titles of the columns (marked with ``N_``) and the lines of an explanation."""
    titles: tuple[str, ...]
    if found.steps:
        titles = (N_("Word of the answer"), N_("Probability"), N_("Could have been"), N_("Leaned on"))
        return titles, [
            FigureRow(place, (step.text, share(step.probability), other_words(step), leaned_on(found, step) or "–"))
            for place, step in enumerate(found.steps)
        ]
    weights = [(place, signed(found.weights[place])) for place in found.heaviest]
    if found.kind == "search":
        query = found.text.find("\n")
        titles = (N_("Word"), N_("Score without it falls by"), N_("Stands in"))
        return titles, [
            FigureRow(
                place,
                (
                    found.parts[place].text,
                    weight,
                    _("the query") if found.parts[place].start < query else _("the text found"),
                ),
            )
            for place, weight in weights
        ]
    titles = (N_("Field") if found.grid is not None else N_("Word"), weight_title(found))
    return titles, [FigureRow(place, (found.parts[place].text, weight)) for place, weight in weights]


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.titles: tuple[str, ...] = ()
        self.rows: Sequence[FigureRow] = ()

    def show_rows(self, titles: tuple[str, ...], rows: Sequence[FigureRow]) -> None:
        self.beginResetModel()
        self.titles, self.rows = titles, rows
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.rows[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _(self.titles[section])
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section == 1 else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class FiguresTable(Translated, QTableView):
    """The table.

    Signals:
        chosen: The part or word at a place shall be looked at.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "rows")
        self._model = _Model()
        self.setModel(self._model)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.selectionModel().currentRowChanged.connect(self._chose)
        self.retranslate()

    def show_figures(self, found: Explanation) -> None:
        """Show the numbers of another explanation."""
        self._model.show_rows(*figures_of(found))
        rows = min(self._model.rowCount(), _ROWS_SHOWN)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows * _ROW_HEIGHT + 4)
        self.resizeColumnsToContents()
        for section in range(self._model.columnCount() - 1):
            self.setColumnWidth(section, max(96, min(self.columnWidth(section), _WIDEST)))

    def show_place(self, place: int) -> None:
        """Mark the line of a part or word; -1 for none."""
        row = next((number for number, each in enumerate(self._model.rows) if each.place == place), -1)
        self.selectionModel().blockSignals(True)
        if row < 0:
            self.clearSelection()
        else:
            self.selectRow(row)
            self.scrollTo(self._model.index(row, 0))
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Exact numbers"))
        self._model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, self._model.columnCount() - 1))

    def _chose(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self._model.rows[current.row()].place)
