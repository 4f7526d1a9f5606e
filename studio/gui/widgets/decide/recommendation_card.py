"""Which candidate to take, how the others rank, and how much each axis counts."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QSlider, QWidget

from studio.domain.decision import Recommendation
from studio.domain.evaluation import Evaluation
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_6
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.decide.calm_wheel import CalmWheel
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import Translated, plain, said
from studio.services.evaluation_figures import evaluation_figure
from studio.services.figures import money

AXES = {"quality": N_("Quality"), "latency": N_("Speed"), "memory": N_("Memory"), "cost": N_("Cost")}
_LEFT = Qt.AlignmentFlag.AlignLeft
#: Stored so long after a slider stopped.
_MOVED_MS = 250


class RecommendationCard(Translated, Card):
    """The recommendation.

    Signals:
        weighed: The user gave other weights, by axis.
    """

    weighed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_3, parent=parent)
        self.sentence = Text(wrap=True, selectable=True, role="strong")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(SPACE_3)
        self._table.setVerticalSpacing(SPACE_2)
        self._table.setColumnStretch(1, 1)
        self.sliders: dict[str, QSlider] = {}
        self._shares: dict[str, Text] = {}
        self._holders: dict[str, QWidget] = {}
        weights = column(Text(N_("What counts how much"), role="strong"), spacing=SPACE_2)
        for axis, words in AXES.items():
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, 100)
            slider.setPageStep(10)
            slider.setFixedWidth(130)
            slider.valueChanged.connect(lambda _value: self._moved())
            share = Text(role="muted")
            share.setFixedWidth(44)
            holder = QWidget()
            name = Text(words)
            name.setBuddy(slider)
            row(name, None, slider, share, spacing=SPACE_2, parent=holder)
            self.sliders[axis], self._shares[axis], self._holders[axis] = slider, share, holder
            weights.addWidget(holder)
        weights.addStretch(1)
        CalmWheel(*self.sliders.values(), parent=self)
        left = column(self._table, None)
        both = row(left, weights, spacing=SPACE_6)
        both.setStretch(0, 1)
        self.body.addWidget(Text(N_("Recommendation"), role="heading"))
        self.body.addWidget(self.sentence)
        self.body.addWidget(Line())
        self.body.addLayout(both)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_MOVED_MS)
        self._soon.timeout.connect(lambda: self.weighed.emit(self.weights))
        self.retranslate()

    def retranslate(self) -> None:
        for axis, slider in self.sliders.items():
            slider.setAccessibleName(_("Weight of {axis}").format(axis=said(AXES[axis])))

    @property
    def weights(self) -> dict[str, float]:
        """The weights as the sliders stand; equal where all stand at 0."""
        values = {axis: slider.value() / 100 for axis, slider in self.sliders.items() if axis in self._measured}
        return values if any(values.values()) else dict.fromkeys(values, 0.25)

    _measured: tuple[str, ...] = tuple(AXES)

    def show_recommendation(
        self, recommendation: Recommendation, evaluation: Evaluation, currency: str, writable: bool
    ) -> None:
        """Show another one."""
        self.sentence.setText(recommendation.sentence)
        self._measured = tuple(axis for axis in AXES if axis in recommendation.weights)
        moving = self._soon.isActive() or any(slider.isSliderDown() for slider in self.sliders.values())
        for axis, slider in self.sliders.items():
            show_if(axis in self._measured, self._holders[axis])
            slider.setEnabled(writable)
            if not moving and axis in self._measured:
                slider.blockSignals(True)
                slider.setValue(round(100 * recommendation.weights[axis]))
                slider.blockSignals(False)
            self._shares[axis].setText(f"{round(100 * recommendation.weights.get(axis, 0))} %")
        self._show_table(recommendation, evaluation, currency)

    def _show_table(self, recommendation: Recommendation, evaluation: Evaluation, currency: str) -> None:
        clear(self._table)
        heads = [_("Rank"), _("Candidate"), *(_(AXES[axis]) for axis in self._measured), _("Stays first")]
        for place, words in enumerate(heads):
            self._table.addWidget(Text(plain(words), role="caption"), 0, place, _LEFT if place != 1 else _FILL)
        for rank, standing in enumerate(recommendation.standings, 1):
            title = evaluation.candidate(standing.candidate).title
            name = column(ElidedText(plain(title), role="strong"), spacing=0)
            if standing.dominated_by is not None:
                other = evaluation.candidate(standing.dominated_by).title
                beaten = _("beaten by {name}, which is nowhere worse").format(name=other)
                name.addWidget(ElidedText(plain(beaten), role="caption"))
            elif standing.candidate == recommendation.candidate:
                name.addLayout(row(Badge(N_("Recommended"), "good"), None))
            self._table.addWidget(Text(plain(str(rank)), role="muted"), rank, 0, _LEFT)
            holder = QWidget()
            holder.setLayout(name)
            self._table.addWidget(holder, rank, 1)
            for place, axis in enumerate(self._measured, 2):
                text = _axis_text(axis, standing.values.get(axis), evaluation, currency)
                self._table.addWidget(Text(plain(text)), rank, place, _LEFT)
            share = Text(plain(f"{round(100 * standing.first_share)} %"))
            share.setToolTip(_("In how many cases it comes first when weights and figures move."))
            self._table.addWidget(share, rank, len(heads) - 1, _LEFT)

    def _moved(self) -> None:
        total = sum(self.weights.values()) or 1.0
        for axis, weight in self.weights.items():
            self._shares[axis].setText(f"{round(100 * weight / total)} %")
        self._soon.start()


_FILL = Qt.AlignmentFlag(0)


def _axis_text(axis: str, value: float | None, evaluation: Evaluation, currency: str) -> str:
    if value is None:
        return "–"
    if axis == "cost":
        return money(value, currency)
    key = {"quality": evaluation.headline, "latency": "latency_p95_s", "memory": "peak_memory_mb"}[axis]
    return evaluation_figure(key).text(value)
