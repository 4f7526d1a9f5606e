"""Which rows are shown: filters with counts, search, one candidate, order, and what was clicked elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.viewmodels.evaluate_results_rows import ResultRows
from studio.gui.widgets.buttons import Chip
from studio.gui.widgets.layouts import FlowLayout, column, row, show_if
from studio.gui.words import Translated
from studio.services.evaluation_rows import ROW_FILTERS, RowFilter, RowOrder, RowQuery

#: A pause in typing, after which is searched.
_TYPED_MS = 250

_FILTERS: dict[RowFilter, tuple[str, str]] = {
    "all": (N_("All"), N_("Every row")),
    "different": (N_("Different"), N_("Rows on which candidates say different things")),
    "wrong": (N_("Wrong"), N_("Rows with a wrong answer")),
    "errors": (N_("Errors"), N_("Rows without an answer")),
    "improved": (N_("Improved"), N_("Rows on which a candidate is better than the baseline")),
    "worsened": (N_("Worsened"), N_("Rows on which a candidate is worse than the baseline")),
    "rated": (N_("Rated"), N_("Rows that a person voted on or said something about")),
    "starred": (N_("Starred"), N_("Rows that must never fail")),
}
_ICONS: dict[RowFilter, str] = {"starred": "star-fill"}
#: Orders, and whether the largest comes first.
_ORDERS: tuple[tuple[RowOrder, bool, str], ...] = (
    ("position", False, N_("In the file's order")),
    ("confidence", False, N_("Least sure first")),
    ("confidence", True, N_("Surest first")),
    ("latency", True, N_("Slowest first")),
    ("latency", False, N_("Fastest first")),
    ("score", False, N_("Worst first")),
    ("score", True, N_("Best first")),
)


class RowsBar(Translated, QWidget):
    """Controls above the table; they change what `ResultRows` asks for."""

    def __init__(self, rows: ResultRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.chips: dict[RowFilter, Chip] = {}
        chips = QWidget()
        flow = FlowLayout(chips, spacing=SPACE_1 + 2)
        for kind in ROW_FILTERS:
            chip = Chip(
                self._words_of(kind),
                checkable=True,
                icon_name=_ICONS.get(kind, ""),
                on_click=partial(self._filter, kind),
                tip=_FILTERS[kind][1],
            )
            self.chips[kind] = chip
            flow.addWidget(chip)
        self.narrowed = Chip(self._narrowed_words, icon_name="x", on_click=self._widen, tip=N_("Show all rows again"))
        flow.addWidget(self.narrowed)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(110)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._typed.timeout.connect(self._search)
        self.search.textEdited.connect(lambda _text: self._typed.start())
        self.search.returnPressed.connect(self._search)
        # The button that clears the field edits it without a key.
        self.search.textChanged.connect(lambda text: None if text else self._typed.start())
        self.who = QComboBox()
        self.order = QComboBox()
        for box, letters in ((self.who, 9), (self.order, 13)):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(letters)
        self.who.activated.connect(lambda _place: self._choose())
        self.order.activated.connect(lambda _place: self._choose())
        line = row(self.search, self.who, self.order, spacing=SPACE_2)
        line.setStretch(0, 1)
        column(chips, line, spacing=SPACE_2, parent=self)
        rows.found.connect(self.refresh)
        self.retranslate()

    def _words_of(self, kind: RowFilter) -> Callable[[], str]:
        def words() -> str:
            count = self._rows.counts.get(kind)
            return _(_FILTERS[kind][0]) if count is None else f"{_(_FILTERS[kind][0])} {count:,}"

        return words

    def _narrowed_words(self) -> str:
        query = self._rows.query
        if query.picked is not None:
            return query.picked.title
        if query.cell is not None:
            return _("Expected {reference}, answered {predicted}").format(
                reference=query.cell.reference.replace("_", " "), predicted=query.cell.predicted.replace("_", " ")
            )
        return f"{query.group.column}: {query.group.value}" if query.group is not None else ""

    def retranslate(self) -> None:
        self.search.setPlaceholderText(_("Search in rows and answers"))
        self.search.setAccessibleName(_("Search in rows and answers"))
        self.who.setAccessibleName(_("Whose answers count"))
        self.order.setAccessibleName(_("Order"))
        self.refresh()

    def refresh(self) -> None:
        """Show what is asked for now."""
        query, index = self._rows.query, self._rows.known
        filters = index.filters if index else ()
        for kind, chip in self.chips.items():
            show_if(kind in filters, chip)
            chip.setChecked(kind == query.filter)
            chip.retranslate()
        show_if(any(each is not None for each in (query.cell, query.group, query.picked)), self.narrowed)
        self.narrowed.retranslate()
        if not self.search.hasFocus() and self.search.text() != query.search:
            with QSignalBlocker(self.search):
                self.search.setText(query.search)
        self._fill_choices()

    def _fill_choices(self) -> None:
        query, index = self._rows.query, self._rows.known
        with QSignalBlocker(self.who), QSignalBlocker(self.order):
            self.who.clear()
            self.who.addItem(_("Any candidate"), None)
            for candidate in self._rows.candidates:
                self.who.addItem(candidate.title, candidate.id)
            self.who.setCurrentIndex(max(0, self.who.findData(query.candidate)))
            self.order.clear()
            known = index.orders if index else ("position",)
            for order, descending, words in _ORDERS:
                if order in known:
                    self.order.addItem(_(words), (order, descending))
            chosen = [self.order.itemData(place) for place in range(self.order.count())]
            wanted = (query.order, query.descending)
            self.order.setCurrentIndex(chosen.index(wanted) if wanted in chosen else 0)
        show_if(len(self._rows.candidates) > 1, self.who)
        show_if(self.order.count() > 1, self.order)

    # -- asking ----------------------------------------------------------------------------------------------------

    def _filter(self, kind: RowFilter) -> None:
        self._ask(filter=kind)
        # A chip that was pressed again stays the chosen one.
        self.chips[kind].setChecked(True)

    def _search(self) -> None:
        self._typed.stop()
        if self.search.text().strip() != self._rows.query.search:
            self._ask(search=self.search.text().strip())

    def _choose(self) -> None:
        order, descending = self.order.currentData() or ("position", False)
        self._ask(candidate=self.who.currentData(), order=order, descending=descending)

    def _widen(self) -> None:
        self._ask(cell=None, group=None, picked=None)

    def sort_by(self, candidate: int) -> None:
        """Order by what is known of a candidate: the least sure, worst or slowest first, then the other way round."""
        query, index = self._rows.query, self._rows.known
        orders = [order for order in (index.orders if index else ()) if order != "position"]
        if not orders:
            return
        order = query.order if query.order in orders else orders[0]
        again = query.order == order and query.candidate == candidate
        descending = not query.descending if again else order == "latency"
        self._ask(candidate=candidate, order=order, descending=descending)

    def _ask(self, **changes: object) -> None:
        query: RowQuery = replace(self._rows.query, **changes)  # type: ignore[arg-type]
        self._rows.ask(query)
