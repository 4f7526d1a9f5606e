"""Where an evaluation runs: on this computer, or on a Ray cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.cluster.address import check_address, needs_network
from studio.domain.errors import Failure, StudioError
from studio.gui.bridge import Background
from studio.gui.viewmodels.preferences import Preferences

if TYPE_CHECKING:
    from studio.services.clusters import ClusterFound, JoinedCluster

#: What a run does first to get its cluster, or None for this computer.
Joining = Callable[[threading.Event], "AbstractContextManager[JoinedCluster | None]"]
_KEY = "cluster"


class EvaluateWhere(QObject):
    """Part of `EvaluateSetup`.

    The address is a setting of this computer and never comes from a project, which may be anyone's. Whether it is used
    is chosen anew in each session: rows go to other computers only where somebody said so.

    Signals:
        changed: Another place was chosen, or more is known of the cluster.
    """

    changed = Signal()

    def __init__(self, background: Background, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._preferences = background, preferences
        self.on_cluster = False
        #: Models that are open at once; 0 for one on each node.
        self.workers = 0
        self.connecting = False
        #: What answered at the address in hand; None as long as nobody asked.
        self.found: ClusterFound | None = None
        self.failure: Failure | None = None
        self._stop = threading.Event()
        preferences.changed.connect(self._on_setting)

    @property
    def address(self) -> str:
        """Of the cluster; empty for none."""
        return str(self._preferences.value(_KEY))

    @property
    def host(self) -> str:
        """Where rows would go outside of this computer; empty for nowhere."""
        return self.address if self.on_cluster and self.address and needs_network(self.address) else ""

    @property
    def ready(self) -> bool:
        """Whether a run can begin."""
        return not self.on_cluster or bool(self.address)

    def choose(self, on_cluster: bool) -> None:
        """Run on the cluster, or on this computer."""
        if on_cluster != self.on_cluster:
            self.on_cluster = on_cluster
            self.changed.emit()

    def set_address(self, address: str) -> None:
        """Name the cluster; a text that is no address is refused with `failure`, and the one before stays."""
        if address.strip() == self.address:
            return
        try:
            wanted = check_address(address) if address.strip() else ""
        except StudioError as error:
            self.failure, self.found = Failure.of(error), None
            self.changed.emit()
            return
        self.failure = self.found = None
        self._preferences.set_value(_KEY, wanted)
        self.changed.emit()

    def set_workers(self, workers: int) -> None:
        """How many models are open at once; 0 for one on each node."""
        if workers != self.workers:
            self.workers = workers
            self.changed.emit()

    def connect_now(self) -> None:
        """Ask who is there; `found` or `failure` follows."""
        if self.connecting or not self.address:
            return
        stop = self._stop = threading.Event()
        address = self.address
        self.connecting, self.found, self.failure = True, None, None
        self.changed.emit()

        def work() -> ClusterFound:
            from studio.services.clusters import find_cluster

            return find_cluster(address, stop.is_set)

        def end(found: ClusterFound | None, failure: Failure | None) -> None:
            if stop is not self._stop:
                return
            self.connecting = False
            if address == self.address and not stop.is_set():
                self.found, self.failure = found, failure
            self.changed.emit()

        self._background.run(work, lambda found: end(found, None), lambda failure: end(None, failure), owner=self)

    def cancel(self) -> None:
        """Ask no longer."""
        self._stop.set()

    def joining(self) -> Joining:
        """How a run that begins now gets its cluster."""
        address = self.address if self.on_cluster else ""
        workers, threads = self.workers, int(self._preferences.value("threads"))

        @contextmanager
        def join_it(stop: threading.Event) -> Iterator[JoinedCluster | None]:
            if not address:
                yield None
                return
            from studio.services.clusters import join

            with join(address, workers, threads, stop.is_set) as cluster:
                yield cluster

        return join_it

    def _on_setting(self, key: str) -> None:
        if key == _KEY:
            self.found = self.failure = None
            self.changed.emit()
