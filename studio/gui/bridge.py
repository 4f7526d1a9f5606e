"""From the window's thread to the services and back. The only place where threads and signals meet.

Work that may take 50 ms goes through `Background.run`; its result comes back on the window's thread. What comes often
(pieces of an answer) goes through `Stream`, which hands it over in batches, at most 30 times a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from studio.domain.errors import Failure

T = TypeVar("T")

#: Least time between two batches of a stream, in seconds: 30 a second look continuous and leave the window idle.
BATCH_S = 1 / 30


class Background(QObject):
    """Runs work off the window's thread.

    Signals:
        failed: Work failed and nobody else took the failure; the window shows it as a toast.
    """

    failed = Signal(Failure)
    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: set[threading.Thread] = set()
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], T],
        on_done: Callable[[T], object] | None = None,
        on_failed: Callable[[Failure], object] | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Do ``work`` on a thread of its own.

        Args:
            work: May take long and may raise.
            on_done: Gets its result, on the window's thread.
            on_failed: Gets the failure, on the window's thread; where None, `failed` is emitted.
            owner: Who asked; when it is gone by then, nobody is called.
        """

        def deliver(callback: Callable[[Any], object], value: Any) -> None:
            if owner is None or shiboken6.isValid(owner):
                callback(value)

        def body() -> None:
            try:
                work_and_deliver()
            finally:
                self._threads.discard(threading.current_thread())

        def work_and_deliver() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - the screen's edge: whatever it was is shown, not lost
                import traceback

                failure = Failure.of(error, traceback.format_exc())
                self.post(lambda: deliver(on_failed or self.failed.emit, failure))
            else:
                if on_done is not None:
                    self.post(lambda: deliver(on_done, result))

        thread = threading.Thread(target=body, name="background", daemon=True)
        self._threads.add(thread)
        thread.start()

    def finish(self, within_s: float) -> bool:
        """Wait until no work is under way, at most ``within_s`` seconds; whether that is so."""
        deadline = time.monotonic() + within_s
        for thread in list(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in list(self._threads))

    def post(self, call: Callable[[], object]) -> None:
        """Call something on the window's thread, soon. Safe from any thread, also while the window closes."""
        if shiboken6.isValid(self):
            try:
                self._posted.emit(call)
            except RuntimeError:
                # The window closed between the question and the call: nobody is left to hear it.
                return

    @Slot(object)
    def _call(self, call: Callable[[], object]) -> None:
        call()


class Stream(QObject, Generic[T]):
    """Hands items from any thread to the window's thread in batches.

    Args:
        background: The way to the window's thread.
        on_batch: Gets the items of a batch, in order, on the window's thread.
        parent: When it is gone, nothing is delivered any more.
    """

    def __init__(self, background: Background, on_batch: Callable[[list[T]], object], parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._on_batch = on_batch
        self._lock = threading.Lock()
        self._waiting: list[T] = []
        self._asked = False
        self._last_s = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)

    def push(self, item: T) -> None:
        """Add an item; safe from any thread."""
        with self._lock:
            self._waiting.append(item)
            ask, self._asked = not self._asked, True
        if ask:
            self._background.post(self._arm)

    def _arm(self) -> None:
        if not shiboken6.isValid(self):
            return
        wait_s = BATCH_S - (time.monotonic() - self._last_s)
        if wait_s <= 0:
            self.flush()
        else:
            self._timer.start(round(wait_s * 1000) + 1)

    @Slot()
    def flush(self) -> None:
        """Hand over what waits, now; on the window's thread only."""
        with self._lock:
            batch, self._waiting = self._waiting, []
            self._asked = False
        self._last_s = time.monotonic()
        if batch:
            self._on_batch(batch)
