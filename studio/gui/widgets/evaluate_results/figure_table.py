"""A table of figures: columns are data (title, value, text), sorted on raw values, copied as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from studio.gui.theme.theme import current_colours
from studio.gui.words import Translated, Words, said

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_ROW_HEIGHT = 32
#: Widest that the first column is kept where there is too little room, and narrowest of every column.
_FIRST, _LEAST = 200, 64
#: Room for a bar to scroll sideways.
_BAR = 14
#: Rows that are shown before a table scrolls by itself.
_MOST_ROWS = 12


@dataclass(frozen=True)
class FigureColumn:
    """One column.

    Attributes:
        title: Its head.
        text: What a row shows.
        value: What it is sorted by; None: by the text.
        tip: What its head explains.
        number: Whether it is a figure: then it stands at the right.
        tone: Name of a text colour for a row's cell; empty for the usual one.
    """

    title: Words
    text: Callable[[Any], str]
    value: Callable[[Any], Any] | None = None
    tip: Words = ""
    number: bool = True
    tone: Callable[[Any], str] | None = None


class FigureModel(QAbstractTableModel):
    """Rows of any kind through columns."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[FigureColumn, ...] = ()
        self.rows: list[Any] = []

    def show_rows(self, columns: Sequence[FigureColumn], rows: Sequence[Any]) -> None:
        """Show these, in this order."""
        self.beginResetModel()
        self.columns, self.rows = tuple(columns), list(rows)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return said(column.title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return said(column.tip) or said(column.title)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(column))
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(column))
        if role == Qt.ItemDataRole.ForegroundRole and column.tone is not None and column.tone(row):
            return QColor(getattr(current_colours(), column.tone(row)))
        return None

    def sort(self, section: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= section < len(self.columns):
            return
        column = self.columns[section]
        key = column.value or column.text
        # Rows without a figure stay at the end whichever way it is sorted.
        there = [row for row in self.rows if key(row) is not None]
        there.sort(key=key, reverse=order == Qt.SortOrder.DescendingOrder)
        self.beginResetModel()
        self.rows = there + [row for row in self.rows if key(row) is None]
        self.endResetModel()

    def as_text(self) -> str:
        """The table with tabs between cells, to paste into a spreadsheet."""
        lines = [[said(column.title) for column in self.columns]]
        lines += [[column.text(row) for column in self.columns] for row in self.rows]
        return "\n".join("\t".join(cell.replace("\t", " ") for cell in line) for line in lines)


def _alignment(column: FigureColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class FigureTable(Translated, QTableView):
    """The table; as high as its rows, up to a limit.

    Signals:
        chosen: A row was clicked or Enter pressed on it.

    Args:
        name: What it is, for screen readers.
        most_rows: Rows that are shown before it scrolls by itself.
    """

    chosen = Signal(object)

    def __init__(self, name: Words, most_rows: int = _MOST_ROWS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._most_rows = name, most_rows
        self.figures = FigureModel(self)
        self.setModel(self.figures)
        self.setProperty("kind", "bare")
        self.setShowGrid(False)
        self.setAlternatingRowColors(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        head.setSortIndicatorClearable(True)
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.clicked.connect(lambda index: self.chosen.emit(self.figures.rows[index.row()]))
        self.retranslate()

    def show_rows(self, columns: Sequence[FigureColumn], rows: Sequence[Any]) -> None:
        """Show these, in this order."""
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.figures.show_rows(columns, rows)
        self._fit()
        shown = min(max(len(rows), 1), self._most_rows)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + shown * _ROW_HEIGHT + _BAR)

    def retranslate(self) -> None:
        self.setAccessibleName(said(self._name))
        if self.figures.columns:
            self.figures.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.figures.columns) - 1)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Columns as wide as what they hold; the first takes what is left. Where that is too much, heads are cut."""
        if not self.figures.columns:
            return
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.resizeColumnsToContents()
        others = range(1, len(self.figures.columns))
        first = min(self.columnWidth(0), _FIRST)
        wanted = {column: self.columnWidth(column) for column in others}
        needed = {column: min(max(self.sizeHintForColumn(column), _LEAST), wanted[column]) for column in others}
        spare = max(self.viewport().width() - first - sum(needed.values()), 0)
        missing = sum(wanted.values()) - sum(needed.values())
        share = min(spare / missing, 1.0) if missing else 1.0
        for column in others:
            self.setColumnWidth(column, needed[column] + int((wanted[column] - needed[column]) * share))
        used = sum(self.columnWidth(column) for column in others)
        self.setColumnWidth(0, max(self.viewport().width() - used, first, _LEAST))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.figures.as_text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.figures.rows[self.currentIndex().row()])
        else:
            super().keyPressEvent(event)
