"""What running a candidate would take: what is asked, and the answer with what is measured and what assumed."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QWidget

from studio.domain.decision import Decision, Quantity, Sizing, SizingInputs
from studio.domain.evaluation import EvaluatedCandidate, Evaluation
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_6
from studio.gui.viewmodels.decide import DecideModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.decide.calm_wheel import CalmWheel
from studio.gui.widgets.decide.hardware_dialog import HardwareDialog
from studio.gui.widgets.layouts import FlowLayout, clear, column, row
from studio.gui.widgets.metric import Metric
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import Translated, Words, plain, said
from studio.services.deciding import chosen_hardware
from studio.services.figures import money

_TYPED_MS = 400
#: Field of `SizingInputs`: words, decimals, most, factor from what is typed.
_FIELDS: dict[str, tuple[Words, int, float, float]] = {
    "requests_per_day": (N_("Requests a day"), 0, 1e9, 1.0),
    "peak_factor": (N_("Peak hour, times the mean"), 1, 1000, 1.0),
    "latency_target_s": (N_("95 of 100 answers within"), 0, 3.6e6, 0.001),
    "electricity_per_kwh": (N_("Electricity, per kWh"), 3, 1e6, 1.0),
    "api_price_per_million_tokens": (N_("API price, per million tokens"), 2, 1e6, 1.0),
    "tokens_per_request": (N_("Tokens a request (0: measured)"), 0, 1e7, 1.0),
}
_INPUT_WORDS = {
    "requests_per_day": N_("Requests a day"),
    "peak_factor": N_("Peak hour, times the mean"),
    "latency_target_s": N_("Latency target"),
    "speed": N_("Speed against this computer"),
    "service_s": N_("One request"),
    "cluster_rows_per_s": N_("Rows a second of the Ray cluster"),
    "hourly": N_("Cost of an hour"),
    "tokens_per_request": N_("Tokens a request"),
    "api_price_per_million_tokens": N_("API price, per million tokens"),
    "network_s": N_("Of that, the network"),
    "tokens_read": N_("Tokens read"),
    "tokens_written": N_("Tokens written"),
    "price_read": N_("Price of a million tokens read"),
    "price_written": N_("Price of a million tokens written"),
}


class SizingCard(Translated, Card):
    """The form and its results.

    Signals:
        asked: The user asks with other `SizingInputs`.
    """

    asked = Signal(object)

    def __init__(self, model: DecideModel, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_3, parent=parent)
        self._model = model
        self._inputs = SizingInputs()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TYPED_MS)
        self._soon.timeout.connect(self._store)
        self.boxes: dict[str, QDoubleSpinBox] = {}
        self.hardware = QComboBox()
        self.hardware.setMinimumWidth(120)
        self.hardware.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.hardware.activated.connect(lambda _place: self._store())
        self.hardware_button = Button(N_("Edit …"), on_click=self.open_hardware)
        form = QGridLayout()
        form.setHorizontalSpacing(SPACE_3)
        form.setVerticalSpacing(SPACE_3)
        for number, (name, (words, decimals, most, _factor)) in enumerate(_FIELDS.items()):
            box = QDoubleSpinBox()
            box.setDecimals(decimals)
            box.setRange(1 if name in ("requests_per_day", "peak_factor", "latency_target_s") else 0, most)
            box.setGroupSeparatorShown(True)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            if name == "latency_target_s":
                box.setSuffix(" ms")
            box.valueChanged.connect(lambda _value: self._soon.start())
            label = Text(words, role="caption")
            label.setBuddy(box)
            self.boxes[name] = box
            form.addLayout(column(label, box, spacing=SPACE_1), number // 3, number % 3)
        for place in range(3):
            form.setColumnStretch(place, 1)
        CalmWheel(*self.boxes.values(), self.hardware, parent=self)
        machine = row(self.hardware, self.hardware_button, spacing=SPACE_2)
        machine.setStretch(0, 1)
        form.addLayout(column(Text(N_("Hardware"), role="caption"), machine, spacing=SPACE_1), 2, 0, 1, 3)
        self._results = column(spacing=SPACE_3)
        self.body.addWidget(Text(N_("What it takes to run"), role="heading"))
        prices = N_("Prices are yours: the studio knows none, and counts 0 until you say.")
        self.body.addWidget(Text(prices, role="muted", wrap=True))
        self.body.addLayout(form)
        self.body.addLayout(self._results)
        self.retranslate()

    def retranslate(self) -> None:
        for name, box in self.boxes.items():
            box.setAccessibleName(said(_FIELDS[name][0]))
        self.hardware.setAccessibleName(_("Hardware"))

    def show_sizing(self, decision: Decision, evaluation: Evaluation | None) -> None:
        """Show what is asked, and what it takes."""
        typing = self._soon.isActive()
        if not typing:
            self._inputs = decision.sizing_inputs
            self._show_inputs()
        for control in (*self.boxes.values(), self.hardware, self.hardware_button):
            control.setEnabled(self._model.writable)
        clear(self._results)
        if evaluation is None:
            return
        for sizing in decision.sizing:
            self._results.addWidget(Line())
            self._results.addWidget(_Result(evaluation.candidate(sizing.candidate), sizing))
        if not decision.sizing:
            self._results.addWidget(Text(N_("No candidate was timed yet."), role="muted", wrap=True))

    def _show_inputs(self) -> None:
        for name, box in self.boxes.items():
            value = getattr(self._inputs, name) / _FIELDS[name][3]
            if abs(box.value() - value) > 1e-9:
                box.blockSignals(True)
                box.setValue(value)
                box.blockSignals(False)
        self.hardware.clear()
        for profile in self._model.hardware:
            self.hardware.addItem(profile.name, profile.id)
        self.hardware.setCurrentIndex(max(0, self.hardware.findData(self._inputs.hardware)))

    def _store(self) -> None:
        self._soon.stop()
        typed = {name: box.value() * _FIELDS[name][3] for name, box in self.boxes.items()}
        self._inputs = replace(self._inputs, **typed, hardware=str(self.hardware.currentData() or ""))
        self.asked.emit(self._inputs)

    def open_hardware(self) -> HardwareDialog | None:
        """Describe machines: what they cost, draw and how fast they are."""
        session = self._model.session
        if session is None or not self._model.hardware:
            return None
        chosen = chosen_hardware(session, self._inputs)
        dialog = HardwareDialog(self._model.hardware, chosen.id, self)
        dialog.given.connect(self._take_hardware)
        dialog.open()
        return dialog

    def _take_hardware(self, profiles: tuple, chosen: str) -> None:
        self._model.set_hardware(profiles)
        self._inputs = replace(self._inputs, hardware=chosen)
        self.asked.emit(self._inputs)


class _Result(QWidget):
    """One candidate."""

    def __init__(self, candidate: EvaluatedCandidate, sizing: Sizing) -> None:
        super().__init__()
        title = candidate.title
        head = row(ElidedText(plain(title), role="strong"), spacing=SPACE_2)
        head.setStretch(0, 1)
        if candidate.candidate is not None and candidate.candidate.remote:
            head.addWidget(SendingBadge(candidate.candidate))
        figures = row(spacing=SPACE_6)
        known = sizing.instances > 0
        none_needed = _("none of yours")
        values: list[tuple[Words, str | None]] = [
            (N_("Machines"), f"{sizing.instances:,}" if known else None if sizing.machines else none_needed),
            (N_("Busy at peak"), f"{sizing.utilisation * 100:.0f} %" if known else None),
            (N_("95 of 100 within"), _seconds(sizing.p95_s.value) if known or not sizing.machines else None),
            (N_("Cost of 1,000 requests"), _cost(sizing)),
        ]
        if "api_price_per_million_tokens" in sizing.inputs:
            values.append((N_("Cheaper than the API from"), _even(sizing)))
        for words, text in values:
            metric = Metric(words)
            metric.show_value(text)
            figures.addWidget(metric, 1)
        inputs = QWidget()
        flow = FlowLayout(inputs, spacing=SPACE_3)
        for name, quantity in sizing.inputs.items():
            flow.addWidget(_input(name, quantity))
        column(
            head,
            figures,
            Text(plain(sizing.sentence), role="muted", wrap=True, selectable=True),
            inputs,
            spacing=SPACE_2,
            parent=self,
        )
        self.setAccessibleName(f"{title}: {sizing.sentence}")


def _input(name: str, quantity: Quantity) -> QWidget:
    holder = QWidget()
    words = _("{name}: {value}").format(name=_(_INPUT_WORDS.get(name, name)), value=_quantity(name, quantity))
    badge = Badge(quantity.origin, "good" if quantity.origin == "measured" else "neutral")
    row(Text(plain(words), role="caption"), badge, spacing=SPACE_1 + 2, parent=holder)
    return holder


def _quantity(name: str, quantity: Quantity) -> str:
    if quantity.unit == "s":
        return _seconds(quantity.value)
    if name == "hourly":
        return f"{quantity.value:,.4g} {quantity.unit}".strip()
    if name in ("api_price_per_million_tokens", "price_read", "price_written"):
        return money(quantity.value, quantity.unit)
    return f"× {quantity.value:,.3g}" if name in ("speed", "peak_factor") else f"{quantity.value:,.0f}"


def _seconds(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value * 1000:,.3g} ms" if value < 0.9995 else f"{value:,.3g} s"


def _cost(sizing: Sizing) -> str | None:
    cost = sizing.cost_per_1000
    if not math.isfinite(cost.value) or cost.value <= 0:
        return None
    return money(cost.value, sizing.currency)


def _even(sizing: Sizing) -> str | None:
    if sizing.break_even_per_day is None:
        return None
    return _("{n} a day").format(n=f"{sizing.break_even_per_day:,.0f}")


#: Where a number comes from; `_` says each in the user's language.
ORIGINS = (N_("measured"), N_("assumed"))
