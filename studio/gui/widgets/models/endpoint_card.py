"""One endpoint: where it is, who gets what is asked, its models with their prices, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.endpoint import Endpoint
from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.models.endpoint_words import candidate_like, key_words, limit_words, price_words
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import plain

if TYPE_CHECKING:
    from studio.services.endpoints import Reachable


class EndpointCard(Card):
    """The card.

    Signals:
        asked: Something was asked for by its id: ``test``, ``edit``, ``models``, ``remove``.
        price_wanted: What a model (its name) costs is to be typed.
        try_wanted: A model (its name) shall be tried.
    """

    asked = Signal(str)
    price_wanted = Signal(str)
    try_wanted = Signal(str)

    def __init__(
        self,
        endpoint: Endpoint,
        key_source: str,
        testing: bool,
        tested: Reachable | Failure | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(spacing=SPACE_3, margin=SPACE_4 - 2, parent=parent)
        self.endpoint = endpoint
        self.setAccessibleName(endpoint.name)
        self.test_button = Button(
            N_("Testing …") if testing else N_("Test"),
            icon_name="link-simple",
            on_click=partial(self.asked.emit, "test"),
        )
        self.test_button.setEnabled(not testing)
        self.edit_button = Button(
            N_("Set up …"), icon_name="sliders-horizontal", on_click=partial(self.asked.emit, "edit")
        )
        self.remove_button = IconButton(
            "trash", lambda: _("Remove {name}").format(name=endpoint.name), partial(self.asked.emit, "remove")
        )
        name = Text(plain(endpoint.name), role="heading")
        head = row(
            name,
            SendingBadge(candidate_like(endpoint)),
            None,
            self.test_button,
            self.edit_button,
            self.remove_button,
            spacing=SPACE_2,
        )
        facts = ElidedText(
            lambda: " · ".join((endpoint.base_url, key_words(endpoint, key_source), limit_words(endpoint))),
            role="caption",
        )
        self.body.addLayout(column(head, facts, spacing=SPACE_1))
        if isinstance(tested, Failure):
            self.body.addWidget(Notice.of(tested))
        elif tested is not None:
            self.body.addWidget(Notice(plain(tested.sentence), "good"))
        self.body.addWidget(Line())
        for model in endpoint.models:
            self.body.addWidget(self._model(model))
        if not endpoint.models:
            self.body.addWidget(
                Text(
                    N_("None of its models is a candidate yet: choose those that you want to try."), "muted", wrap=True
                )
            )
        self.models_button = Button(
            N_("Choose models …"), "secondary", "check-square", partial(self.asked.emit, "models")
        )
        self.body.addLayout(row(self.models_button, None))

    def _model(self, model: str) -> QWidget:
        line = QWidget()
        price = self.endpoint.prices.get(model)
        words = column(
            ElidedText(plain(model), role="strong"),
            ElidedText(lambda: price_words(price), role="caption"),
            spacing=2,
        )
        price_button = Button(N_("Price …"), "ghost", on_click=partial(self.price_wanted.emit, model))
        price_button.setAccessibleName(_("Price of {name}").format(name=model))
        try_button = Button(N_("Try it"), "secondary", "play", partial(self.try_wanted.emit, model))
        try_button.setAccessibleName(_("Try {name}").format(name=model))
        layout = row(words, price_button, try_button, spacing=SPACE_2, parent=line)
        layout.setStretch(0, 1)
        return line
