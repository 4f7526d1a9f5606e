"""Rows × candidates with what chooses them, and one row in full beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QWidget

from studio.domain.i18n import _, ngettext
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.evaluate_results.row_detail import RowDetail
from studio.gui.widgets.evaluate_results.rows_bar import RowsBar
from studio.gui.widgets.evaluate_results.rows_table import RowsTable
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text

#: Share of the width that the table keeps beside an open row.
_TABLE, _DETAIL = 58, 42
_LEAST_DETAIL = 300


class RowsView(QWidget):
    """The "Row by row" part of the results.

    Signals:
        why_wanted: A candidate's answer (its id) to the row at a position shall be explained.
    """

    why_wanted = Signal(int, int)

    def __init__(
        self, model: EvaluateResultsModel, task_of: Callable[[], Task | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model, self._task_of = model, task_of
        rows = model.rows
        self.bar = RowsBar(rows)
        self.table = RowsTable(rows)
        self.detail = RowDetail(rows, task_of)
        self.detail.setMinimumWidth(_LEAST_DETAIL)
        self._count = Text(self._count_words, role="caption")
        self._nothing = Text(self._nothing_words, role="muted", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card = Card(margin=1, spacing=0)
        bar = column(self.bar, margins=(SPACE_3, SPACE_3, SPACE_3, SPACE_3))
        card.body.addLayout(bar)
        card.body.addWidget(Line())
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self._nothing, 1)
        card.body.addWidget(Line())
        card.body.addLayout(row(self._count, None, margins=(SPACE_3, 5, SPACE_3, 5)))
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(card)
        self._splitter.addWidget(self.detail)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(SPACE_3)
        self._splitter.setStretchFactor(0, _TABLE)
        self._splitter.setStretchFactor(1, _DETAIL)
        column(self._splitter, spacing=SPACE_2, parent=self)
        show_if(False, self.detail)
        self._open: int | None = None
        self.table.opened.connect(self.open_place)
        self.table.star_wanted.connect(self._star_place)
        self.table.why_wanted.connect(self._ask_why)
        self.table.sort_wanted.connect(self._sort)
        selection = self.table.selectionModel()
        selection.currentRowChanged.connect(lambda now, _before: self._follow(now.row()))
        self.detail.closed.connect(self.close_detail)
        self.detail.step_wanted.connect(self._step)
        self.detail.starred.connect(lambda on: self._on_open(lambda position: model.star(position, on)))
        self.detail.noted.connect(lambda text: self._on_open(lambda position: model.note(position, text)))
        self.detail.rated.connect(
            lambda candidate, rating: self._on_open(lambda position: model.rate(candidate, position, rating))
        )
        self.detail.why_wanted.connect(
            lambda candidate: self._on_open(lambda position: self.why_wanted.emit(position, candidate))
        )
        rows.found.connect(self._on_found)
        rows.dataChanged.connect(lambda *_changed: self._show_open())
        self._on_found()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def _count_words(self) -> str:
        rows = self._model.rows
        if rows.searching:
            return _("Searching …")
        count = rows.rowCount()
        hint = _("Enter opens a row, S stars it")
        if self._explainable:
            hint = _("Enter opens a row, S stars it, W says why")
        return " · ".join((ngettext("{n} row", "{n} rows", count).format(n=f"{count:,}"), hint))

    def _nothing_words(self) -> str:
        rows = self._model.rows
        if rows.known is None:
            return _("Reading the rows …")
        if rows.query.search:
            return _("No row holds “{text}”.").format(text=rows.query.search)
        return _("No such rows.")

    def _on_found(self) -> None:
        empty = self._model.rows.rowCount() == 0
        show_if(not empty, self.table)
        show_if(empty, self._nothing)
        self._nothing.retranslate()
        self._count.retranslate()
        if self._open is not None:
            place = self._model.rows.place_of(self._open)
            if place >= 0:
                self.table.go_to(place)
                self._show_open()
            elif self._model.rows.known is None:
                self.close_detail()

    # -- one row ---------------------------------------------------------------------------------------------------

    @property
    def open_position(self) -> int | None:
        """Position of the row that is shown in full; None where none is."""
        return self._open

    def open_place(self, place: int) -> None:
        """Show the row at that place in full."""
        if not 0 <= place < self._model.rows.rowCount():
            return
        self.detail.store_notes()
        self._open = self._model.rows.position(place)
        self._unfold()
        self.table.go_to(place)
        self._show_open()

    def _unfold(self) -> None:
        if not self.detail.isVisibleTo(self):
            show_if(True, self.detail)
            width = self._splitter.width()
            self._splitter.setSizes([width * _TABLE // 100, width * _DETAIL // 100])

    def open_when_found(self, position: int) -> None:
        """Show the row at that position of the data in full, once a query that finds it was answered."""
        self.detail.store_notes()
        self._open = position
        self._unfold()

    def close_detail(self) -> None:
        """Show the table alone."""
        self.detail.store_notes()
        self._open = None
        show_if(False, self.detail)
        if self.isVisible():
            self.table.setFocus()

    def _follow(self, place: int) -> None:
        if self._open is not None and 0 <= place < self._model.rows.rowCount():
            self.detail.store_notes()
            self._open = self._model.rows.position(place)
            self._show_open()

    def _show_open(self) -> None:
        if self._open is None:
            return
        place = self._model.rows.place_of(self._open)
        found = self._model.rows.at(place) if place >= 0 else None
        if found is not None:
            self.detail.show_row(place, found, self._model.writable)

    def _step(self, by: int) -> None:
        if self._open is not None:
            self.open_place(self._model.rows.place_of(self._open) + by)

    def _on_open(self, do: Callable[[int], object]) -> None:
        if self._open is not None:
            do(self._open)

    def _star_place(self, place: int) -> None:
        found = self._model.rows.at(place)
        if found is not None and self._model.writable:
            self._model.star(found.row.position, not found.row.critical)

    def _ask_why(self, place: int, column: int) -> None:
        """Explain the answer in that column; in any other, that of the first model."""
        rows = self._model.rows
        models = [each for each in rows.candidates if each.candidate is not None and not each.candidate.remote]
        chosen = rows.candidates[column - rows.first_candidate] if column >= rows.first_candidate else None
        if chosen not in models:
            chosen = models[0] if models else None
        if chosen is not None and self._explainable:
            self.why_wanted.emit(rows.position(place), chosen.id)

    @property
    def _explainable(self) -> bool:
        task = self._task_of()
        return task is not None and task.explainable

    def _sort(self, section: int) -> None:
        rows = self._model.rows
        place = section - rows.first_candidate
        if 0 <= place < len(rows.candidates):
            self.bar.sort_by(rows.candidates[place].id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._open is not None:
            self.close_detail()
        else:
            super().keyPressEvent(event)
