"""The first thing to see: is the difference real, what does it cost in speed and memory, and every figure."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.domain.evaluation import CandidateScores, Evaluation, PairComparison
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_results.candidate_cards import CandidateCards
from studio.gui.widgets.evaluate_results.difference_card import DifferenceCard, p_text
from studio.gui.widgets.evaluate_results.figure_table import FigureColumn, FigureTable
from studio.gui.widgets.evaluate_results.tradeoff_card import TradeoffCard
from studio.gui.widgets.layouts import column, row, scrolled, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import plain
from studio.services.evaluation_figures import SPEED, evaluation_figure, interval_text, joined
from studio.services.evaluation_standing import best

_TOP_HEIGHT = 300


class Overview(QWidget):
    """The "Overview" part of the results.

    Signals:
        pin_wanted: A candidate (its id) shall be the baseline; 0 for none.
        rows_wanted: Rows of a filter shall be shown.
        errors_wanted: Rows without an answer of a candidate shall be shown.
    """

    pin_wanted = Signal(int)
    rows_wanted = Signal(str)
    errors_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = CandidateCards()
        self.cards.pin_wanted.connect(self.pin_wanted)
        self.cards.errors_wanted.connect(self.errors_wanted)
        self.tradeoff = TradeoffCard()
        self.difference = DifferenceCard()
        self.difference.rows_wanted.connect(self.rows_wanted)
        for card in (self.tradeoff, self.difference):
            card.setFixedHeight(_TOP_HEIGHT)
        self.figures = FigureTable(N_("All figures"), most_rows=40)
        self.pairs = FigureTable(N_("All comparisons"))
        self._pairs_card = _table_card(N_("All comparisons"), self.pairs)
        content = QWidget()
        top = row(self.tradeoff, self.difference, spacing=SPACE_3)
        top.setStretch(0, 1)
        top.setStretch(1, 1)
        column(
            top,
            self.cards,
            _table_card(N_("All figures"), self.figures),
            self._pairs_card,
            None,
            spacing=SPACE_3,
            margins=(0, 0, SPACE_2, 0),
            parent=content,
        )
        column(scrolled(content), parent=self)

    def show_evaluation(self, evaluation: Evaluation, writable: bool) -> None:
        """Show another one."""
        self.cards.show_evaluation(evaluation, writable)
        self.tradeoff.show_evaluation(evaluation)
        self.difference.show_evaluation(evaluation)
        self._show_figures(evaluation)
        self._show_pairs(evaluation)

    def _show_figures(self, evaluation: Evaluation) -> None:
        known = {key for scores in evaluation.scores for key in (*scores.metrics, *scores.speed)}
        keys = [key for key in evaluation.metrics if key in known]
        keys += [figure.key for figure in SPEED if figure.key in known]
        columns = [FigureColumn(N_("Figure"), _figure_name, number=False)]
        columns += [
            FigureColumn(
                plain(evaluation.candidate(scores.candidate).title),
                partial(_figure_text, evaluation, scores),
                partial(_figure_value, scores),
                tone=partial(_figure_tone, evaluation, scores),
            )
            for scores in evaluation.scores
        ]
        self.figures.show_rows(columns, keys)

    def _show_pairs(self, evaluation: Evaluation) -> None:
        show_if(bool(evaluation.comparisons), self._pairs_card)
        columns = [
            FigureColumn(N_("Figure"), lambda pair: _(evaluation_figure(pair.metric).title), number=False),
            FigureColumn(N_("A"), lambda pair: evaluation.candidate(pair.a).title, number=False),
            FigureColumn(N_("B"), lambda pair: evaluation.candidate(pair.b).title, number=False),
            FigureColumn(
                N_("Winner"),
                lambda pair: _("no clear winner") if pair.winner is None else evaluation.candidate(pair.winner).title,
                number=False,
                tone=lambda pair: "muted" if pair.winner is None else "good",
            ),
            FigureColumn(
                N_("A − B"),
                lambda pair: evaluation_figure(pair.metric).difference(pair.difference),
                lambda pair: pair.difference,
            ),
            FigureColumn(N_("95 % interval"), _pair_interval, lambda pair: pair.low),
            FigureColumn(
                N_("p"),
                lambda pair: p_text(pair.p_adjusted),
                lambda pair: pair.p_adjusted,
                N_("p-value after Holm's correction over all pairs of this figure"),
            ),
            FigureColumn(N_("Rows"), lambda pair: f"{pair.n:,}", lambda pair: pair.n),
        ]
        self.pairs.show_rows(columns, evaluation.comparisons)


def _table_card(title: str, table: FigureTable) -> Card:
    copy = IconButton(
        "copy", N_("Copy the table"), lambda: QGuiApplication.clipboard().setText(table.figures.as_text())
    )
    return Card(row(Text(title, role="heading"), None, copy), table)


def _figure_name(key: str) -> str:
    figure = evaluation_figure(key)
    title, term = _(figure.title), _(figure.term)
    return title if title == term else f"{title} ({term})"


def _figure_value(scores: CandidateScores, key: str) -> float | None:
    estimate = {**scores.metrics, **scores.speed}.get(key)
    return None if estimate is None else estimate.value


def _figure_text(evaluation: Evaluation, scores: CandidateScores, key: str) -> str:
    estimate = {**scores.metrics, **scores.speed}.get(key)
    if estimate is None:
        return "–"
    figure = evaluation_figure(key)
    text = figure.text(estimate.value)
    if estimate.low is not None and estimate.high is not None:
        text = f"{text}  ({interval_text(figure, estimate)})"
    if key in scores.spread:
        text += " " + _("± {spread} between repeats").format(spread=figure.text(scores.spread[key]))
    return f"{text}  " + _("best") if best(evaluation, key) == scores.candidate else text


def _figure_tone(evaluation: Evaluation, scores: CandidateScores, key: str) -> str:
    return "good" if best(evaluation, key) == scores.candidate else ""


def _pair_interval(pair: PairComparison) -> str:
    return joined(*(evaluation_figure(pair.metric).difference(bound) for bound in (pair.low, pair.high)))
