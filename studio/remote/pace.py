"""When an endpoint may be asked again: the user's own limit, and what the endpoint asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from studio.domain.errors import StoppedError
from studio.domain.i18n import _

#: How often it is looked whether the user pressed Stop.
_POLL_S = 0.05


class Pace:
    """Lets requests begin. Safe to use from any thread.

    Args:
        per_minute: Most requests a minute, evenly spread; 0 for no limit.
    """

    def __init__(self, per_minute: int) -> None:
        self._between_s = 60 / per_minute if per_minute else 0.0
        self._lock = threading.Lock()
        self._next_s = 0.0

    def wait(self, cancelled: Callable[[], bool]) -> None:
        """Return when a request may begin.

        Raises:
            StoppedError: The user pressed Stop first.
        """
        with self._lock:
            begins_s = max(self._next_s, time.monotonic())
            self._next_s = begins_s + self._between_s
        self.pause(begins_s - time.monotonic(), cancelled)

    def hold(self, seconds: float) -> None:
        """Let no request begin for so long: the endpoint asked for it."""
        with self._lock:
            self._next_s = max(self._next_s, time.monotonic() + seconds)

    @staticmethod
    def pause(seconds: float, cancelled: Callable[[], bool]) -> None:
        """Wait, unless the user presses Stop. Raises as `wait`."""
        ends_s = time.monotonic() + seconds
        while True:
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(left_s, _POLL_S))
