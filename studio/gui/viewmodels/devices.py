"""What this computer can run models on, and whether each really does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.devices import DeviceTest, Diagnosis


class Devices(QObject):
    """Looks and tests off the window's thread.

    Attributes:
        diagnosis: The last look; None before the first.
        failure: Why there is none.
        tests: How the last test of a device went: a result or a failure.
        testing: The devices being tested.

    Signals:
        changed: Something is known that was not.
    """

    changed = Signal()

    def __init__(self, background: Background, library: Callable[[], Library], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._library = background, library
        self.diagnosis: Diagnosis | None = None
        self.failure: Failure | None = None
        self.tests: dict[str, DeviceTest | Failure] = {}
        self.testing: frozenset[str] = frozenset()
        self.looking = False

    def look(self) -> None:
        """Look at the computer (about a second)."""
        if self.looking:
            return

        def work() -> Diagnosis:
            from studio.services.devices import diagnose

            return diagnose()

        self.looking = True
        self.changed.emit()
        self._background.run(work, self._show, self._show_failure, owner=self)

    def _show(self, diagnosis: Diagnosis) -> None:
        self.diagnosis, self.failure, self.looking = diagnosis, None, False
        self.changed.emit()

    def _show_failure(self, failure: Failure) -> None:
        self.failure, self.looking = failure, False
        self.changed.emit()

    def test(self, device: str) -> None:
        """Run a small model on a device."""
        if device in self.testing:
            return

        def work() -> DeviceTest:
            from studio.services.devices import try_device

            return try_device(device, self._library())

        self.testing |= {device}
        self.changed.emit()
        took = partial(self._tested, device)
        self._background.run(work, took, took, owner=self)

    def _tested(self, device: str, result: DeviceTest | Failure) -> None:
        self.testing -= {device}
        self.tests[device] = result
        self.changed.emit()
