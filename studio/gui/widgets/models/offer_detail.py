"""An offered model in full: what the Hub says of it, whether it will run here, and Download."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from studio.domain.errors import Failure
from studio.domain.hub import DownloadRequest
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.hub_offers import Asked, Offer
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import clear, column, row, scrolled_on_card, show_if
from studio.gui.widgets.models.offer_row import gate_words, purpose_of
from studio.gui.widgets.models.words import FITS, LIGHTS, language_names, parameter_words, size_words
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Badge, Text
from studio.gui.words import Words, plain
from studio.services.conversions import GAINS
from studio.services.licences import licence_light

#: Means: download the PyTorch weights and convert them here.
_CONVERT = "convert"


class OfferDetail(Card):
    """The panel beside the offers.

    Signals:
        download_wanted: A request; its licence is not accepted yet.
        ask_wanted: Ask the Hub again.
        token_wanted: A token is to be entered.
        show_wanted: A model in the library (its id) is to be shown.
    """

    download_wanted = Signal(DownloadRequest)
    ask_wanted = Signal()
    token_wanted = Signal()
    show_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(margin=0, spacing=0, parent=parent)
        self.offer: Offer | None = None
        self.asked: Asked | None = None
        self.choices: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        content = QWidget()
        self._told = column(spacing=SPACE_3)
        self._answer = column(spacing=SPACE_3)
        column(self._told, Line(), self._answer, None, spacing=SPACE_4, margins=(SPACE_4,) * 4, parent=content)
        self.download_button = Button(N_("Download"), "primary", "download-simple", self._download)
        self._size = Text(role="muted")
        foot = QWidget()
        row(self._size, None, self.download_button, margins=(SPACE_4, SPACE_3, SPACE_4, SPACE_3), parent=foot)
        self._foot = foot
        self.body.addWidget(scrolled_on_card(content), 1)
        self.body.addWidget(Line())
        self.body.addWidget(foot)

    def show_offer(self, offer: Offer) -> None:
        """Show what is known of it, while the Hub is asked for the rest."""
        self.offer, self.asked = offer, None
        clear(self._told)
        light = licence_light(offer.licence)
        badge = Badge(light.words, LIGHTS[light.light], light.meaning)
        licence = Text(plain(offer.licence or _("not stated")), role="muted")
        head = QWidget()
        lines = column(spacing=SPACE_2, parent=head)
        lines.addWidget(Text(plain(offer.title), role="title", wrap=True))
        lines.addWidget(Text(plain(offer.hub_id), role="caption", wrap=True, selectable=True))
        if offer.entry is not None:
            lines.addWidget(Text(lambda: purpose_of(offer), wrap=True))
        lines.addLayout(row(badge, licence, None, spacing=SPACE_2))
        lines.addWidget(Text(light.meaning, role="muted", wrap=True))
        facts = [language_names(offer.languages)]
        if offer.entry is not None:
            facts.insert(0, parameter_words(offer.entry.parameters_m))
            facts.append(gate_words(offer.entry.gated))
        lines.addWidget(Text(plain(" · ".join(fact for fact in facts if fact)), role="muted", wrap=True))
        self._told.addWidget(head)
        self._begin_answer()
        self._answer.addWidget(ProgressRow(N_("Asking the Hub for files and sizes")))

    def show_failure(self, failure: Failure) -> None:
        """The Hub could not be asked."""
        self._begin_answer()
        if failure.kind == "HubAccessError":
            self._answer.addWidget(Notice.of(failure, N_("Enter a token …"), self.token_wanted.emit))
        elif failure.kind == "OfflineError":
            self._answer.addWidget(
                Notice(plain(failure.message), "accent", N_("Allow the network in Settings to see sizes and download."))
            )
        else:
            self._answer.addWidget(Notice.of(failure, N_("Try again"), self.ask_wanted.emit))

    def show_asked(self, asked: Asked) -> None:
        """Show sizes and advice, and offer the download."""
        self._begin_answer()
        self.asked = asked
        if asked.here:
            name = asked.here[0]
            show: Callable[[], object] = lambda: self.show_wanted.emit(name)  # noqa: E731 - a name for mypy
            self._answer.addWidget(
                Notice(N_("This model is on this computer already."), "good", "", "", N_("Show it"), show)
            )
        if asked.model.refused:
            self._answer.addWidget(
                Notice(
                    N_("Its file list leads out of its folder, so it is not downloaded."),
                    "bad",
                    N_("Choose another model; this one may mean harm."),
                )
            )
            return
        self._answer.addWidget(Text(N_("Precisions"), role="heading"))
        for name, size_mb in asked.sizes_mb.items():
            self._add_choice(name, plain(name), size_mb, GAINS.get(name, ""), name == asked.usual)
        if asked.weights_mb:
            self._add_choice(
                _CONVERT,
                N_("PyTorch, converted here"),
                asked.weights_mb,
                N_("Downloads the original and makes the usual precisions of it here; takes minutes and memory."),
                not asked.usual,
            )
        page = Button(N_("The model's page"), "link", on_click=lambda: QDesktopServices.openUrl(QUrl(asked.page)))
        page.setToolTip(asked.page)
        self._answer.addLayout(row(page, None))
        if not self.choices:
            self._answer.addWidget(Notice(N_("It has no files that can run here, nor weights to convert."), "warn"))
        self._show_size()

    def _begin_answer(self) -> None:
        self.asked, self.choices = None, {}
        for button in self._group.buttons():
            self._group.removeButton(button)
        clear(self._answer)
        self._show_size()

    def _add_choice(self, key: str, words: Words, size_mb: float, gain: Words, chosen: bool) -> None:
        assert self.asked is not None
        button = QRadioButton(words() if callable(words) else _(words))
        button.setChecked(chosen)
        button.toggled.connect(lambda _on: self._show_size())
        self._group.addButton(button)
        self.choices[key] = button
        head = row(button, Text(plain(size_words(size_mb)), role="muted"), spacing=SPACE_2)
        fit = self.asked.fits.get(key)
        if key == self.asked.usual:
            head.addWidget(Badge(N_("suits most"), "accent"))
        head.addStretch(1)
        holder = QWidget()
        lines = column(head, spacing=SPACE_1, parent=holder)
        if fit is not None:
            advice = Badge(lambda: fit.words, FITS[fit.verdict])
            lines.addLayout(row(advice, None, margins=(SPACE_4 + SPACE_2, 0, 0, 0)))
        if gain:
            lines.addLayout(row(Text(gain, role="caption", wrap=True), margins=(SPACE_4 + SPACE_2, 0, 0, 0)))
        self._answer.addWidget(holder)

    @property
    def chosen(self) -> str:
        """The precision that is chosen, or that the weights are to be converted."""
        return next((key for key, button in self.choices.items() if button.isChecked()), "")

    def _show_size(self) -> None:
        asked, chosen = self.asked, self.chosen
        show_if(asked is not None and bool(self.choices), self._foot)
        self.download_button.setEnabled(bool(chosen))
        if asked is not None and chosen:
            size_mb = asked.weights_mb if chosen == _CONVERT else asked.sizes_mb[chosen]
            self._size.say(plain(_("{size} to download").format(size=size_words(size_mb))))

    def _download(self) -> None:
        offer, asked, chosen = self.offer, self.asked, self.chosen
        if offer is None or asked is None or not chosen:
            return
        convert = chosen == _CONVERT
        self.download_wanted.emit(
            DownloadRequest(
                offer.hub_id,
                () if convert else (chosen,),
                convert=convert,
                task="" if asked.model.task else offer.task,
                revision=offer.entry.revision if offer.entry else "",
            )
        )
