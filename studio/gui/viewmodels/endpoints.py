"""The endpoints as the Models screen shows them: added, changed, tested, priced and removed, with undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.endpoint import Endpoint, Price
from studio.domain.errors import Failure
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.services.endpoints import Reachable, Removed


def _nothing() -> None:
    """What is done after a change where nobody asked for more."""


class Endpoints(QObject):
    """Reads and changes what the user set up. Files, the keyring and the network are touched in the background only.

    Signals:
        changed: Others are there, or more is known of one: its key, a test that began or ended.
        removed: An endpoint (its name) is gone; `undo_remove` brings it back.
        failed: Something asked for could not be done.
    """

    changed = Signal()
    removed = Signal(str)
    failed = Signal(Failure)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self.all: tuple[Endpoint, ...] = ()
        #: Where each one's key comes from, by name: ``none``, ``environment`` or ``keyring``.
        self.keys: Mapping[str, str] = {}
        self.tests: dict[str, Reachable | Failure] = {}
        self.testing: set[str] = set()
        self.read = False
        #: A sentence about the list itself, such as that its file was damaged.
        self.notice = ""
        self._removed: Removed | None = None

    def find(self, name: str) -> Endpoint | None:
        """The endpoint of that name."""
        return next((each for each in self.all if each.name == name), None)

    def read_again(self) -> None:
        """Look at the file and the keyring again."""

        def look() -> tuple[tuple[Endpoint, ...], dict[str, str], str]:
            from studio.services.endpoint_keys import key_of
            from studio.services.endpoints import ENDPOINTS

            found = ENDPOINTS.all()
            return found, {each.name: key_of(each)[1] for each in found}, ENDPOINTS.notice

        def show(found: tuple[tuple[Endpoint, ...], dict[str, str], str]) -> None:
            self.all, self.keys, self.notice = found
            self.read = True
            self.changed.emit()

        self._background.run(look, show, self.failed.emit, owner=self)

    def add(
        self, endpoint: Endpoint, key: str, on_done: Callable[[], object], on_failed: Callable[[Failure], object]
    ) -> None:
        """Add one, with its key where it needs one."""

        def work() -> None:
            from studio.services.endpoints import ENDPOINTS

            ENDPOINTS.add(endpoint, key)

        self._do(work, on_done, on_failed)

    def change(
        self,
        endpoint: Endpoint,
        key: str | None = None,
        on_done: Callable[[], object] = _nothing,
        on_failed: Callable[[Failure], object] | None = None,
    ) -> None:
        """Set up an endpoint in another way.

        Args:
            endpoint: As it shall be; its name says which.
            key: Another key; empty for none any more, None to leave it as it is.
            on_done: Called when it is stored.
            on_failed: Gets the reason where it can't be; `failed` is emitted where None.
        """

        def work() -> None:
            from studio.services import endpoint_keys
            from studio.services.endpoints import ENDPOINTS

            kept = ENDPOINTS.change(endpoint.name, endpoint)
            if key:
                endpoint_keys.set_key(kept, key)
            elif key is not None:
                endpoint_keys.forget_key(kept)

        self.tests.pop(endpoint.name, None)
        self._do(work, on_done, on_failed)

    def set_models(self, name: str, models: tuple[str, ...]) -> None:
        """Offer these of an endpoint's models as candidates."""
        self._edit(name, lambda found: replace(found, models=models))

    def set_price(self, name: str, model: str, price: Price | None) -> None:
        """What a model's tokens cost; None for not known."""

        def priced(found: Endpoint) -> Endpoint:
            others = {key: value for key, value in found.prices.items() if key != model}
            return replace(found, prices=others if price is None else {**others, model: price})

        self._edit(name, priced)

    def _edit(self, name: str, edited: Callable[[Endpoint], Endpoint]) -> None:
        def work() -> None:
            from studio.services.endpoints import ENDPOINTS

            ENDPOINTS.change(name, edited(ENDPOINTS.find(name)))

        self._do(work, _nothing, None)

    def remove(self, name: str) -> None:
        """Forget an endpoint and its key."""

        def work() -> Removed:
            from studio.services.endpoints import ENDPOINTS

            return ENDPOINTS.remove(name)

        def done(gone: Removed) -> None:
            self._removed = gone
            self.tests.pop(name, None)
            self.read_again()
            self.removed.emit(name)

        self._background.run(work, done, self.failed.emit, owner=self)

    def undo_remove(self) -> None:
        """Bring back what was removed last, with its key."""
        gone, self._removed = self._removed, None
        if gone is None:
            return

        def work() -> None:
            from studio.services.endpoints import ENDPOINTS

            ENDPOINTS.restore(gone)

        self._do(work, _nothing, None)

    def test(self, name: str) -> None:
        """Ask an endpoint for its models."""
        found = self.find(name)
        if found is None or name in self.testing:
            return

        def ended(result: Reachable | Failure) -> None:
            self.testing.discard(name)
            self.tests[name] = result
            self.changed.emit()

        self.testing.add(name)
        self.tests.pop(name, None)
        self.changed.emit()
        self.ask(found, None, ended, ended)

    def ask(
        self,
        endpoint: Endpoint,
        key: str | None,
        on_done: Callable[[Reachable], object],
        on_failed: Callable[[Failure], object],
    ) -> None:
        """Ask an endpoint, which need not be added yet, for its models.

        Args:
            endpoint: Which.
            key: The key as typed; None for the one that is kept.
            on_done: Gets what it said.
            on_failed: Gets the reason where it can't be asked.
        """

        def work() -> Reachable:
            from studio.services import endpoints

            return endpoints.reach(endpoint, key)

        self._background.run(work, on_done, on_failed, owner=self)

    def _do(
        self, work: Callable[[], None], on_done: Callable[[], object], on_failed: Callable[[Failure], object] | None
    ) -> None:
        def done(_none: None) -> None:
            self.read_again()
            on_done()

        self._background.run(work, done, on_failed or self.failed.emit, owner=self)
