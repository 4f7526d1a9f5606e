"""Get models: the recommended ones of a use case, or a search of the Hub, and one of them in full."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QMessageBox, QWidget

from studio.domain.errors import Failure
from studio.domain.hub import DownloadRequest, HubQuery
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_4
from studio.gui.viewmodels.hub_offers import Asked, HubOffers, Offer
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import FlowLayout, clear, column, row, scrolled, show_if
from studio.gui.widgets.models.dialogs import LicenceDialog, TokenDialog
from studio.gui.widgets.models.offer_detail import OfferDetail
from studio.gui.widgets.models.offer_row import OfferRow
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, Words
from studio.tasks import all_tasks

#: Largest download in 10^6 bytes, and its words.
_SIZES: tuple[tuple[float, Words], ...] = (
    (0, N_("Any size")),
    (100, N_("Up to 100 MB")),
    (500, N_("Up to 500 MB")),
    (1000, N_("Up to 1 GB")),
    (4000, N_("Up to 4 GB")),
)
_LICENCES: tuple[tuple[str, Words], ...] = (("", N_("Any licence")), ("free", N_("Free to use")))
_LANGUAGES = ("", "en", "zh", "de", "fr", "es", "ja", "ko", "pt", "ru", "ar", "hi")


class GetView(Translated, QWidget):
    """The list on the left, the chosen one on the right.

    Signals:
        download_wanted: A request that may begin: what had to be accepted is accepted.
        show_wanted: A model in the library (its id) is to be shown.
        settings_wanted: The network is to be allowed.
    """

    download_wanted = Signal(DownloadRequest)
    show_wanted = Signal(str)
    settings_wanted = Signal()

    def __init__(self, offers: HubOffers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offers = offers
        self.rows: dict[str, OfferRow] = {}
        self._chosen = ""
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search_button = Button(N_("Search the Hub"), icon_name="magnifying-glass", on_click=self._search)
        self.task_box, self.licence_box, self.size_box, self.language_box = (QComboBox() for _each in range(4))
        for task in all_tasks():
            self.task_box.addItem("", task.id)
        for licence, _words in _LICENCES:
            self.licence_box.addItem("", licence)
        for size_mb, _words in _SIZES:
            self.size_box.addItem("", size_mb)
        for code in _LANGUAGES:
            self.language_box.addItem("", code)
        self._heading = Text(role="heading")
        self._back = Button(N_("Show the recommended ones"), "link", on_click=self._recommend)
        self._state = column()
        self._waiting = ProgressRow(N_("Searching the Hub"), self._stop)
        content = QWidget()
        self._list = column(spacing=SPACE_2, margins=(0, 0, SPACE_2, 0), parent=content)
        self._searched = False
        self._nothing = EmptyState(
            "magnifying-glass",
            lambda: _("Nothing found") if self._searched else _("No recommendation for this use case"),
            lambda: (
                _("Try other words, a larger size or any licence.")
                if self._searched
                else _("Search the Hub, or add a model of your own from a folder.")
            ),
        )
        self.detail = OfferDetail()
        first = row(self.search, self.search_button, spacing=SPACE_2)
        first.setStretch(0, 1)
        second = QWidget()
        filters = FlowLayout(second)
        for box in (self.task_box, self.licence_box, self.size_box, self.language_box):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            filters.addWidget(box)
        left = column(
            first,
            second,
            row(self._heading, None, self._back),
            self._state,
            self._waiting,
            scrolled(content),
            self._nothing,
            spacing=SPACE_2,
        )
        sides = row(left, self.detail, spacing=SPACE_4, parent=self)
        sides.setStretch(0, 5)
        sides.setStretch(1, 6)
        show_if(False, self._waiting)
        show_if(False, self._nothing)
        show_if(False, self.detail)
        self._connect()
        self.retranslate()

    def _connect(self) -> None:
        self.offers.changed.connect(self._show)
        self.offers.asked.connect(self._on_asked)
        self.offers.refused.connect(self._on_refused)
        self.search.returnPressed.connect(self._search)
        self.task_box.activated.connect(lambda _index: self._again())
        for box in (self.licence_box, self.size_box, self.language_box):
            box.activated.connect(lambda _index: self._search() if self._searched else None)
        self.detail.ask_wanted.connect(self._ask)
        self.detail.token_wanted.connect(lambda: self.ask_token(self._page(), self._ask))
        self.detail.download_wanted.connect(self._on_download)
        self.detail.show_wanted.connect(self.show_wanted)

    def arrive(self, task: str = "") -> None:
        """The view is shown: list what is recommended, where nothing is listed yet."""
        if task and not self._searched and self.task_box.findData(task) >= 0:
            self.task_box.setCurrentIndex(self.task_box.findData(task))
        if not self._searched:
            self._recommend()

    def ask_again(self) -> None:
        """The library or the Hub changed: what is on show may be another."""
        if self._chosen in self.rows:
            self._ask()

    def _again(self) -> None:
        if self._searched:
            self._search()
        else:
            self._recommend()

    def _recommend(self) -> None:
        self._searched = False
        self.search.clear()
        self.offers.recommend(str(self.task_box.currentData()))

    def _search(self) -> None:
        self._searched = True
        self.offers.search(
            HubQuery(
                str(self.task_box.currentData()),
                self.search.text().strip(),
                float(self.size_box.currentData()) or None,
                str(self.licence_box.currentData()),
                str(self.language_box.currentData()),
            )
        )

    def _stop(self) -> None:
        self.offers.stop()
        self._show()

    def retranslate(self) -> None:
        self.search.setPlaceholderText(_("Words in the model's name"))
        self.search.setAccessibleName(_("Words in the model's name"))
        for box, name in (
            (self.task_box, _("Use case")),
            (self.licence_box, _("Licence")),
            (self.size_box, _("Size of the download")),
            (self.language_box, _("Language")),
        ):
            box.setAccessibleName(name)
        for index, task in enumerate(all_tasks()):
            self.task_box.setItemText(index, _(task.title))
        from studio.gui.widgets.models.words import language_names
        from studio.gui.words import said

        for index, (_licence, words) in enumerate(_LICENCES):
            self.licence_box.setItemText(index, said(words))
        for index, (_size, words) in enumerate(_SIZES):
            self.size_box.setItemText(index, said(words))
        for index, code in enumerate(_LANGUAGES):
            self.language_box.setItemText(index, language_names((code,)) if code else _("Any language"))
        self._show()

    # -- the list ------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        offers = self.offers
        self._heading.say(N_("Found on the Hub") if self._searched else N_("Recommended"))
        show_if(self._searched, self._back)
        show_if(offers.searching, self._waiting)
        if offers.searching:
            self._waiting.stop_button.setEnabled(True)
            self._waiting.show_progress(None, N_("Each model is asked for its sizes"))
        self._show_state()
        wanted = {each.hub_id: each for each in offers.offers}
        if list(self.rows) != list(wanted)[: len(self.rows)] or any(
            self.rows[name].offer is not wanted[name] for name in self.rows
        ):
            clear(self._list)
            self.rows = {}
        elif self._list.count() > len(self.rows):
            self._list.takeAt(self._list.count() - 1)
        for name, offer in wanted.items():
            if name not in self.rows:
                made = self.rows[name] = OfferRow(offer)
                made.clicked.connect(lambda _checked=False, name=name: self.choose(name))
                self._list.addWidget(made)
        self._list.addStretch(1)
        show_if(not wanted and not offers.searching and offers.failure is None, self._nothing)
        self._nothing.title.retranslate()
        self._nothing.sentence.retranslate()
        if self._chosen not in self.rows:
            self.choose(next(iter(self.rows), ""))

    def _show_state(self) -> None:
        clear(self._state)
        failure = self.offers.failure
        if failure is not None and failure.kind != "OfflineError":
            self._state.addWidget(Notice.of(failure, N_("Try again"), self._search))
        elif failure is not None or self.offers.offline:
            self._state.addWidget(
                Notice(
                    N_("Offline mode is on: nothing is fetched from the network."),
                    "accent",
                    "",
                    "",
                    N_("Open Settings"),
                    self.settings_wanted.emit,
                )
            )

    def choose(self, hub_id: str) -> None:
        """Show an offer and ask the Hub about it."""
        self._chosen = hub_id
        for name, made in self.rows.items():
            made.setChecked(name == hub_id)
        show_if(hub_id in self.rows, self.detail)
        if hub_id in self.rows:
            self.detail.show_offer(self.rows[hub_id].offer)
            self._ask()

    def _ask(self) -> None:
        offer = self._offer()
        if offer is not None:
            self.offers.ask(offer)

    def _offer(self) -> Offer | None:
        found = self.rows.get(self._chosen)
        return found.offer if found is not None else None

    def _on_asked(self, asked: Asked) -> None:
        if asked.model.id == self._chosen:
            self.detail.show_asked(asked)

    def _on_refused(self, hub_id: str, failure: Failure) -> None:
        if hub_id == self._chosen:
            self.detail.show_failure(failure)

    def _page(self) -> str:
        from studio.services.catalog import model_page

        return model_page(self._chosen)

    # -- downloading ---------------------------------------------------------------------------------------------

    def _on_download(self, request: DownloadRequest) -> None:
        asked = self.detail.asked
        if asked is None:
            return
        fit = asked.fits.get(request.precisions[0]) if request.precisions else None
        if fit is not None and fit.verdict == "too large":
            question = _("This model {advice}.\n\nDownload it all the same?").format(advice=fit.words)
            if QMessageBox.question(self, _("Too large for this computer"), question) != QMessageBox.StandardButton.Yes:
                return
        if not asked.accept:
            self.download_wanted.emit(request)
            return
        model = asked.model
        dialog = LicenceDialog(model.id, model.licence, bool(model.gated), asked.page, model.licence_link, self)
        dialog.accepted.connect(lambda: self.download_wanted.emit(replace(request, accept_licence=True)))
        dialog.open()

    def ask_token(self, page: str, then) -> QDialog:
        """Ask for a token for the Hub, and do something once it is kept."""
        dialog = TokenDialog(self.offers.set_token, page, self)
        dialog.kept.connect(then)
        dialog.open()
        return dialog
