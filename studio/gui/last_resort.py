"""What nobody foresaw: an error in the window's own code is shown instead of lost, and Ctrl+C closes the window."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier

from studio.domain.errors import Failure

if TYPE_CHECKING:
    from studio.gui.main_window import MainWindow


def show_unforeseen_errors(window: MainWindow) -> None:
    """Show errors that no code took, on any thread, as a toast; they still go to the terminal as well."""

    def show(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error or kind(), trace)
        if not issubclass(kind, Exception):
            return
        detail = "".join(traceback.format_exception(kind, error, trace))
        failure = Failure.of(error or kind(), detail)
        window.shell.background.post(lambda: window.shell.toasts.show_failure(failure))

    sys.excepthook = show
    threading.excepthook = lambda arguments: show(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def close_on_signals(window: MainWindow) -> None:
    """Close the window on Ctrl+C in the terminal and when the system asks the process to end."""
    _SignalWatch(window)


class _SignalWatch(QObject):
    """Lets Qt's loop handle signals.

    Python runs signal handlers between its own instructions, and Qt's loop may not run any for long; a socket that
    Python writes the signal's number to, and that Qt watches, wakes it. The handlers themselves do nothing: they run
    in the middle of anything, of a look into the project as well, and the window must not close under that.
    """

    _ENDING = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno())
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(lambda _descriptor: self._on_signals(self._reader.recv(64)))
        for number in self._ENDING:
            signal.signal(number, lambda _number, _frame: None)

    def _on_signals(self, numbers: bytes) -> None:
        if set(numbers) & set(self._ENDING):
            self._window.close()
