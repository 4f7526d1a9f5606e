"""Reviewer packs: written for colleagues, and their votes read back in, off the window's thread."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJobs

if TYPE_CHECKING:
    from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel

#: Packs are told apart by a number of so many digits.
_SEEDS = 1_000_000


class ReviewerPacks(QObject):
    """Packs of the evaluation on show.

    Signals:
        written: A workbook and a page were written.
        read: Votes came back (a `studio.services.reviewing.VotesRead`).
        failed: Neither, and why.
        busy_changed: One is being written or read, or no longer.
    """

    written = Signal(Path, Path)
    read = Signal(object)
    failed = Signal(Failure)
    busy_changed = Signal()

    def __init__(self, model: EvaluateResultsModel, background: Background, jobs: RunningJobs) -> None:
        super().__init__(model)
        self._model, self._background, self._jobs = model, background, jobs
        self.busy = False

    def write(self, folder: Path, seed: int | None = None) -> None:
        """Write a pack with other questions than the last one's."""
        from studio.services.reviewing import write_pack

        session, evaluation = self._model.session, self._model.asked
        if session is None or evaluation is None or self.busy:
            return
        number = random.randrange(_SEEDS) if seed is None else seed
        self._run(
            N_("Writing a reviewer pack"),
            lambda: write_pack(session, evaluation, folder, number),
            lambda files: self.written.emit(*files),
        )

    def take(self, path: Path) -> None:
        """Read votes of a file that came back."""
        from studio.services.reviewing import read_votes

        session, evaluation = self._model.session, self._model.asked
        if session is None or evaluation is None or self.busy:
            return
        self._run(N_("Reading votes"), lambda: read_votes(session, evaluation, path), self.read.emit)

    def _run(self, title: str, work, on_done) -> None:
        job = self._jobs.begin(title)
        self._set_busy(True)

        def done(result: object) -> None:
            job.end()
            self._set_busy(False)
            on_done(result)

        def failed(failure: Failure) -> None:
            job.end()
            self._set_busy(False)
            self.failed.emit(failure)

        self._background.run(work, done, failed, owner=self)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self.busy_changed.emit()
