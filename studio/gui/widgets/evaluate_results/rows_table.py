"""The table of rows × candidates itself: column widths that follow the window, keys, opening a row."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from studio.domain.i18n import _
from studio.gui.viewmodels.evaluate_results_rows import INPUT, STAR, ResultRows
from studio.gui.widgets.evaluate_results.rows_delegate import ROW_HEIGHT, RowsDelegate
from studio.gui.words import Translated

AnyIndex = QModelIndex | QPersistentModelIndex
_STAR_WIDTH = 36
#: Narrowest a column of text may be before the table scrolls sideways.
_LEAST = 130


class RowsTable(Translated, QTableView):
    """The table.

    Signals:
        opened: A row (its place) shall be shown in full.
        star_wanted: A row (its place) shall be starred or no longer.
        sort_wanted: A candidate's column (its number) was clicked at its head.
        why_wanted: An answer of a row (its place) in a column (its number) shall be explained.
    """

    opened = Signal(int)
    star_wanted = Signal(int)
    sort_wanted = Signal(int)
    why_wanted = Signal(int, int)

    def __init__(self, rows: ResultRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.setProperty("kind", "bare")
        self.setModel(rows)
        self.setItemDelegate(RowsDelegate(self))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        vertical = self.verticalHeader()
        vertical.hide()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(ROW_HEIGHT)
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionsClickable(True)
        head.setMinimumSectionSize(_STAR_WIDTH)
        head.setHighlightSections(False)
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        head.sectionClicked.connect(self.sort_wanted)
        self._chosen_widths = False
        head.sectionResized.connect(self._on_resized)
        self._fitting = False
        rows.modelReset.connect(self._fit)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Rows and what each candidate answered"))

    def go_to(self, place: int) -> None:
        """Make a row the current one and show it."""
        if 0 <= place < self._rows.rowCount():
            column = max(self.currentIndex().column(), INPUT)
            self.setCurrentIndex(self._rows.index_at(place, column))

    # -- input -----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = self.currentIndex().row()
        if place >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.opened.emit(place)
        elif place >= 0 and event.key() in (Qt.Key.Key_Asterisk, Qt.Key.Key_S) and not _commanding(event):
            self.star_wanted.emit(place)
        elif place >= 0 and event.key() == Qt.Key.Key_W and not _commanding(event):
            self.why_wanted.emit(place, self.currentIndex().column())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            (self.star_wanted if index.column() == STAR else self.opened).emit(index.row())

    # -- widths ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _on_resized(self, _section: int, _before: int, _now: int) -> None:
        if not self._fitting:
            self._chosen_widths = True

    def _fit(self) -> None:
        """Share the width out: most to the input, unless someone chose widths."""
        count = self._rows.columnCount()
        if count < 2 or (self._chosen_widths and self.horizontalHeader().count() == count):
            return
        texts = count - 1
        # The bar's place is left free at all times: columns that jump when it comes are worse.
        bar = self.verticalScrollBar().sizeHint().width()
        room = self.width() - 2 * self.frameWidth() - bar - _STAR_WIDTH
        # The input is twice as wide as the others.
        unit = max(room // (texts + 1), _LEAST)
        self._fitting = True
        self.setColumnWidth(STAR, _STAR_WIDTH)
        for column in range(INPUT, count):
            self.setColumnWidth(column, unit)
        self.setColumnWidth(INPUT, max(room - unit * (texts - 1), _LEAST))
        self._fitting = False

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        if current.isValid():
            self.scrollTo(current)


def _commanding(event: QKeyEvent) -> bool:
    return bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier))
