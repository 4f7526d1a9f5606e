"""How good a taught model is: figures, what is known of it, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _
from studio.domain.metric import Estimate, MetricInfo
from studio.gui.theme.tokens import SPACE_2, SPACE_4
from studio.gui.viewmodels.teach import TeachModel
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.metric import Metric
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.teach.curve_plot import CurvePlot
from studio.gui.widgets.teach.epoch_plot import EpochPlot
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, plain

_ENDED = {
    "all": N_("Every epoch was read; epoch {kept} was the best and is kept."),
    "early": N_("It stopped by itself after epoch {last}, since it got no better; epoch {kept} is kept."),
    "stopped": N_("You stopped it after epoch {last}; epoch {kept} was the best and is kept."),
}


class ResultPart(Translated, QWidget):
    """Shown once a model is in the library."""

    def __init__(
        self, model: TeachModel, score: Callable[[], str], is_share: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.model = model
        self._shown: object = None
        self._figures = row(spacing=SPACE_4)
        self._said = Text(role="muted", wrap=True)
        self._gain = column()
        self.plot = CurvePlot()
        self.history = EpochPlot(score, is_share)
        self._more = Text(wrap=True)
        column(
            Text(
                lambda: _("{name} is ready").format(name=model.taught.model.id if model.taught else ""), role="heading"
            ),
            Text(N_("On examples that it was not taught with"), role="muted"),
            self._figures,
            self._said,
            self._gain,
            self.history,
            self.plot,
            self._more,
            spacing=SPACE_2,
            parent=self,
        )
        self._heading = self.findChildren(Text)[0]

    def retranslate(self) -> None:
        self._shown = None
        self.show_result()

    def show_result(self) -> None:
        """Show what came of it."""
        taught, gain = self.model.taught, self.model.gain
        shown = (taught, gain, self.model.gain_unknown)
        if taught is None or shown == self._shown:
            return
        self._shown = shown
        from studio.metrics import find_metric
        from studio.services.teaching_folder import curve_words

        self._heading.retranslate()
        clear(self._figures)
        for name, found in list(taught.scores.items())[:3]:
            info = find_metric(name).info
            figure = Metric(info.title, partial(_definition, info))
            figure.show_value(_written(found.value, info.format))
            # A long name gets more of the room than a short one.
            self._figures.addWidget(figure, figure.fontMetrics().horizontalAdvance(_(info.title)))
        self._said.setText(self._judged())
        clear(self._gain)
        if gain is not None:
            better = gain.difference is not None and gain.difference[1] > 0
            self._gain.addWidget(Notice(plain(gain.sentence), "good" if better else "accent"))
        elif self.model.gain_unknown:
            words = N_("Too few rows were kept from both models to tell whether the new examples helped.")
            self._gain.addWidget(Notice(words, "accent"))
        show_if(bool(taught.history), self.history)
        self.history.show_epochs(taught.history, taught.kept)
        has_curve = taught.curve is not None and len(taught.curve.points) > 1
        show_if(has_curve, self.plot)
        if taught.curve is not None and has_curve:
            self.plot.show_curve(taught.curve)
        lines = [self._ended(), curve_words(taught.curve), *(remark.sentence for remark in taught.remarks)]
        self._more.setText("\n".join(line for line in lines if line))

    def _judged(self) -> str:
        from studio.metrics import find_metric
        from studio.services.teaching_folder import sizes_words

        taught = self.model.taught
        assert taught is not None
        said = sizes_words(taught.sizes)
        headline: Estimate | None = next(iter(taught.scores.values()), None)
        if headline is not None and headline.low is not None and headline.high is not None:
            kind = find_metric(next(iter(taught.scores))).info.format
            said += " " + _("95 % interval of the first figure: {low} to {high}.").format(
                low=_written(headline.low, kind), high=_written(headline.high, kind)
            )
        return said

    def _ended(self) -> str:
        taught = self.model.taught
        if taught is None or taught.ended not in _ENDED or taught.kept is None:
            return ""
        last = taught.history[-1].number if taught.history else taught.kept
        return _(_ENDED[taught.ended]).format(kept=taught.kept, last=last)


def _definition(info: MetricInfo) -> str:
    return f"{_(info.term)}: {_(info.definition)}"


def _written(value: float, kind: str) -> str:
    return f"{100 * value:.1f} %" if kind == "percent" else f"{value:.3g}"
