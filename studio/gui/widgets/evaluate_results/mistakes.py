"""Which labels are taken for which: confusion matrices side by side, figures by label, and reliability."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from studio.domain.evaluation import Evaluation, LabelScores
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_results.confusion_map import ConfusionMap
from studio.gui.widgets.evaluate_results.figure_table import FigureColumn, FigureTable
from studio.gui.widgets.evaluate_results.reliability_plot import ReliabilityPlot
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import plain
from studio.services.evaluation_figures import percent
from studio.services.evaluation_rows import Cell

#: Confusions in the list.
_MOST_CONFUSIONS = 30
#: Labels of a heat map; with more, those that are confused most.
_MOST_LABELS = 40

#: (expected, answered) and how often by candidate.
Confusion = tuple[str, str, dict[int, int]]


class Mistakes(QWidget):
    """The "Mistakes" part of the results.

    Signals:
        cell_chosen: Rows of a `Cell` shall be shown.
    """

    cell_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self.confusions = FigureTable(N_("What is taken for what"), most_rows=8)
        self.confusions.chosen.connect(self._choose_confusion)
        self._no_mistake = Text(N_("No label was taken for another."), role="muted")
        self._maps = QWidget()
        self._map_row = QHBoxLayout(self._maps)
        self._map_row.setContentsMargins(0, 0, 0, SPACE_2)
        self._map_row.setSpacing(SPACE_4)
        sideways = QScrollArea()
        sideways.setWidgetResizable(True)
        sideways.setProperty("surface", "plain")
        sideways.setWidget(self._maps)
        self._maps.setAutoFillBackground(False)
        self._sideways = sideways
        self.by = SegmentedControl(
            (("f1", N_("F1")), ("recall", N_("Recall")), ("precision", N_("Precision"))), "recall", N_("Figure")
        )
        self.by.chosen.connect(lambda _figure: self._show_labels())
        self.labels = FigureTable(N_("Figures of each label"))
        self._plots = row(spacing=SPACE_4)
        self._reliability = _part(
            N_("Can its probabilities be trusted?"),
            N_(
                "On the dashed line an answer that is 80 % sure is right in 80 of 100 cases; below it, the model is "
                "surer than it should be. A larger dot stands for more answers."
            ),
            self._plots,
        )
        content = QWidget()
        label_head = row(
            Text(N_("Figures of each label"), role="heading"), None, self.by, spacing=SPACE_2, margins=(0,) * 4
        )
        self._by_text = Text(self._by_words, role="muted", wrap=True)
        label_card = Card(label_head, self._by_text, self.labels)
        column(
            _part(
                N_("What is taken for what"),
                N_("A click on a line shows these rows."),
                self.confusions,
                self._no_mistake,
            ),
            _part(
                N_("Confusion matrices"),
                N_("Down: expected. Across: answered. A click on a cell shows these rows."),
                sideways,
            ),
            label_card,
            self._reliability,
            None,
            spacing=SPACE_3,
            margins=(0, 0, SPACE_2, 0),
            parent=content,
        )
        column(scrolled(content), parent=self)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show another one's labels."""
        self._evaluation = evaluation
        self._show_confusions()
        self._show_maps()
        self._show_labels()
        self._show_reliability()

    # -- confusions ------------------------------------------------------------------------------------------------

    def _show_confusions(self) -> None:
        assert self._evaluation is not None
        found = _confusions(self._evaluation)
        show_if(bool(found), self.confusions)
        show_if(not found, self._no_mistake)
        columns = [
            FigureColumn(N_("Expected"), lambda each: _readable(each[0]), number=False),
            FigureColumn(N_("Answered"), lambda each: _readable(each[1]), number=False),
        ]
        columns += [
            FigureColumn(
                plain(self._evaluation.candidate(scores.candidate).title),
                partial(_count_text, scores.candidate),
                partial(_count, scores.candidate),
            )
            for scores in self._evaluation.scores
        ]
        self.confusions.show_rows(columns, found[:_MOST_CONFUSIONS])

    def _choose_confusion(self, found: Confusion) -> None:
        reference, predicted, counts = found
        self._choose(max(counts, key=lambda candidate: counts[candidate]), reference, predicted)

    def _choose(self, candidate: int, reference: str, predicted: str) -> None:
        if self._evaluation is None:
            return
        # The table of rows goes by the models' own labels.
        mapped = self._evaluation.info.settings.label_map
        self.cell_chosen.emit(Cell(candidate, mapped.get(reference, reference), mapped.get(predicted, predicted)))

    def _show_maps(self) -> None:
        assert self._evaluation is not None
        clear(self._map_row)
        labels, given = _labels_of(self._evaluation)
        for scores in self._evaluation.scores:
            name = self._evaluation.candidate(scores.candidate).title
            drawn = ConfusionMap(name)
            drawn.show_matrix(labels, given, {(ref, pred): count for ref, pred, count in scores.confusion})
            drawn.chosen.connect(partial(self._choose, scores.candidate))
            holder = QWidget()
            column(ElidedText(plain(name), role="strong"), drawn, None, parent=holder)
            holder.setMinimumWidth(drawn.width())
            self._map_row.addWidget(holder)
        self._map_row.addStretch(1)
        self._sideways.setFixedHeight(self._maps.sizeHint().height() + SPACE_4)

    # -- labels ----------------------------------------------------------------------------------------------------

    def _by_words(self) -> str:
        return {
            "recall": _("Recall: of the rows with this label, the share that were given it."),
            "precision": _("Precision: of the rows that were given this label, the share that have it."),
            "f1": _("F1: the harmonic mean of precision and recall."),
        }[self.by.value or "recall"]

    def _show_labels(self) -> None:
        if self._evaluation is None:
            return
        self._by_text.retranslate()
        by_label: dict[str, dict[int, LabelScores]] = {}
        for scores in self._evaluation.scores:
            for each in scores.labels:
                by_label.setdefault(each.label, {})[scores.candidate] = each
        rows = sorted(by_label.items(), key=lambda item: -_support(item))
        columns = [
            FigureColumn(N_("Label"), lambda item: _readable(item[0]), number=False),
            FigureColumn(N_("Rows"), lambda item: f"{_support(item):,}", _support),
        ]
        figure = self.by.value or "recall"
        columns += [
            FigureColumn(
                plain(self._evaluation.candidate(scores.candidate).title),
                partial(_label_text, scores.candidate, figure),
                partial(_label_value, scores.candidate, figure),
            )
            for scores in self._evaluation.scores
        ]
        self.labels.show_rows(columns, rows)

    def _show_reliability(self) -> None:
        assert self._evaluation is not None
        clear(self._plots)
        shown = [scores for scores in self._evaluation.scores if scores.reliability]
        show_if(bool(shown), self._reliability)
        for scores in shown:
            name = self._evaluation.candidate(scores.candidate).title
            plot = ReliabilityPlot(name)
            plot.show_bins(scores.reliability)
            holder = QWidget()
            column(ElidedText(plain(name), role="strong"), plot, parent=holder)
            self._plots.addWidget(holder, 1)


def _part(title: str, sentence: str, *items) -> Card:
    return Card(Text(title, role="heading"), Text(sentence, role="muted", wrap=True), *items)


def _confusions(evaluation: Evaluation) -> list[Confusion]:
    counts: dict[tuple[str, str], dict[int, int]] = {}
    for scores in evaluation.scores:
        for reference, predicted, count in scores.confusion:
            if reference != predicted and count:
                counts.setdefault((reference, predicted), {})[scores.candidate] = count
    return sorted(
        ((reference, predicted, by) for (reference, predicted), by in counts.items()),
        key=lambda each: (-max(each[2].values()), -sum(each[2].values()), each[:2]),
    )


def _labels_of(evaluation: Evaluation) -> tuple[list[str], list[str]]:
    """Labels of the heat maps, down and across: all, or those that are confused most."""
    expected: dict[str, int] = {}
    given: set[str] = set()
    wrong: dict[str, int] = {}
    for scores in evaluation.scores:
        for reference, predicted, count in scores.confusion:
            expected[reference] = expected.get(reference, 0) + count
            given.add(predicted)
            if reference != predicted:
                wrong[reference] = wrong.get(reference, 0) + count
                wrong[predicted] = wrong.get(predicted, 0) + count
    labels = sorted(expected)
    if len(labels) > _MOST_LABELS:
        labels = sorted(sorted(labels, key=lambda label: -wrong.get(label, 0))[:_MOST_LABELS])
        given = {label for label in given if label in labels}
    return labels, [*labels, *sorted(given.difference(labels))]


def _count(candidate: int, each: Confusion) -> int:
    return each[2].get(candidate, 0)


def _count_text(candidate: int, each: Confusion) -> str:
    return f"{each[2].get(candidate, 0):,}"


LabelRow = tuple[str, dict[int, LabelScores]]


def _support(item: LabelRow) -> int:
    return max(each.support for each in item[1].values())


def _label_value(candidate: int, figure: str, item: LabelRow) -> float | None:
    scores = item[1].get(candidate)
    return None if scores is None else getattr(scores, figure)


def _label_text(candidate: int, figure: str, item: LabelRow) -> str:
    value = _label_value(candidate, figure, item)
    return "–" if value is None else percent(value)


def _readable(label: str) -> str:
    return label.replace("_", " ") or _("(no answer)")


def has_labels(evaluation: Evaluation) -> bool:
    """Whether there is anything to show here."""
    return any(scores.confusion or scores.labels for scores in evaluation.scores)
