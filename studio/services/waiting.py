"""Waiting for a worker's job on behalf of a user who may press Stop."""

from __future__ import annotations

import threading
import time
from typing import TypeVar

from studio.domain.errors import StoppedError, WorkerHung
from studio.domain.i18n import _
from studio.engine.jobs import Cancelled, Failed, Job

T = TypeVar("T")

#: How often it is looked whether the user pressed Stop, in seconds.
POLL_S = 0.05


class Waiter:
    """Waits for the jobs of one candidate.

    Args:
        stop: Once set, the job that is waited for is cancelled.
        timeout_s: A job that takes longer is ended; None waits for ever.
        name: What the user calls the candidate.
    """

    def __init__(self, stop: threading.Event, timeout_s: float | None = None, name: str = "") -> None:
        self.stop = stop
        self._timeout_s = timeout_s
        self._name = name

    def result(self, job: Job[T]) -> T:
        """What the job gave; for an answer that was stopped, what there was by then.

        Raises:
            StoppedError: The user stopped it before there was anything to keep.
            WorkerHung: It took longer than allowed.
            StudioError: It failed.
        """
        deadline_s = None if self._timeout_s is None else time.monotonic() + self._timeout_s
        while (outcome := job.wait(POLL_S)) is None:
            if self.stop.is_set():
                job.cancel()
                outcome = job.wait()
                break
            if deadline_s is not None and time.monotonic() > deadline_s:
                job.cancel()
                job.wait()
                raise WorkerHung(
                    _("{name} took longer than {seconds:g} s and was ended.").format(
                        name=self._name, seconds=self._timeout_s
                    ),
                    _("Allow more time, or try a smaller model."),
                )
        if isinstance(outcome, Failed):
            raise outcome.failure.to_error()
        if outcome is None or isinstance(outcome, Cancelled):
            raise stopped()
        return outcome.value

    def check(self) -> None:
        """Go on, unless the user pressed Stop.

        Raises:
            StoppedError: The user did.
        """
        if self.stop.is_set():
            raise stopped()


def stopped() -> StoppedError:
    """The error that stands for the user's own Stop."""
    return StoppedError(_("Stopped before it answered."))
