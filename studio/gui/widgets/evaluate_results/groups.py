"""Groups of rows by a column: who is good for whom."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from studio.domain.evaluation import CandidateScores, Evaluation, SliceKey
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_results.figure_table import FigureColumn, FigureTable
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, plain
from studio.services.evaluation_figures import evaluation_figure, interval_text


class Groups(Translated, QWidget):
    """The "Groups" part of the results.

    Signals:
        group_chosen: Rows of a `SliceKey` shall be shown.
    """

    group_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self.figure = QComboBox()
        self.figure.activated.connect(lambda _place: self._show())
        self._tables = column(spacing=SPACE_3)
        self.tables: dict[str, FigureTable] = {}
        content = QWidget()
        column(
            row(
                Text(
                    N_("A click on a line shows its rows. Small groups have wide intervals."), role="muted", wrap=True
                ),
                self.figure,
                spacing=SPACE_2,
            ),
            self._tables,
            None,
            spacing=SPACE_3,
            margins=(0, 0, SPACE_2, 0),
            parent=content,
        )
        column(scrolled(content), parent=self)
        self.retranslate()

    def retranslate(self) -> None:
        self.figure.setAccessibleName(_("Figure"))
        if self._evaluation is not None:
            self.show_evaluation(self._evaluation)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show another one's groups."""
        self._evaluation = evaluation
        chosen = self.figure.currentData()
        keys = [key for key in evaluation.metrics if any(key in found for found in _slices(evaluation).values())]
        self.figure.clear()
        for key in keys:
            self.figure.addItem(_(evaluation_figure(key).title), key)
        self.figure.setCurrentIndex(max(0, self.figure.findData(chosen)))
        show_if(len(keys) > 1, self.figure)
        self._show()

    def _show(self) -> None:
        assert self._evaluation is not None
        key = self.figure.currentData()
        clear(self._tables)
        self.tables = {}
        if key is None:
            return
        for name in dict.fromkeys(each.column for each in _slices(self._evaluation)):
            groups = [each for each in _slices(self._evaluation) if each.column == name]
            table = FigureTable(plain(name))
            columns = [
                FigureColumn(plain(name), lambda group: group.value or _("(empty)"), number=False),
                FigureColumn(
                    N_("Rows"),
                    partial(_rows_text, self._evaluation, key),
                    partial(_rows, self._evaluation, key),
                ),
            ]
            columns += [
                FigureColumn(
                    plain(self._evaluation.candidate(scores.candidate).title),
                    partial(_text, scores, key),
                    partial(_value, scores, key),
                )
                for scores in self._evaluation.scores
            ]
            table.show_rows(columns, groups)
            table.chosen.connect(self.group_chosen)
            self.tables[name] = table
            self._tables.addWidget(Card(Text(plain(name), role="heading"), table))


def has_groups(evaluation: Evaluation) -> bool:
    """Whether there is anything to show here."""
    return any(scores.slices for scores in evaluation.scores)


def _slices(evaluation: Evaluation) -> dict[SliceKey, set[str]]:
    """Groups, the largest first, with the metrics that they have."""
    found: dict[SliceKey, set[str]] = {}
    sizes: dict[SliceKey, int] = {}
    for scores in evaluation.scores:
        for group, metrics in scores.slices.items():
            found.setdefault(group, set()).update(metrics)
            sizes[group] = max(sizes.get(group, 0), *(estimate.n for estimate in metrics.values()), 0)
    return {group: found[group] for group in sorted(found, key=lambda group: -sizes[group])}


def _rows(evaluation: Evaluation, key: str, group: SliceKey) -> int:
    return max(
        (
            scores.slices[group][key].n
            for scores in evaluation.scores
            if group in scores.slices and key in scores.slices[group]
        ),
        default=0,
    )


def _rows_text(evaluation: Evaluation, key: str, group: SliceKey) -> str:
    return f"{_rows(evaluation, key, group):,}"


def _value(scores: CandidateScores, key: str, group: SliceKey) -> float | None:
    estimate = scores.slices.get(group, {}).get(key)
    return None if estimate is None else estimate.value


def _text(scores: CandidateScores, key: str, group: SliceKey) -> str:
    estimate = scores.slices.get(group, {}).get(key)
    if estimate is None:
        return "–"
    figure = evaluation_figure(key)
    bounds = interval_text(figure, estimate)
    return f"{figure.text(estimate.value)}  ({bounds})" if bounds else figure.text(estimate.value)
