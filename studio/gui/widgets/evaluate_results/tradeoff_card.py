"""The trade-off plot in a card: which two figures, and copying it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QWidget

from studio.domain.evaluation import Evaluation
from studio.domain.i18n import N_, _
from studio.domain.metric import Estimate
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_results.tradeoff_plot import PlotAxis, PlotPoint, TradeoffPlot
from studio.gui.widgets.layouts import row
from studio.gui.widgets.text import ElidedText
from studio.gui.words import Translated
from studio.services.evaluation_figures import SPEED, EvaluationFigure, evaluation_figure, interval_text

#: Where better is: by whether more is better upwards, and across.
_BETTER = {
    (True, True): N_("Better is up and to the right"),
    (True, False): N_("Better is up and to the left"),
    (False, True): N_("Better is down and to the right"),
    (False, False): N_("Better is down and to the left"),
}


class TradeoffCard(Translated, Card):
    """The card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, parent=parent)
        self._evaluation: Evaluation | None = None
        self.plot = TradeoffPlot()
        self.across, self.up = QComboBox(), QComboBox()
        self._title = ElidedText(self._heading, role="heading")
        for box in (self.up, self.across):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(9)
            box.activated.connect(lambda _place: self._draw())
        self.copy = IconButton("copy", N_("Copy the plot as a picture"), self._copy)
        head = row(self._title, self.copy, spacing=SPACE_1)
        head.setStretch(0, 1)
        self.body.addLayout(head)
        self.body.addWidget(self.plot, 1)
        choice = row(self.up, self.across, spacing=SPACE_2)
        choice.setStretch(0, 1)
        choice.setStretch(1, 1)
        self.body.addLayout(choice)
        self.retranslate()

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Plot another one's candidates."""
        self._evaluation = evaluation
        self._fill()
        self._draw()

    def retranslate(self) -> None:
        self.up.setAccessibleName(_("Figure upwards"))
        self.across.setAccessibleName(_("Figure across"))
        self.up.setToolTip(_("Figure upwards"))
        self.across.setToolTip(_("Figure across"))
        if self._evaluation is not None:
            self._fill()
            self._draw()

    def _fill(self) -> None:
        """Offer the figures that two candidates at least have; what was chosen stays."""
        assert self._evaluation is not None
        known = _known(self._evaluation)
        quality = [key for key in self._evaluation.metrics if key in known]
        speed = [figure.key for figure in SPEED if figure.key in known]
        for box, first, then in ((self.up, quality, speed), (self.across, speed, quality)):
            chosen = box.currentData()
            with QSignalBlocker(box):
                box.clear()
                for key in [*first, *then]:
                    figure = evaluation_figure(key)
                    box.addItem(_(figure.title), key)
                default = "latency_p95_s" if box is self.across and "latency_p95_s" in speed else None
                place = box.findData(chosen if chosen is not None else default)
                box.setCurrentIndex(max(0, place))

    def _draw(self) -> None:
        if self._evaluation is None:
            return
        up, across = self.up_key, self.across_key
        if not up or not across:
            self.plot.show_points((), PlotAxis("", str), PlotAxis("", str))
            return
        y, x = evaluation_figure(up), evaluation_figure(across)
        points = []
        for scores in self._evaluation.scores:
            figures = {**scores.metrics, **scores.speed}
            if up in figures and across in figures:
                memory = scores.speed.get("peak_memory_mb")
                candidate = self._evaluation.candidate(scores.candidate)
                points.append(
                    PlotPoint(
                        candidate.id,
                        candidate.title,
                        figures[across],
                        figures[up],
                        memory.value if memory else None,
                        candidate.id in self._evaluation.pareto,
                        partial(_about, self._evaluation, candidate.id, (up, across)),
                    )
                )
        self.plot.show_points(points, _axis(x), _axis(y))
        self._title.retranslate()

    def _heading(self) -> str:
        up, across = self.up_key, self.across_key
        if up and across:
            y, x = evaluation_figure(up), evaluation_figure(across)
            if y.quality and x.key.endswith("_s") and not x.high_is_good:
                return _("Better and faster is up and to the left")
            return _(_BETTER[y.high_is_good, x.high_is_good])
        return _("Trade-off")

    @property
    def up_key(self) -> str:
        """Key of the figure that goes up."""
        return self.up.currentData() or ""

    @property
    def across_key(self) -> str:
        """Key of the figure that goes across."""
        return self.across.currentData() or ""

    def _copy(self) -> None:
        QGuiApplication.clipboard().setPixmap(self.plot.grab())


def _known(evaluation: Evaluation) -> set[str]:
    return {key for scores in evaluation.scores for key in (*scores.metrics, *scores.speed)}


def _axis(figure: EvaluationFigure) -> PlotAxis:
    return PlotAxis(figure.title, _short(figure), not figure.high_is_good, figure.most)


def _short(figure: EvaluationFigure):
    """Round figures along an axis need no decimals."""
    return lambda value: f"{value * 100:.3g} %" if figure.most == 1.0 else figure.text(value)


def _about(evaluation: Evaluation, candidate: int, keys: tuple[str, ...]) -> str:
    scores = evaluation.of(candidate)
    figures: dict[str, Estimate] = {**scores.metrics, **scores.speed} if scores else {}
    lines = [evaluation.candidate(candidate).title]
    for key in dict.fromkeys((*keys, "peak_memory_mb")):
        if key in figures:
            figure = evaluation_figure(key)
            bounds = interval_text(figure, figures[key])
            line = f"{_(figure.title)}: {figure.text(figures[key].value)}"
            lines.append(f"{line} ({bounds})" if bounds else line)
    if candidate in evaluation.pareto:
        lines.append(_("No other candidate is better in quality, speed and memory at once."))
    else:
        lines.append(_("Another candidate is as good or better in quality, speed and memory."))
    return "\n".join(lines)
