"""The past runs of a use case, for the list one chooses from."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.domain.project import RunSummary
from studio.gui.bridge import Background
from studio.gui.viewmodels.project import CurrentProject
from studio.gui.viewmodels.try_model import TryModel
from studio.services.projects import Change


class History(QObject):
    """Past runs, newest first; of a conversation the last turn stands for all of it.

    Signals:
        changed: The list was read.
    """

    changed = Signal()

    def __init__(
        self, model: TryModel, background: Background, project: CurrentProject, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._model, self._background = model, background
        self.runs: tuple[RunSummary, ...] = ()
        project.edited.connect(self._on_edit)

    def read(self) -> None:
        """Read the list again."""
        session, task = self._model.session, self._model.task
        if session is None or task is None:
            return

        def show(runs: tuple[RunSummary, ...]) -> None:
            followed = {run.follows for run in runs}
            self.runs = tuple(run for run in runs if run.id not in followed)
            self.changed.emit()

        self._background.run(lambda: session.history(task.id), show, owner=self)

    def open(self, run: int) -> None:
        """Look at a run."""
        self._model.open_run(run)

    def rename(self, run: int, title: str) -> None:
        """Name a run; empty means by how its input begins."""
        self._model.edit(lambda session: session.title_run(run, title))

    def remove(self, run: int) -> None:
        """Take a run out of the list; undo brings it back."""
        if self._model.shown_run == run:
            self._model.back_to_now()
        self._model.edit(lambda session: session.remove_run(run))

    def _on_edit(self, change: Change) -> None:
        if "history" in change.parts:
            self.read()
