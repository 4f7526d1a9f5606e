"""The table of rows × candidates: found and sorted off the window's thread, read page by page as it is scrolled."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo
from studio.domain.i18n import _
from studio.domain.prediction import Labels
from studio.services.evaluation_figures import EvaluationFigure
from studio.services.evaluation_pages import ResultRow
from studio.services.evaluation_rows import RowFilter, RowIndex, RowQuery, RowsFound

if TYPE_CHECKING:
    from studio.gui.bridge import Background

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
#: Rows that are read together, and pages that are kept.
PAGE, _KEPT = 32, 90
#: Role of a `ShownCell`.
CELL = Qt.ItemDataRole.UserRole
#: Characters of a cell that are drawn; a cell may hold a book.
_LONGEST = 400

Verdict = Literal["", "right", "wrong", "failed"]


@dataclass(frozen=True)
class ShownCell:
    """What a cell shows.

    Attributes:
        text: On one line.
        verdict: Whether that answer is right, where that can be said.
        starred: Whether the row must never fail; for the first column.
        faint: Whether it stands for something that is not there.
        note: A figure behind the text, such as a score.
    """

    text: str
    verdict: Verdict = ""
    starred: bool = False
    faint: bool = False
    note: str = ""


#: Reads rows at positions.
ReadPage = Callable[[EvaluationInfo, Sequence[int]], tuple[ResultRow, ...]]
#: Positions of the rows that hold a text.
Holding = Callable[[EvaluationInfo, str], Any]
STAR, INPUT = 0, 1


class ResultRows(QAbstractTableModel):
    """Rows that a query found.

    Signals:
        found: Another set of rows is shown, or the counts changed.
    """

    found = Signal()

    def __init__(
        self, background: Background, read_page: ReadPage, holding: Holding, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._read_page, self._holding = read_page, holding
        self._info: EvaluationInfo | None = None
        self._index: RowIndex | None = None
        self._found: RowsFound | None = None
        self._query = RowQuery()
        self._counts: dict[RowFilter, int] = {}
        self._pages: OrderedDict[int, tuple[ResultRow, ...]] = OrderedDict()
        self._wanted: list[int] = []
        self._reading = False
        #: Counts how often pages were forgotten: what was read before may be out of date.
        self._age = 0
        self._asked = 0
        self._figure: EvaluationFigure | None = None
        self.searching = False

    # -- what is shown ---------------------------------------------------------------------------------------------

    @property
    def info(self) -> EvaluationInfo | None:
        """The evaluation on show."""
        return self._info

    @property
    def known(self) -> RowIndex | None:
        """What is known of all rows; None until it was read."""
        return self._index

    @property
    def query(self) -> RowQuery:
        """What is shown, or being looked for."""
        return self._query

    @property
    def counts(self) -> dict[RowFilter, int]:
        """How many rows each filter has, of those that make sense."""
        return self._counts

    @property
    def candidates(self) -> tuple[EvaluatedCandidate, ...]:
        """One column each."""
        return self._info.candidates if self._info else ()

    @property
    def has_reference(self) -> bool:
        """Whether there is a column with expected answers."""
        return self._info is not None and bool(self._info.settings.mapping.reference)

    def show_evaluation(self, info: EvaluationInfo | None) -> None:
        """Show another evaluation; its rows come with `take_index`."""
        self.beginResetModel()
        self._info, self._index, self._found = info, None, None
        self._query, self._counts = RowQuery(), {}
        self._forget_pages()
        self.endResetModel()
        self.found.emit()

    def take_index(self, index: RowIndex, figure: EvaluationFigure | None = None) -> None:
        """The index of the evaluation on show, at first or with other marks: what is asked for is found in it.

        Args:
            index: Of the evaluation on show.
            figure: What single answers are scored by; None: as before.
        """
        self._index = index
        self._figure = figure or self._figure
        self.ask(self._query)

    def say_info(self, info: EvaluationInfo) -> None:
        """The evaluation's own marks changed."""
        self._info = info
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, self.columnCount() - 1))

    def ask(self, query: RowQuery) -> None:
        """Find other rows, soon."""
        self._query = query
        self._asked += 1
        index, info, asked = self._index, self._info, self._asked
        if index is None or info is None:
            return
        if query.filter not in index.filters:
            query = self._query = RowQuery()
        self.searching = bool(query.search)

        def work() -> tuple[RowsFound, dict[RowFilter, int]]:
            return index.find(query, lambda text: self._holding(info, text)), index.counts(query.candidate)

        def done(result: tuple[RowsFound, dict[RowFilter, int]]) -> None:
            if asked == self._asked:
                self._show(*result)

        self._background.run(work, done, owner=self)

    def _show(self, found: RowsFound, counts: dict[RowFilter, int]) -> None:
        self.beginResetModel()
        self._found, self._counts = found, counts
        self.searching = False
        self._forget_pages()
        self.endResetModel()
        self.found.emit()

    # -- rows ------------------------------------------------------------------------------------------------------

    def position(self, place: int) -> int:
        """Position in the data set of the row at that place."""
        assert self._found is not None
        return int(self._found.positions[place])

    def place_of(self, position: int) -> int:
        """Place of a row of the data set; -1 where it is not among those found."""
        if self._found is None:
            return -1
        places = (self._found.positions == position).nonzero()[0]
        return int(places[0]) if len(places) else -1

    def at(self, place: int) -> ResultRow | None:
        """The row at that place; None while it is being read (`dataChanged` follows)."""
        page = self._pages.get(place // PAGE)
        if page is None:
            self._want(place // PAGE)
            return None
        return page[place % PAGE] if place % PAGE < len(page) else None

    def verdict(self, place: int, candidate: int) -> tuple[Verdict, float | None]:
        """Whether that candidate's answer is right, and its score where it is no matter of right and wrong."""
        if self._index is None or self._found is None:
            return "", None
        known = next((each for each in self._index.candidates if each.candidate == candidate), None)
        if known is None:
            return "", None
        where = int(self._found.order[place])
        if known.failed[where]:
            return "failed", None
        score = float(known.score[where])
        if math.isnan(score):
            return "", None
        if self._index.binary:
            return ("right" if score >= 0.5 else "wrong"), None
        return "", score

    def score_text(self, score: float) -> str:
        """The score of one answer with the metric's name."""
        return f"{_(self._figure.term)} {self._figure.text(score)}" if self._figure else ""

    def forget_rows(self) -> None:
        """What stands in rows changed: read them again when they are shown."""
        self._forget_pages()
        if self.rowCount():
            self.dataChanged.emit(self.index_at(0, 0), self.index_at(self.rowCount() - 1, self.columnCount() - 1))

    def index_at(self, place: int, column: int) -> QModelIndex:
        """Qt's index of a cell."""
        return self.index(place, column)

    def _forget_pages(self) -> None:
        self._pages.clear()
        self._wanted.clear()
        self._age += 1

    def _want(self, page: int) -> None:
        if page in self._wanted:
            self._wanted.remove(page)
        self._wanted.append(page)
        # Those that were scrolled past long ago are not read.
        del self._wanted[:-4]
        self._read_next()

    def _read_next(self) -> None:
        if self._reading or not self._wanted or self._found is None or self._info is None:
            return
        page, found, info, age = self._wanted.pop(), self._found, self._info, self._age
        positions = [int(each) for each in found.positions[page * PAGE : (page + 1) * PAGE]]
        self._reading = True

        def done(rows: tuple[ResultRow, ...]) -> None:
            self._reading = False
            if age == self._age:
                self._pages[page] = rows
                while len(self._pages) > _KEPT:
                    self._pages.popitem(last=False)
                first, last = page * PAGE, min((page + 1) * PAGE, self.rowCount()) - 1
                if first <= last:
                    self.dataChanged.emit(self.index_at(first, 0), self.index_at(last, self.columnCount() - 1))
            elif found is self._found:
                self._wanted.append(page)
            self._read_next()

        def failed(failure: Any) -> None:
            self._reading = False
            self._wanted.clear()
            self._background.failed.emit(failure)

        self._background.run(lambda: self._read_page(info, positions), done, failed, owner=self)

    # -- as Qt asks for it -----------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() or self._found is None else len(self._found)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        if parent.isValid() or self._info is None:
            return 0
        return self.first_candidate + len(self._info.candidates)

    @property
    def first_candidate(self) -> int:
        """The column of the first candidate."""
        return INPUT + (2 if self.has_reference else 1)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or self._info is None:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if section == STAR:
            return "★" if role == Qt.ItemDataRole.DisplayRole else _("Starred: must never fail")
        if section == INPUT:
            return self._input_column
        if section < self.first_candidate:
            return _("Expected")
        candidate = self.candidates[section - self.first_candidate]
        baseline = candidate.id == self._info.baseline
        return _("{name} (baseline)").format(name=candidate.title) if baseline else candidate.title

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._info is None:
            return None
        if role not in (CELL, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        shown = self._cell(index.row(), index.column())
        if role == CELL:
            return shown
        return _spoken(shown) if role == Qt.ItemDataRole.AccessibleTextRole else shown.text

    @property
    def _input_column(self) -> str:
        assert self._info is not None
        return next(iter(self._info.settings.mapping.inputs.values()), "")

    def _cell(self, place: int, column: int) -> ShownCell:
        assert self._info is not None
        found = self.at(place)
        if found is None:
            return ShownCell("" if column == STAR else "…", faint=True)
        if column == STAR:
            return ShownCell("", starred=found.row.critical)
        if column < self.first_candidate:
            if column == INPUT:
                return ShownCell(_line(self.cell_of(found, self._input_column)))
            expected = self.cell_of(found, self._info.settings.mapping.reference)
            return ShownCell(_line(readable(expected) if self._known_labels else expected))
        candidate = self.candidates[column - self.first_candidate]
        verdict, score = self.verdict(place, candidate.id)
        answers = found.answers.get(candidate.id, ())
        if not answers:
            return ShownCell(_("not answered yet"), faint=True)
        output = answers[0].output
        if output is None:
            failure = answers[0].failure
            return ShownCell(_line(failure.message if failure else ""), "failed")
        text = _line(readable(output.text) if isinstance(output, Labels) else output.text)
        note = "" if score is None or self._figure is None else self._figure.text(score)
        return ShownCell(text or _("(an empty answer)"), verdict, faint=not text, note=note)

    @property
    def _known_labels(self) -> bool:
        return self._index is not None and bool(self._index.names)

    def cell_of(self, found: ResultRow, column: str) -> str:
        """What stands in a column of the data; empty where it has no such column."""
        columns = self._info.dataset.columns if self._info else ()
        return found.row.cells[columns.index(column)] if column in columns else ""


_SPOKEN: dict[str, Callable[[], str]] = {
    "right": lambda: _("right"),
    "wrong": lambda: _("wrong"),
    "failed": lambda: _("no answer"),
}


def _spoken(cell: ShownCell) -> str:
    """A cell for a screen reader: the sign in words."""
    if cell.starred:
        return _("starred")
    sign = _SPOKEN[cell.verdict]() if cell.verdict else ""
    return ", ".join(part for part in (sign, cell.text, cell.note) if part)


def readable(label: str) -> str:
    """A label as words."""
    return label.replace("_", " ")


def _line(text: str) -> str:
    return " ".join(text[:_LONGEST].split())
