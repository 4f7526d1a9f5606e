"""A server in a process of its own, for a window: a request that goes wrong takes nothing else along."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path

from studio.domain.errors import Failure, WorkerCrashed
from studio.domain.i18n import _
from studio.server.offer import Offer

#: A server that does not end by itself is ended after so many seconds.
_ENDING_S = 4.0


class ServerProcess:
    """A server while it runs.

    Args:
        offer: What to serve, and to whom.
        library: Folder of models; the usual one where None.
        on_ready: Called once with the base URL that clients use.
        on_end: Called once when it has ended: with None where `stop` ended it, else with why.

    Callbacks come from another thread.
    """

    def __init__(
        self,
        offer: Offer,
        library: Path | None,
        on_ready: Callable[[str], None],
        on_end: Callable[[Failure | None], None],
    ) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(theirs, offer, library), name="studio-server")
        self._on_ready, self._on_end = on_ready, on_end
        self._stopping = threading.Event()
        self._process.start()
        theirs.close()
        # Else leaving the program would wait for a server that nobody ends.
        atexit.register(self.stop)
        threading.Thread(target=self._watch, name="studio-server-watch", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.is_alive()

    def stop(self) -> None:
        """End it; blocks for some seconds at most. Stopping twice is fine."""
        atexit.unregister(self.stop)
        self._stopping.set()
        with suppress(OSError):
            # Where it has ended by itself there is nobody to tell.
            self._connection.send(None)
        self._process.join(_ENDING_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _watch(self) -> None:
        failure: Failure | None = None
        while True:
            try:
                said = self._connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(said, Failure):
                failure = said
            else:
                self._on_ready(said)
        self._process.join()
        if failure is None and not self._stopping.is_set():
            failure = Failure.of(
                WorkerCrashed(
                    _("The server ended unexpectedly."), _("Start it again."), f"exit code {self._process.exitcode}"
                )
            )
        atexit.unregister(self.stop)
        self._on_end(failure)


def _main(connection: Connection, offer: Offer, library: Path | None) -> None:
    """The process: serve until the other end says so, or is gone."""
    import signal

    # Imported here, in the new process: a window must not load a server.
    from studio.library.store import Library
    from studio.server.serving import serve

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = threading.Event()

    def wait() -> None:
        with suppress(EOFError, OSError):
            connection.recv()
        stop.set()

    def leave() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            stop.set()

    threading.Thread(target=wait, daemon=True).start()
    threading.Thread(target=leave, daemon=True).start()
    try:
        serve(offer, Library.open(library), connection.send, stop)
    except Exception as error:  # noqa: BLE001 - the process's edge: whatever it is becomes a value
        connection.send(Failure.of(error))
