"""A model that can be downloaded, in the list: what it is good for and what it is allowed for."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import _, language, ngettext
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.hub_offers import Offer
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.models.words import LIGHTS, language_names, parameter_words
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import Translated, plain
from studio.services.licences import licence_light


class OfferRow(Translated, BigButton):
    """One offer; a click shows it."""

    def __init__(self, offer: Offer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offer = offer
        self.setProperty("surface", "card")
        self.setCheckable(True)
        light = licence_light(offer.licence)
        badge = Badge(light.words, LIGHTS[light.light], light.meaning)
        top = row(ElidedText(plain(offer.title), role="strong"), badge, spacing=SPACE_2)
        top.setStretch(0, 1)
        purpose = Text(lambda: purpose_of(offer), wrap=True)
        show_if(offer.entry is not None, purpose)
        facts = ElidedText(self._facts, role="caption")
        column(top, purpose, facts, spacing=SPACE_1, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=self)
        self.retranslate()

    def _facts(self) -> str:
        offer = self.offer
        parts = [language_names(offer.languages)]
        if offer.entry is not None:
            parts.insert(0, parameter_words(offer.entry.parameters_m))
        if offer.found is not None:
            n = offer.found.downloads
            parts.append(ngettext("{n} download a month", "{n} downloads a month", n).format(n=f"{n:,}"))
            parts.append(offer.hub_id)
        return " · ".join(part for part in parts if part)

    def retranslate(self) -> None:
        self.setAccessibleName(self.offer.title)
        self.setAccessibleDescription(f"{purpose_of(self.offer)} {self._facts()}".strip())


def purpose_of(offer: Offer) -> str:
    """What it is good for, in the user's language."""
    return offer.entry.purpose_in(language()) if offer.entry else ""


def gate_words(gated: bool) -> str:
    """Whether it wants an account."""
    return _("Wants an account that accepted its terms.") if gated else ""
