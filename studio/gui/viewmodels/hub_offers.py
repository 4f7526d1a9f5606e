"""Models that can be downloaded: the recommended ones, what a search of the Hub finds, and one of them in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.hub import CatalogEntry, HubModel, HubQuery
from studio.gui.bridge import Background, Stream

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.fit import Fit


@dataclass(frozen=True)
class Offer:
    """A model that could be downloaded, as far as it is known without asking more.

    Attributes:
        hub_id: Its id on the Hub.
        task: Task id it is listed under.
        entry: What the catalog says; None of a model that a search found.
        found: What the Hub said in a search; None of a recommended one.
    """

    hub_id: str
    task: str
    entry: CatalogEntry | None = None
    found: HubModel | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.entry.title if self.entry else self.hub_id.rsplit("/", 1)[-1]

    @property
    def licence(self) -> str:
        """Licence id as far as known."""
        return self.entry.licence if self.entry else self.found.licence if self.found else ""

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes."""
        return self.entry.languages if self.entry else self.found.languages if self.found else ()


@dataclass(frozen=True)
class Asked:
    """What the Hub says of an offer, and what that means here.

    Attributes:
        model: The Hub's own words.
        sizes_mb: Size of the download by precision, 10^6 bytes.
        fits: Advice by precision.
        usual: The precision that suits most people; empty where it has no ONNX files.
        weights_mb: Size of the PyTorch weights that could be converted here; 0 without any.
        here: Ids of models in the library that came from it.
        page: Its web page.
        accept: Whether its licence has to be accepted first.
    """

    model: HubModel
    sizes_mb: Mapping[str, float]
    fits: Mapping[str, Fit]
    usual: str
    weights_mb: float
    here: tuple[str, ...]
    page: str
    accept: bool


class HubOffers(QObject):
    """Looks for models off the window's thread.

    Attributes:
        offers: Those on show.
        searching: Whether the Hub is being searched.
        failure: Why the last search ended.
        offline: Whether the network is not to be used.

    Signals:
        changed: Another list, or more of it, or the search ended.
        asked: The Hub told of a model (`Asked`).
        refused: It could not be asked about one: its id, and the failure.
    """

    changed = Signal()
    asked = Signal(Asked)
    refused = Signal(str, Failure)

    def __init__(self, background: Background, library: Callable[[], Library], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._library = background, library
        self.offers: tuple[Offer, ...] = ()
        self.searching = False
        self.failure: Failure | None = None
        self.offline = False
        self._round = 0
        self._known: dict[str, Asked] = {}

    def recommend(self, task: str) -> None:
        """List the recommended models of a use case, of all where empty. Uses no network."""
        self.stop()

        def read() -> tuple[tuple[Offer, ...], bool]:
            from studio.services import catalog, hub_access

            entries = catalog.catalog(task or None)
            return tuple(Offer(each.repo, each.task, entry=each) for each in entries), hub_access.is_offline()

        def show(what: tuple[tuple[Offer, ...], bool]) -> None:
            self.offers, self.offline = what
            self.changed.emit()

        self._begin(read, show)

    def search(self, query: HubQuery) -> None:
        """Search the Hub; what is found is shown as it comes."""
        self.stop()
        now = self._round = self._round + 1

        def add(found: list[HubModel]) -> None:
            if now == self._round:
                self.offers = (*self.offers, *(Offer(each.id, query.task, found=each) for each in found))
                self.changed.emit()

        stream: Stream[HubModel] = Stream(self._background, add, self)

        def work() -> None:
            from studio.services import catalog

            catalog.search(query, stream.push, lambda: now != self._round)

        def done(_nothing: None) -> None:
            stream.flush()
            self._end(now, None)

        self.offers, self.searching, self.failure = (), True, None
        self.changed.emit()
        self._background.run(work, done, lambda failure: self._end(now, failure), owner=self)

    def stop(self) -> None:
        """End a search; what it found stays."""
        self._round += 1
        self.searching, self.failure = False, None

    def ask(self, offer: Offer) -> None:
        """Ask the Hub about a model: files, sizes, licence; `asked` or `refused` follows."""
        self.look_up(offer, self.asked.emit, lambda failure: self.refused.emit(offer.hub_id, failure))

    def look_up(
        self, offer: Offer, on_asked: Callable[[Asked], object], on_failed: Callable[[Failure], object]
    ) -> None:
        """The same for one who wants to know alone."""
        known = self._known.get(offer.hub_id)
        if known is not None:
            on_asked(known)
            return

        def work() -> Asked:
            from studio.services import catalog

            model = catalog.ask(offer.hub_id, offer.entry.revision if offer.entry else "")
            return Asked(
                model,
                {name: catalog.download_mb(model, name) for name in catalog.precisions(model)},
                catalog.fits(model, with_configuration=True),
                catalog.usual_precision(model, offer.task),
                catalog.download_mb(model, "") if model.weights else 0.0,
                catalog.in_library(self._library(), model.id),
                catalog.model_page(model.id),
                catalog.asks_for_acceptance(model.licence, bool(model.gated)),
            )

        def done(asked: Asked) -> None:
            self._known[offer.hub_id] = asked
            on_asked(asked)

        self._background.run(work, done, on_failed, owner=self)

    def forget(self) -> None:
        """Ask again next time: a model came, a token was given, another Hub is used."""
        self._known = {}

    def set_token(self, token: str, on_kept: Callable[[str], object], on_failed: Callable[[Failure], object]) -> None:
        """Keep a token for the Hub; the account's name is given back."""

        def work() -> str:
            from studio.services import hub_access

            return hub_access.set_token(token)

        def done(account: str) -> None:
            self.forget()
            on_kept(account)

        self._background.run(work, done, on_failed, owner=self)

    def _begin(self, read, show) -> None:
        now = self._round = self._round + 1
        self._background.run(
            read, lambda what: show(what) if now == self._round else None, lambda f: self._end(now, f), owner=self
        )

    def _end(self, number: int, failure: Failure | None) -> None:
        if number == self._round:
            self.searching, self.failure = False, failure
            self.changed.emit()
