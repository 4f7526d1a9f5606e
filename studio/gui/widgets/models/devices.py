"""Devices: what this computer has, what runs there, a test of each, and how to enable what is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.devices import Devices
from studio.gui.widgets.advice_card import AdviceCard
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import clear, column, row, scrolled
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Badge, Text
from studio.gui.words import Translated, plain

if TYPE_CHECKING:
    from studio.services.devices import DeviceTest, Diagnosis, ProviderStatus

_WIDTH = 860


class DevicesView(Translated, QWidget):
    """One card a device, then what would help."""

    def __init__(self, devices: Devices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.devices = devices
        self.test_buttons: dict[str, Button] = {}
        content = QWidget()
        self._lines = column(spacing=SPACE_3)
        middle = QWidget()
        column(self._lines, None, parent=middle)
        middle.setMaximumWidth(_WIDTH)
        holder = row(middle, None, margins=(0, 0, SPACE_2, 0), parent=content)
        holder.setStretch(0, 100)
        column(scrolled(content), parent=self)
        devices.changed.connect(self._show)
        self._show()

    def arrive(self) -> None:
        """The view is shown."""
        if self.devices.diagnosis is None:
            self.devices.look()

    def retranslate(self) -> None:
        self._show()

    def _show(self) -> None:
        clear(self._lines)
        self.test_buttons = {}
        devices = self.devices
        if devices.failure is not None:
            self._lines.addWidget(Notice.of(devices.failure, N_("Try again"), devices.look))
        if devices.diagnosis is None:
            if devices.failure is None:
                self._lines.addWidget(ProgressRow(N_("Looking at this computer")))
            return
        self._lines.addWidget(self._computer(devices.diagnosis))
        self._lines.addWidget(Text(N_("Where models can run"), role="heading"))
        for status in devices.diagnosis.providers:
            if status.possible:
                self._lines.addWidget(self._device(status))
        self._lines.addWidget(Text(N_("What would help"), role="heading"))
        for advice in devices.diagnosis.advice:
            self._lines.addWidget(AdviceCard(advice))
        if not devices.diagnosis.advice:
            self._lines.addWidget(Notice(N_("Nothing: everything that this computer has is used."), "good"))
        again = Button(N_("Look again"), icon_name="arrow-clockwise", on_click=devices.look)
        again.setEnabled(not devices.looking)
        self._lines.addLayout(row(again, None))

    def _computer(self, diagnosis: Diagnosis) -> Card:
        facts = diagnosis.facts
        cores = _("{physical} cores, {logical} threads, {usable} usable").format(
            physical=facts["physical_cores"] or "?", logical=facts["logical_cores"], usable=facts["usable_cores"]
        )
        total_gb = float(facts["memory_mb"] or 0) / 1000
        memory = _("{total:.1f} GB, {free:.1f} GB free").format(total=total_gb, free=diagnosis.free_memory_mb / 1000)
        lines = [f"{facts['cpu']} · {cores}", _("Memory: {words}").format(words=memory)]
        lines += [
            _("{name}, {total:.1f} GB, {free:.1f} GB free, driver {driver}").format(
                name=gpu.name, total=gpu.memory_mb / 1000, free=gpu.free_mb / 1000, driver=gpu.driver
            )
            for gpu in diagnosis.gpus
        ] or [_("no NVIDIA GPU found")]
        return Card(*(Text(plain(line), wrap=True, selectable=True) for line in lines), spacing=SPACE_1)

    def _device(self, status: ProviderStatus) -> Card:
        provider, devices = status.provider, self.devices
        badge = Badge(N_("installed"), "good") if status.installed else Badge(N_("not installed"), "neutral")
        head = row(Text(provider.title, role="strong"), badge, None, spacing=SPACE_2)
        card = Card(spacing=SPACE_2, margin=SPACE_4 - 2)
        card.body.addLayout(head)
        if not status.installed:
            card.body.addWidget(
                Text(lambda: _("It needs: {needs}").format(needs=_(provider.needs)), "muted", wrap=True)
            )
            return card
        testing = provider.id in devices.testing
        button = Button(N_("Testing …") if testing else N_("Test this device"), icon_name="play")
        button.clicked.connect(lambda _checked=False: devices.test(provider.id))
        button.setEnabled(not testing)
        self.test_buttons[provider.id] = button
        head.addWidget(button)
        tested = devices.tests.get(provider.id)
        if tested is not None:
            card.body.addWidget(_result(tested))
        return card


def _result(tested: DeviceTest | Failure) -> Notice:
    failure = tested if isinstance(tested, Failure) else tested.result.failure
    if failure is not None:
        return Notice.of(failure)
    assert not isinstance(tested, Failure)
    placement, latency_s = tested.result.placement, tested.result.measurement.latency_s
    assert placement is not None and latency_s is not None  # it answered
    sentence = (
        _("{model} answered in {ms:.3g} ms on {provider}.")
        if tested.works
        else _("{model} answered in {ms:.3g} ms, but on {provider}.")
    ).format(model=tested.model, ms=latency_s * 1000, provider=placement.provider)
    return Notice(
        plain(sentence), "good" if tested.works else "warn", plain(placement.notice) if placement.notice else ""
    )
