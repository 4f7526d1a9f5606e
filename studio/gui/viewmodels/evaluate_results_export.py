"""Writing an evaluation to a file for others, off the window's thread, with progress and Stop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJobs

if TYPE_CHECKING:
    from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel


class ResultsExport(QObject):
    """Exports the evaluation on show.

    Signals:
        written: A file was written.
        failed: It was not, and why; not emitted when the user stopped it.
    """

    written = Signal(Path)
    failed = Signal(Failure)

    def __init__(self, model: EvaluateResultsModel, background: Background, jobs: RunningJobs) -> None:
        super().__init__(model)
        self._model, self._background, self._jobs = model, background, jobs

    @property
    def possible(self) -> bool:
        """Whether there is anything to write."""
        return self._model.evaluation is not None and self._model.session is not None

    @property
    def file_name(self) -> str:
        """What a file might be called, without its ending."""
        info = self._model.info
        return Path(info.title or info.dataset.name).stem if info else ""

    def write(self, kind: str, path: Path) -> None:
        """Write it to ``path`` in that format (`studio.services.evaluation_export.EXPORTS`)."""
        from studio.services.evaluation_export import export_evaluation

        session, evaluation = self._model.session, self._model.evaluation
        if session is None or evaluation is None:
            return
        stop = threading.Event()
        job = self._jobs.begin(N_("Exporting the evaluation"), stop.set)

        def progress(share: float) -> None:
            self._background.post(lambda: job.show_progress(share))

        def done(written: Path) -> None:
            job.end()
            self.written.emit(written)

        def failed(failure: Failure) -> None:
            job.end()
            if not stop.is_set():
                self.failed.emit(failure)

        self._background.run(
            lambda: export_evaluation(session, evaluation, kind, path, progress, stop.is_set),
            done,
            failed,
            owner=self,
        )
