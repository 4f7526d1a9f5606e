"""Endpoints: models that other programs and services answer for, and a model of the studio for other programs."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.endpoints import Endpoints
from studio.gui.widgets.buttons import Button, Chip
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.models.endpoint_card import EndpointCard
from studio.gui.widgets.models.endpoint_dialog import EndpointDialog
from studio.gui.widgets.models.endpoint_models import ModelsDialog
from studio.gui.widgets.models.endpoint_words import KNOWN, Known
from studio.gui.widgets.models.offering_card import OfferingCard
from studio.gui.widgets.models.price_dialog import PriceDialog
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, plain

_WIDTH = 860


class EndpointsView(Translated, QWidget):
    """A card for each endpoint, and below them what the studio offers itself.

    Signals:
        try_wanted: A model (name of its endpoint, name of the model) shall be tried.
    """

    try_wanted = Signal(str, str)

    def __init__(self, endpoints: Endpoints, offering: OfferingCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offering = offering
        self.endpoints = endpoints
        self.cards: dict[str, EndpointCard] = {}
        self.add_button = Button(N_("Add an endpoint"), icon_name="plus", on_click=self.add)
        self._empty = self._made_empty()
        self._waiting = ProgressRow(N_("Reading the list of endpoints"))
        self._lines = column(spacing=SPACE_3)
        heading = row(Text(N_("Models that run elsewhere"), role="heading"), None, self.add_button)
        about = Text(
            N_(
                "An endpoint is a program or a service that answers in OpenAI's way: a server on this computer, one in "
                "your company, or a cloud service. Nothing is sent to it until you choose one of its models as a "
                "candidate and press Run, and before the first time in a project you are asked."
            ),
            role="muted",
            wrap=True,
        )
        content, middle = QWidget(), QWidget()
        column(
            column(heading, about, self._waiting, self._empty, self._lines, spacing=SPACE_3),
            offering,
            None,
            spacing=SPACE_4 * 2,
            parent=middle,
        )
        middle.setMaximumWidth(_WIDTH)
        holder = row(middle, None, margins=(0, 0, SPACE_2, SPACE_4), parent=content)
        holder.setStretch(0, 100)
        column(scrolled(content), parent=self)
        endpoints.changed.connect(self._show)
        self._show()

    def arrive(self) -> None:
        """The view is shown."""
        self.endpoints.read_again()
        self.offering.arrive()

    def retranslate(self) -> None:
        self._show()

    def _made_empty(self) -> EmptyState:
        made = EmptyState(
            "cloud-arrow-up",
            N_("No endpoint yet"),
            N_(
                "Compare models here with one that runs elsewhere. Servers on this computer keep your texts on it; "
                "services on the internet get to read them."
            ),
            N_("Add an endpoint"),
            self.add,
        )
        chips = QWidget()
        usual = (known for known in KNOWN if known.base_url)
        row(
            *(Chip(plain(known.title), on_click=partial(self.add, known)) for known in usual),
            spacing=SPACE_2,
            parent=chips,
        )
        made.add_below(chips)
        return made

    def _show(self) -> None:
        endpoints = self.endpoints
        clear(self._lines)
        show_if(not endpoints.read, self._waiting)
        show_if(endpoints.read and not endpoints.all, self._empty)
        show_if(bool(endpoints.all), self.add_button)
        if endpoints.notice:
            self._lines.addWidget(Notice(plain(endpoints.notice), "warn"))
        self.cards = {}
        for each in endpoints.all:
            card = EndpointCard(
                each,
                endpoints.keys.get(each.name, "none"),
                each.name in endpoints.testing,
                endpoints.tests.get(each.name),
            )
            card.asked.connect(partial(self._on_card, each.name))
            card.price_wanted.connect(partial(self.ask_price, each.name))
            card.try_wanted.connect(partial(self.try_wanted.emit, each.name))
            self.cards[each.name] = card
            self._lines.addWidget(card)

    # -- doing -----------------------------------------------------------------------------------------------------

    def add(self, known: Known | None = None) -> EndpointDialog:
        """Add one."""
        dialog = EndpointDialog(self.endpoints, known=known, parent=self)
        dialog.open()
        return dialog

    def set_up(self, name: str) -> EndpointDialog | None:
        """Change one."""
        found = self.endpoints.find(name)
        if found is None:
            return None
        dialog = EndpointDialog(self.endpoints, found, parent=self)
        dialog.open()
        return dialog

    def choose_models(self, name: str) -> ModelsDialog | None:
        """Choose which of its models become candidates."""
        found = self.endpoints.find(name)
        if found is None:
            return None
        listed = getattr(self.endpoints.tests.get(name), "models", ())
        dialog = ModelsDialog(name, listed, found.models, self)
        dialog.chosen.connect(partial(self.endpoints.set_models, name))
        if not listed:
            # What it offers now; where it can't be reached, names can be typed.
            self.endpoints.ask(
                found,
                None,
                lambda reachable: dialog.choice.show_models(reachable.models, dialog.choice.models),
                dialog.show_failure,
            )
        dialog.open()
        return dialog

    def ask_price(self, name: str, model: str) -> PriceDialog | None:
        """Ask what a model costs."""
        found = self.endpoints.find(name)
        if found is None:
            return None
        currency = next((price.currency for price in found.prices.values()), "USD")
        dialog = PriceDialog(model, found.prices.get(model), currency, self)
        dialog.given.connect(partial(self.endpoints.set_price, name, model))
        dialog.open()
        return dialog

    def _on_card(self, name: str, what: str) -> None:
        if what == "test":
            self.endpoints.test(name)
        elif what == "edit":
            self.set_up(name)
        elif what == "models":
            self.choose_models(name)
        elif what == "remove":
            self.endpoints.remove(name)
