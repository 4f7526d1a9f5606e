"""What the status bar knows about this computer: processor cores, free memory, graphics processors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from studio.gui.bridge import Background

_EVERY_MS = 3000


@dataclass(frozen=True)
class Computer:
    """What a model has to run on.

    Attributes:
        cores: Physical processor cores available; None where not known.
        free_memory_gb: Free memory in 10^9 bytes; None where not known.
        gpus: Names of graphics processors that were found.
    """

    cores: int | None = None
    free_memory_gb: float | None = None
    gpus: tuple[str, ...] = ()


class ComputerWatch(QObject):
    """Looks every few seconds, off the window's thread.

    Signals:
        changed: There is something new to show.
    """

    changed = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self.now = Computer()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._look_again)

    def start(self) -> None:
        """Begin to look."""
        self._background.run(self._everything, self._begin, lambda _failure: None, owner=self)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _begin(self, computer: Computer) -> None:
        self._show(computer)
        self._timer.start()

    def _look_again(self) -> None:
        now = self.now
        self._background.run(
            lambda: replace(now, free_memory_gb=_free_gb()), self._show, lambda _failure: None, owner=self
        )

    def _show(self, computer: Computer) -> None:
        if computer != self.now:
            self.now = computer
            self.changed.emit()

    def _everything(self) -> Computer:
        import psutil

        from studio.engine.gpu import nvidia_gpus

        cores = psutil.cpu_count(logical=False) or psutil.cpu_count()
        return Computer(cores, _free_gb(), tuple(gpu.name for gpu in nvidia_gpus()))


def _free_gb() -> float:
    from studio.services.fit import free_memory_mb

    # One decimal: the status bar must not flicker with every megabyte.
    return round(free_memory_mb() / 1e3, 1)
