"""What is running: every job that takes longer than a second, for the status bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studio.gui.words import Words


class RunningJob(QObject):
    """One job. Change it on the window's thread.

    Signals:
        changed: Its stage or progress changed.
    """

    changed = Signal()

    def __init__(self, title: Words, stop: Callable[[], object] | None, jobs: RunningJobs, host: str = "") -> None:
        super().__init__(jobs)
        self.title = title
        self.stop = stop
        #: Where it sends data outside of this computer; empty for nowhere.
        self.host = host
        self.stage: Words = ""
        self.fraction: float | None = None
        self.left_s: float | None = None
        self._jobs = jobs

    def show_progress(self, fraction: float | None, stage: Words = "", left_s: float | None = None) -> None:
        """How far it is: 0 to 1, or None where it can't be known."""
        self.fraction, self.stage, self.left_s = fraction, stage or self.stage, left_s
        self.changed.emit()

    def end(self) -> None:
        """It is over, one way or another. Calling it twice is fine."""
        self._jobs.remove(self)


class RunningJobs(QObject):
    """All jobs that run now.

    Signals:
        changed: A job began or ended.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[RunningJob] = []

    @property
    def running(self) -> tuple[RunningJob, ...]:
        """Oldest first."""
        return tuple(self._jobs)

    def begin(self, title: Words, stop: Callable[[], object] | None = None, host: str = "") -> RunningJob:
        """A job began; ``stop`` ends it within a second, and ``host`` outside of this computer gets data from it."""
        job = RunningJob(title, stop, self, host)
        self._jobs.append(job)
        self.changed.emit()
        return job

    def remove(self, job: RunningJob) -> None:
        """A job ended (`RunningJob.end` calls this)."""
        if job in self._jobs:
            self._jobs.remove(job)
            self.changed.emit()
            job.deleteLater()
