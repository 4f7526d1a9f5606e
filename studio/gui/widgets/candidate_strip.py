"""The columns side by side; more of them than fit scroll sideways in their own area, never the window."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from studio.domain.i18n import N_, _
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_3
from studio.gui.viewmodels.try_column import ColumnState
from studio.gui.widgets.candidate_column import LEAST_WIDTH, MIME, CandidateColumn
from studio.gui.widgets.empty_state import AddPlace
from studio.gui.widgets.layouts import row, show_if
from studio.gui.words import Translated

_ADD_WIDTH = 112
#: Widest a column grows when there are few: longer lines are hard to read.
_MOST_WIDTH = 720


class CandidateStrip(Translated, QScrollArea):
    """All columns on show.

    Signals:
        asked: A column (its id) asked for something, see `CandidateColumn.asked`.
        rated: An answer of a column (its id) was rated.
        moved: A column (its id) was dropped at a place.
        add_wanted: Another candidate is wanted.
        focus_changed: Another column has the focus, or none.
    """

    asked = Signal(str, str)
    rated = Signal(str, object, str)
    moved = Signal(str, int)
    add_wanted = Signal()
    focus_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "plain")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        content = self._content = QWidget()
        self.add_place = AddPlace(N_("Add a candidate to compare"), "Ctrl+T")
        self.add_place.setFixedWidth(_ADD_WIDTH)
        self.add_place.clicked.connect(self.add_wanted)
        self._line: QHBoxLayout = row(self.add_place, None, spacing=SPACE_3, parent=content)
        # Takes what columns of their greatest width leave, and nothing before.
        self._line.setStretch(1, 0)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.columns: list[CandidateColumn] = []
        self._focused = ""
        # Not an event filter: in Python it would be called for every event of the whole window.
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        self.retranslate()

    @property
    def focused(self) -> str:
        """Id of the column that has the focus, or had it last; empty where that is gone."""
        return self._focused if any(column.state.id == self._focused for column in self.columns) else ""

    def show_columns(self, states: list[ColumnState], task: Task, movable: bool) -> None:
        """Show these columns, in this order; those that stay keep their place on the screen."""
        known = {column.state: column for column in self.columns if column.movable is movable and column.task is task}
        shown = [known.pop(state) if state in known else self._made(state, task, movable) for state in states]
        for gone in set(self.columns) - set(shown):
            self._line.removeWidget(gone)
            gone.hide()
            gone.setParent(None)
            gone.deleteLater()
        self.columns = shown
        for place, column in enumerate(shown):
            self._line.removeWidget(column)
            self._line.insertWidget(place, column, 100)
            show_if(True, column)
        self._order_tabs()
        self._fit()

    def show_add_place(self, shown: bool) -> None:
        """Whether one more can be added."""
        show_if(shown, self.add_place)
        self._fit()

    def column(self, column_id: str) -> CandidateColumn | None:
        """The column of that id."""
        return next((column for column in self.columns if column.state.id == column_id), None)

    def reveal(self, column_id: str) -> None:
        """Scroll to a column and give it the focus."""
        column = self.column(column_id)
        if column is not None:
            column.setFocus(Qt.FocusReason.OtherFocusReason)
            # While a dialog closes, the window is not active yet, and no change of focus is heard.
            self._remember(column_id)
            QTimer.singleShot(0, column, lambda: self.ensureWidgetVisible(column, SPACE_3, 0))

    def retranslate(self) -> None:
        self.setAccessibleName(_("Candidates side by side"))

    def _made(self, state: ColumnState, task: Task, movable: bool) -> CandidateColumn:
        made = CandidateColumn(state, task, movable)
        made.setMaximumWidth(_MOST_WIDTH)
        made.asked.connect(lambda what: self.asked.emit(state.id, what))
        made.rated.connect(lambda thumb, note: self.rated.emit(state.id, thumb, note))
        return made

    def _order_tabs(self) -> None:
        """Tab goes through the columns in the order they are shown."""
        for before, after in pairwise(self.columns):
            last = before.opinion.note
            QWidget.setTabOrder(last, after)
        for column in self.columns:
            order = [
                column,
                column.head_view.menu_button,
                column.opinion.copy_button,
                column.opinion.again_button,
                column.opinion.up,
                column.opinion.down,
                column.opinion.note_button,
                column.opinion.note,
            ]
            for first, second in pairwise(order):
                QWidget.setTabOrder(first, second)

    def _fit(self) -> None:
        adds = 0 if self.add_place.isHidden() else _ADD_WIDTH + SPACE_3
        least = len(self.columns) * (LEAST_WIDTH + SPACE_3) - SPACE_3 + adds
        self._content.setMinimumWidth(max(0, least))

    # -- focus and dragging --------------------------------------------------------------------------------------

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        column = next((each for each in self.columns if now and (each is now or each.isAncestorOf(now))), None)
        if column is None:
            return
        self.ensureWidgetVisible(column, 0, 0)
        self._remember(column.state.id)

    def _remember(self, column_id: str) -> None:
        if column_id != self._focused:
            self._focused = column_id
            self.focus_changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        column_id = bytes(event.mimeData().data(MIME).data()).decode()
        x = self._content.mapFrom(self, event.position().toPoint()).x()
        others = [column for column in self.columns if column.state.id != column_id]
        place = sum(column.mapTo(self._content, QPoint(column.width() // 2, 0)).x() < x for column in others)
        event.acceptProposedAction()
        self.moved.emit(column_id, place)
