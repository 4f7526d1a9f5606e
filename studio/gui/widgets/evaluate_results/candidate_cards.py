"""A card for each candidate: how good with its interval, how fast, how large, and how often it had no answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.evaluation import EvaluatedCandidate, Evaluation
from studio.domain.i18n import N_, _, ngettext
from studio.domain.metric import Estimate
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.card import Card
from studio.gui.widgets.card_grid import CardGrid
from studio.gui.widgets.evaluate_results.interval_bar import IntervalBar
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.metric import Metric
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import plain
from studio.services.cluster_words import cluster_sentences
from studio.services.evaluation_figures import EvaluationFigure, evaluation_figure, interval_text
from studio.services.evaluation_standing import best
from studio.services.figures import money, seconds

#: Speed and memory on a card, the first two that any candidate has.
_SPEED = ("latency_p95_s", "ttft_p50_s", "rows_per_s")


class CandidateCards(CardGrid):
    """All of them.

    Signals:
        pin_wanted: A candidate (its id) shall be the baseline; 0 for none.
        errors_wanted: Rows without an answer of a candidate (its id) shall be shown.
    """

    pin_wanted = Signal(int)
    errors_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(least_width=230, most_columns=4, parent=parent)

    def show_evaluation(self, evaluation: Evaluation, writable: bool) -> None:
        """Show another one's candidates."""
        span = _span(evaluation)
        cards: list[QWidget] = []
        for candidate in evaluation.info.candidates:
            card = CandidateCard(evaluation, candidate, span, writable)
            card.pin_wanted.connect(self.pin_wanted)
            card.errors_wanted.connect(self.errors_wanted)
            cards.append(card)
        self.show_cards(cards)


class CandidateCard(Card):
    """One of them."""

    pin_wanted = Signal(int)
    errors_wanted = Signal(int)

    def __init__(
        self,
        evaluation: Evaluation,
        candidate: EvaluatedCandidate,
        span: tuple[float, float],
        writable: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(spacing=SPACE_2, margin=SPACE_4 - 2, parent=parent)
        self._evaluation, self._candidate = evaluation, candidate
        scores = evaluation.of(candidate.id)
        is_baseline = evaluation.info.baseline == candidate.id
        self.pin = IconButton(
            "push-pin-fill" if is_baseline else "push-pin",
            N_("No longer the baseline") if is_baseline else N_("Compare the others with this one"),
            lambda: self.pin_wanted.emit(0 if is_baseline else candidate.id),
            checkable=True,
        )
        self.pin.setChecked(is_baseline)
        self.pin.setEnabled(writable)
        name = ElidedText(plain(candidate.title), role="strong")
        name.setToolTip(candidate.name)
        head = row(name, spacing=SPACE_1)
        head.setStretch(0, 1)
        if is_baseline:
            head.addWidget(Badge(N_("baseline"), "accent"))
        if candidate.kind == "recorded":
            head.addWidget(Badge(N_("recorded"), "neutral", N_("Answers that stand in a column of the data")))
        if len(evaluation.info.candidates) > 1:
            head.addWidget(self.pin)
        self.body.addLayout(head)
        if candidate.candidate is not None and candidate.candidate.remote:
            self.body.addLayout(row(SendingBadge(candidate.candidate), None))
        if candidate.failure is not None:
            self.body.addWidget(Notice.of(candidate.failure))
        if scores is None:
            self.body.addWidget(Text(N_("No answers yet."), role="muted"))
            self.body.addStretch(1)
            return
        self._add_quality(scores.metrics.get(evaluation.headline), span)
        self._add_speed(scores.speed, scores.errors)
        self.body.addStretch(1)

    def _add_quality(self, estimate: Estimate | None, span: tuple[float, float]) -> None:
        figure = evaluation_figure(self._evaluation.headline)
        leads = best(self._evaluation, self._evaluation.headline) == self._candidate.id
        metric = Metric(figure.title, _definition(figure))
        metric.show_value(None if estimate is None else figure.text(estimate.value), N_("best") if leads else "")
        bar = IntervalBar()
        bar.show_estimate(estimate, span[0], span[1], leads)
        bounds = Text(lambda: _bounds(figure, estimate), role="caption", wrap=True)
        self.body.addLayout(column(metric, bar, bounds, spacing=3))

    def _add_speed(self, speed, errors: int) -> None:
        line = row(spacing=SPACE_3)
        known = {key for scores in self._evaluation.scores for key in scores.speed}
        keys = [key for key in _SPEED if key in known][:1] + [key for key in ("peak_memory_mb",) if key in known]
        for key in keys:
            figure = evaluation_figure(key)
            metric = Metric(figure.title, _definition(figure))
            estimate = speed.get(key)
            leads = best(self._evaluation, key) == self._candidate.id
            word = N_("smallest") if key == "peak_memory_mb" else N_("fastest")
            metric.show_value(None if estimate is None else figure.text(estimate.value), word if leads else "")
            if estimate is not None and interval_text(figure, estimate):
                metric.setToolTip(f"{metric.toolTip()}\n{_bounds(figure, estimate)}")
            line.addWidget(metric, 1)
        self.body.addLayout(line)
        if errors:
            self.errors = Button(
                lambda: ngettext("{n} row without an answer", "{n} rows without an answer", errors).format(
                    n=f"{errors:,}"
                ),
                "link",
                on_click=lambda: self.errors_wanted.emit(self._candidate.id),
                tip=N_("They count as wrong. A click shows them."),
            )
            self.body.addLayout(row(self.errors, None))
        else:
            self.body.addWidget(Text(N_("No errors"), role="caption"))
        status = Text(lambda: _status(self._candidate, self._evaluation), role="caption", wrap=True)
        show_if(bool(_status(self._candidate, self._evaluation)), status)
        self.body.addWidget(status)


def _definition(figure: EvaluationFigure) -> Callable[[], str]:
    return partial(_define, figure)


def _define(figure: EvaluationFigure) -> str:
    return f"{_(figure.title)} ({_(figure.term)}): {_(figure.definition)}"


def _bounds(figure: EvaluationFigure, estimate: Estimate | None) -> str:
    if estimate is None:
        return _("No figure: nothing to compare with.")
    rows = ngettext("{n} row", "{n} rows", estimate.n).format(n=f"{estimate.n:,}")
    bounds = interval_text(figure, estimate)
    if not bounds:
        return rows
    return _("95 % interval {bounds}, {rows}").format(bounds=bounds, rows=rows)


def _status(candidate: EvaluatedCandidate, evaluation: Evaluation) -> str:
    parts = []
    total = evaluation.info.rows * evaluation.info.settings.repeats
    if candidate.status != "finished" and candidate.done < total:
        parts.append(_("{done} of {total} rows answered").format(done=f"{candidate.done:,}", total=f"{total:,}"))
    placement = candidate.placement
    if placement is not None and placement.notice:
        parts.append(placement.notice)
    if candidate.facts.cluster is not None:
        parts += [sentence.rstrip(".。") for sentence in cluster_sentences(candidate.facts.cluster)]
    if candidate.price is not None and candidate.cost_per_1000 is not None:
        cost = money(candidate.cost_per_1000, candidate.price.currency)
        parts.append(_("1,000 requests cost {cost}").format(cost=cost))
    place = placement.remote if placement is not None else None
    if place is not None and place.network_s is not None:
        parts.append(_("about {time} of each answer is the network").format(time=seconds(place.network_s)))
    return " · ".join(parts)


def _span(evaluation: Evaluation) -> tuple[float, float]:
    """The same track for all cards: a share from 0 to 1, other figures from 0 to the highest bound."""
    figure = evaluation_figure(evaluation.headline)
    highest = [
        bound
        for scores in evaluation.scores
        if (estimate := scores.metrics.get(evaluation.headline)) is not None
        for bound in (estimate.value, estimate.high)
        if bound is not None
    ]
    top = figure.most if figure.most != float("inf") else max(highest, default=1.0)
    return 0.0, top
