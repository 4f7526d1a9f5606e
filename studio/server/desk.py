"""Takes requests to candidates of the pool: each waits for its turn, and ends when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import Request

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec
from studio.engine.jobs import Job
from studio.server.refusals import Refusal
from studio.services.pool import CandidatePool, OpenCandidate
from studio.services.waiting import Waiter

T = TypeVar("T")
#: Requests that wait or are answered; more are told to come again.
_MOST_WAITING = 64
#: How often it is looked whether the client is still there, in seconds.
_LOOK_S = 0.1
#: A client that closed its connection; nobody reads the answer (nginx's status).
_CLIENT_GONE = 499


class Desk:
    """Answers requests with the candidates of a pool.

    Args:
        pool: Opens them on demand and keeps them open.
    """

    def __init__(self, pool: CandidatePool) -> None:
        self._pool = pool
        self._threads = ThreadPoolExecutor(_MOST_WAITING, "request")
        self._lock = threading.Lock()
        self._stops: set[threading.Event] = set()

    async def ask(self, request: Request, spec: LoadSpec, start: Callable[[OpenCandidate], Job[T]]) -> T:
        """What a job with an open candidate gives.

        Args:
            request: Who asks; when the client goes away, the job is stopped.
            spec: Which candidate.
            start: Starts the job.

        Raises:
            Refusal: Too many wait, or the client is gone.
            StudioError: It can't be answered.
        """
        future, stop = self._submit(spec, start)
        try:
            waiting = asyncio.wrap_future(future)
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=_LOOK_S)
                if not waiting.done() and await request.is_disconnected():
                    raise Refusal(_CLIENT_GONE, _("The client is gone."))
            return waiting.result()
        finally:
            stop.set()

    async def listen(
        self, spec: LoadSpec, start: Callable[[OpenCandidate, Callable[[str], None]], Job[T]]
    ) -> AsyncGenerator[str | T, None]:
        """Pieces of an answer as they come, then what the job gave. Closing the iterator stops the job.

        Raises:
            Refusal: Too many wait.
            StudioError: It can't be answered.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def hear(piece: str | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        future, stop = self._submit(spec, lambda opened: start(opened, hear))
        future.add_done_callback(lambda _future: hear(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            yield future.result()
        finally:
            stop.set()

    def close(self) -> None:
        """Stop what is under way. Nothing can be asked any more."""
        with self._lock:
            for stop in self._stops:
                stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit(self, spec: LoadSpec, start: Callable[[OpenCandidate], Job[T]]) -> tuple[Future[T], threading.Event]:
        stop = threading.Event()
        with self._lock:
            if len(self._stops) >= _MOST_WAITING:
                raise Refusal(429, _("Too many requests wait already."), code="rate_limit_exceeded")
            self._stops.add(stop)

        def work() -> T:
            waiter = Waiter(stop)
            with self._pool.borrow(spec, waiter) as opened:
                found = waiter.result(start(opened))
                opened.warm = True
                if stop.is_set():
                    raise StoppedError(_("Stopped before it answered."))
                return found

        def done(_future: Any) -> None:
            with self._lock:
                self._stops.discard(stop)

        try:
            future = self._threads.submit(work)
        except RuntimeError as error:
            done(None)
            raise Refusal(503, _("The server is ending.")) from error
        future.add_done_callback(done)
        return future, stop
