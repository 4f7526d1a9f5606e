"""A job of the download queue while it is in memory: where it is, how fast, and what it shall become."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from studio.domain.hub import DownloadProgress, DownloadStage
from studio.library.download_job import Job, JobFolder

#: Speed is that of the last seconds, so that it follows the line and does not jump.
_SPEED_OVER_S = 6.0


@dataclass(eq=False)
class Entry:
    """A job and what it is doing.

    Attributes:
        job: As it is stored.
        folder: Where.
        stage: See `DownloadStage`.
        doing: See `DownloadProgress`.
        bytes_done: See `DownloadProgress`.
        bytes_total: See `DownloadProgress`.
        elsewhere: Whether another window or terminal is working on it.
        then: What it shall become once it has stopped; None while nobody wants it to stop.
        running: Whether the queue's thread is working on it.
        samples: When how many bytes were there, lately.
    """

    job: Job
    folder: JobFolder
    stage: DownloadStage = "paused"
    doing: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    elsewhere: bool = False
    then: DownloadStage | None = None
    running: bool = False
    samples: deque[tuple[float, int]] = field(default_factory=deque)

    def measure(self) -> None:
        """Note what is on disk of what is needed."""
        plan = self.job.plan
        if plan:
            self.bytes_total, self.bytes_done = plan.size, self.folder.bytes_done(plan)

    def progress(self) -> DownloadProgress:
        """What others see of it."""
        speed = self._speed()
        left = (self.bytes_total - self.bytes_done) / speed if speed > 0 else None
        return DownloadProgress(
            self.job.model_id,
            self.job.kind,
            self.job.request,
            self.job.model_id,
            self.stage,
            self.doing,
            self.bytes_done,
            self.bytes_total,
            speed,
            left,
            self.job.failure if self.stage == "failed" else None,
            self.elsewhere,
        )

    def arrived(self, bytes_done: int) -> None:
        """Note where it is, for the speed."""
        now = time.monotonic()
        if self.samples and bytes_done < self.samples[-1][1]:
            # A damaged file is fetched again: what was counted before says nothing about the line.
            self.samples.clear()
        self.bytes_done = bytes_done
        self.samples.append((now, bytes_done))
        while now - self.samples[0][0] > _SPEED_OVER_S:
            self.samples.popleft()

    def _speed(self) -> float:
        if self.stage != "downloading" or len(self.samples) < 2:
            return 0.0
        (first_s, first), (last_s, last) = self.samples[0], self.samples[-1]
        if time.monotonic() - last_s > _SPEED_OVER_S:
            return 0.0  # Nothing came lately, whatever came before.
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0
