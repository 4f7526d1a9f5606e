"""A job is one thing asked of a worker. It ends exactly once: finished, failed or cancelled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from studio.domain.errors import Failure

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished(Generic[T]):
    """The job did what was asked; for a generation that was stopped, ``value`` holds what there was by then."""

    value: T


@dataclass(frozen=True)
class Failed:
    """The job could not be done."""

    failure: Failure


@dataclass(frozen=True)
class Cancelled:
    """The user stopped the job before there was anything to keep."""


Outcome = Finished[T] | Failed | Cancelled


class Job(Generic[T]):
    """A handle on one job; safe to use from any thread."""

    def __init__(self, job_id: int, on_cancel: Callable[[Job[T]], None], on_text: Callable[[str], None] | None) -> None:
        self.id = job_id
        self.on_text = on_text
        self._on_cancel = on_cancel
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._outcome: Outcome[T] | None = None
        self._callbacks: list[Callable[[Outcome[T]], None]] = []

    @property
    def outcome(self) -> Outcome[T] | None:
        """How it ended; None while it goes on."""
        return self._outcome

    def wait(self, timeout_s: float | None = None) -> Outcome[T] | None:
        """Block until it ends; None when ``timeout_s`` seconds pass first."""
        self._ended.wait(timeout_s)
        return self._outcome

    def cancel(self) -> None:
        """Stop it: politely at first, and by ending the worker's process when it has not stopped within 1 s."""
        if not self._ended.is_set():
            self._on_cancel(self)

    def when_done(self, callback: Callable[[Outcome[T]], None]) -> None:
        """Call ``callback`` once with the outcome, on the supervisor's thread, or at once if it has ended.

        It must be quick, and wait for nothing that a worker does.
        """
        with self._lock:
            if self._outcome is None:
                self._callbacks.append(callback)
                return
            outcome = self._outcome
        call_safely(callback, outcome)

    def end(self, outcome: Outcome[T]) -> bool:
        """Set the outcome; False when it has one already, which then stays (the engine's to call)."""
        with self._lock:
            if self._outcome is not None:
                return False
            self._outcome = outcome
            callbacks, self._callbacks = self._callbacks, []
        self._ended.set()
        for callback in callbacks:
            call_safely(callback, outcome)
        return True


def call_safely(callback: Callable[[T], None], value: T) -> None:
    """Call a listener; what it raises is logged, for the thread that watches over all workers must go on."""
    try:
        callback(value)
    except Exception:  # noqa: BLE001 - someone else's code, on a thread that many depend on
        _LOG.exception("A listener of a job failed")
