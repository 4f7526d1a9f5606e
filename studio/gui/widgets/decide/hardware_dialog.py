"""Machines that the user describes: what they cost, how much power they draw, how fast they are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDoubleSpinBox, QLineEdit, QWidget

from studio.domain.decision import HardwareProfile
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.section import FormRow
from studio.services.deciding import THIS_COMPUTER

_WIDTH, _FIELD = 620, 220
_MOST = 1e9
#: Field of `HardwareProfile`: name, what it means, decimals, least, unit.
_NUMBERS: dict[str, tuple[str, str, int, float, str]] = {
    "price": (N_("Price"), N_("What it costs to buy; 0 where it is rented."), 2, 0.0, ""),
    "life_years": (N_("Years of use"), N_("Over which the price is spread."), 1, 0.5, ""),
    "power_w": (N_("Power"), N_("What it draws under load."), 0, 0.0, " W"),
    "rent_per_hour": (N_("Rent, per hour"), N_("0 where it is bought."), 3, 0.0, ""),
    "speed": (N_("Speed"), N_("Against this computer, assumed: 2 is twice as fast."), 2, 0.01, " ×"),
}


class HardwareDialog(QDialog):
    """The editor.

    Signals:
        given: All profiles as they shall be, and the id of the one in hand.
    """

    given = Signal(tuple, str)

    def __init__(self, profiles: Sequence[HardwareProfile], chosen: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Hardware"))
        self.setMinimumWidth(_WIDTH)
        self._profiles = list(profiles)
        self._place = next((n for n, each in enumerate(self._profiles) if each.id == chosen), 0)
        self.which = QComboBox()
        self.which.setAccessibleName(_("Machine"))
        self.add_button = Button(N_("New machine"), icon_name="plus", on_click=self._add)
        self.remove_button = Button(N_("Remove"), "danger", "trash", self._remove)
        self.name, self.currency, self.note = QLineEdit(), QLineEdit(), QLineEdit()
        self.boxes: dict[str, QDoubleSpinBox] = {}
        form = Card(margin=0, spacing=0)
        form.body.addWidget(FormRow(N_("Name"), "", self.name))
        form.body.addWidget(Line())
        currency = FormRow(N_("Currency"), N_("Such as EUR; all prices of this machine are in it."), self.currency)
        form.body.addWidget(currency)
        for key, (title, sentence, decimals, least, unit) in _NUMBERS.items():
            box = QDoubleSpinBox()
            box.setDecimals(decimals)
            box.setRange(least, _MOST)
            box.setSuffix(unit)
            box.setGroupSeparatorShown(True)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            box.setAccessibleName(_(title))
            self.boxes[key] = box
            form.body.addWidget(Line())
            form.body.addWidget(FormRow(title, sentence, box))
        form.body.addWidget(Line())
        form.body.addWidget(FormRow(N_("Source"), N_("Where these figures come from."), self.note))
        fields = ((self.name, _("Name")), (self.currency, _("Currency")), (self.note, _("Source")))
        for field, words in fields:
            field.setAccessibleName(words)
        for control in (self.name, self.currency, self.note, *self.boxes.values()):
            control.setFixedWidth(_FIELD)
        self.currency.setMaxLength(8)
        self.done_button = Button(N_("Done"), "primary", on_click=self._done)
        self.done_button.setDefault(True)
        top = row(self.which, self.add_button, self.remove_button, spacing=SPACE_2)
        top.setStretch(0, 1)
        column(
            top,
            form,
            row(None, Button(N_("Cancel"), on_click=self.reject), self.done_button),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        self.which.activated.connect(self._go_to)
        self._show()

    def _show(self) -> None:
        profile = self._profiles[self._place]
        self.which.clear()
        for each in self._profiles:
            self.which.addItem(each.name, each.id)
        self.which.setCurrentIndex(self._place)
        self.name.setText(profile.name)
        self.currency.setText(profile.currency)
        self.note.setText(profile.note)
        for key, box in self.boxes.items():
            box.setValue(getattr(profile, key))
        # Timings were taken here, so this computer is what others are compared with.
        self.boxes["speed"].setEnabled(profile.id != THIS_COMPUTER)
        self.remove_button.setEnabled(profile.id != THIS_COMPUTER)

    def _keep(self) -> None:
        old = self._profiles[self._place]
        self._profiles[self._place] = replace(
            old,
            name=self.name.text().strip() or old.name,
            currency=self.currency.text().strip(),
            note=self.note.text().strip(),
            price=self.boxes["price"].value(),
            life_years=self.boxes["life_years"].value(),
            power_w=self.boxes["power_w"].value(),
            rent_per_hour=self.boxes["rent_per_hour"].value(),
            speed=self.boxes["speed"].value(),
        )

    def _go_to(self, place: int) -> None:
        self._keep()
        self._place = place
        self._show()

    def _add(self) -> None:
        self._keep()
        currency = self._profiles[self._place].currency
        self._profiles.append(HardwareProfile(uuid.uuid4().hex, _("New machine"), currency=currency))
        self._place = len(self._profiles) - 1
        self._show()
        self.name.setFocus()
        self.name.selectAll()

    def _remove(self) -> None:
        del self._profiles[self._place]
        self._place = max(0, self._place - 1)
        self._show()

    def _done(self) -> None:
        self._keep()
        self.accept()
        self.given.emit(tuple(self._profiles), self._profiles[self._place].id)
