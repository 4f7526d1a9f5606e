"""The studio's side of the process that talks to Ray: asks, and hears what comes back."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.cluster.driver import LOG, main
from studio.cluster.failures import lost
from studio.cluster.messages import Call, Connect, Drop, Host, Leave, Place, Reply, Request, Sent, Survey, SurveyedNode
from studio.cluster.package import Package
from studio.domain.errors import ClusterError
from studio.domain.i18n import _
from studio.domain.interrupts import interrupts_held_back

#: Longest wait for a cluster, for all of its nodes, and for Ray to end what it started, in seconds.
CONNECT_S, SURVEY_S, _LEAVE_S = 120.0, 90.0, 8.0
_POLL_S = 0.05
_LOG_TAIL_CHARACTERS = 4000


class ClusterLink:
    """A cluster that the studio has joined. Safe to use from any thread.

    What is asked comes back as a future; its exception is a `StudioError`, and a `NodeLostError` where a node, the
    lane's process or the whole cluster is gone. Leaving it as a context manager leaves the cluster, which ends every
    process that was started on it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = iter(range(1, sys.maxsize))
        self._waiting: dict[int, tuple[Future[Any], Callable[[int, int], None] | None]] = {}
        # Sockets lie in it, whose paths must be short.
        root = "/tmp" if Path("/tmp").is_dir() else None
        self._folder = Path(tempfile.mkdtemp(prefix="ray-", dir=root))
        self._log = self._folder / LOG
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=main, args=(theirs, self._log), name="studio-cluster", daemon=True)
        self._closed = False
        try:
            with interrupts_held_back():
                self._process.start()
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise ClusterError(
                _("The system could not start a process for the cluster."),
                _("Close other programs and try again."),
                str(error),
            ) from error
        theirs.close()
        self._thread = threading.Thread(target=self._listen, name="studio-cluster", daemon=True)
        self._thread.start()

    # -- asking --------------------------------------------------------------------------------------------------

    def connect(self, address: str) -> Future[None]:
        """Join the cluster at an address; see `studio.cluster.messages.Connect`."""
        return self._ask(lambda job: Connect(job, address, self._folder))

    def survey(self, version: str, look: Callable[[], Any]) -> Future[tuple[SurveyedNode, ...]]:
        """Look at every node; see `studio.cluster.messages.Survey`."""
        return self._ask(lambda job: Survey(job, version, look))

    def host(self, lane: int, node: str, processors: float, gpus: float, make: Callable[[], Any]) -> Future[None]:
        """Start a process on a node; see `studio.cluster.messages.Host`."""
        return self._ask(lambda job: Host(job, lane, node, processors, gpus, make))

    def place(self, lanes: tuple[int, ...], package: Package, on_sent: Callable[[int, int], None]) -> Future[None]:
        """Bring a folder to nodes; see `studio.cluster.messages.Place`."""
        return self._ask(lambda job: Place(job, lanes, package), on_sent)

    def call(self, lane: int, method: str, *arguments: Any) -> Future[Any]:
        """Call a method of what a lane holds; the future has the result as `unpickled` takes it."""
        data = pickle.dumps(arguments)
        return self._ask(lambda job: Call(job, lane, method, data))

    def drop(self, lane: int) -> None:
        """End the process of a lane; what it was asked fails."""
        self._send(Drop(lane))

    def _ask(self, message: Callable[[int], Request], on_sent: Callable[[int, int], None] | None = None) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            job = next(self._ids)
            if not self._closed:
                self._waiting[job] = (future, on_sent)
        if self._closed or not self._send(message(job)):
            with self._lock:
                self._waiting.pop(job, None)
            if not future.done():
                future.set_exception(lost(self._last_words()))
        return future

    def _send(self, message: Request | Drop | Leave) -> bool:
        try:
            with self._lock:
                self._connection.send(message)
        except (OSError, ValueError):
            return False
        return True

    # -- hearing -------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(message, Sent):
                waiting = self._waiting.get(message.job)
                if waiting is not None and waiting[1] is not None:
                    waiting[1](message.done, message.total)
            elif isinstance(message, Reply):
                with self._lock:
                    future, _on_sent = self._waiting.pop(message.job, (None, None))
                if future is not None:
                    if message.failure is not None:
                        future.set_exception(message.failure.to_error())
                    else:
                        future.set_result(message.value)
        with self._lock:
            self._closed = True
            left, self._waiting = list(self._waiting.values()), {}
        for future, _on_sent in left:
            future.set_exception(lost(self._last_words()))

    def _last_words(self) -> str:
        try:
            return self._log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
        except OSError:
            return ""

    # -- ending --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Leave the cluster. Returns at once; what Ray started here ends within seconds, also if this program ends."""
        with self._lock:
            closing, self._closed = not self._closed, True
        if closing:
            self._send(Leave())
        threading.Thread(target=self._end, name="studio-cluster-end").start()

    def _end(self) -> None:
        until_s = time.monotonic() + _LEAVE_S
        while self._process.is_alive() and time.monotonic() < until_s:
            wait([self._process.sentinel], timeout=_POLL_S)
        with suppress(OSError, ValueError):
            self._process.kill()
        self._process.join()
        self._thread.join()
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def unpickled(value: bytes) -> Any:
    """What `ClusterLink.call` got."""
    return pickle.loads(value)
