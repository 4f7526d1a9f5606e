"""What a model of an endpoint costs, as its provider's price list says."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QLineEdit, QWidget

from studio.domain.endpoint import Price, check_price
from studio.domain.errors import Failure, InputError
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_6
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import clear, column, fit_height, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.section import FormRow
from studio.gui.widgets.text import Text
from studio.gui.words import plain

_WIDTH, _FIELD = 480, 150
_MOST = 1e6


class PriceDialog(QDialog):
    """The form.

    Signals:
        given: The `Price`, or None where it is not known any more.
    """

    given = Signal(object)

    def __init__(self, model: str, price: Price | None, currency: str = "USD", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Price of {name}").format(name=model))
        self.setFixedWidth(_WIDTH)
        self.read, self.written = _box(), _box()
        self.currency = QLineEdit(price.currency if price else currency)
        self.currency.setMaxLength(5)
        self.currency.setFixedWidth(_FIELD)
        if price is not None:
            self.read.setValue(price.input_per_million)
            self.written.setValue(price.output_per_million)
        form = Card(margin=0, spacing=0)
        fields = (
            (N_("A million tokens read"), N_("Input: what you send, with the instructions around it."), self.read),
            (N_("A million tokens written"), N_("Output: what the model answers."), self.written),
            (N_("Currency"), N_("Such as USD, EUR or CNY."), self.currency),
        )
        for place, (title, sentence, control) in enumerate(fields):
            if place:
                form.body.addWidget(Line())
            form.body.addWidget(FormRow(title, sentence, control))
            control.setAccessibleName(_(title))
        self._told = column()
        self.done_button = Button(N_("Save"), "primary", on_click=self._done)
        self.done_button.setDefault(True)
        self.forget_button = Button(N_("No price"), "ghost", on_click=self._forget)
        show_if(price is not None, self.forget_button)
        column(
            Text(plain(self.windowTitle()), role="title", wrap=True),
            Text(
                N_(
                    "As its provider's price list says. Try, Evaluate, Decide and the report then say what answers "
                    "cost; the studio knows no prices of its own."
                ),
                role="muted",
                wrap=True,
            ),
            form,
            self._told,
            row(
                self.forget_button,
                None,
                Button(N_("Cancel"), on_click=self.reject),
                self.done_button,
                spacing=SPACE_2,
            ),
            spacing=SPACE_3,
            margins=(SPACE_6,) * 4,
            parent=self,
        )
        self.read.setFocus()
        self.read.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit_height(self)

    def _done(self) -> None:
        price = Price(self.read.value(), self.written.value(), self.currency.text().strip())
        try:
            check_price(price)
        except InputError as error:
            clear(self._told)
            self._told.addWidget(Notice.of(Failure.of(error)))
            fit_height(self)
            return
        self.accept()
        self.given.emit(price)

    def _forget(self) -> None:
        self.accept()
        self.given.emit(None)


def _box() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(4)
    box.setRange(0, _MOST)
    box.setGroupSeparatorShown(True)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    box.setFixedWidth(_FIELD)
    return box
