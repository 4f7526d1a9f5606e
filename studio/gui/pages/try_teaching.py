"""Make your own, from Try: the dialogs of teaching and labelling, and what becomes of a taught model."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.errors import StudioError
from studio.domain.i18n import N_, _
from studio.gui.shell import Shell
from studio.services.candidate_offers import MOST
from studio.teaching.fine_tuning_plan import FINE_TUNABLE

if TYPE_CHECKING:
    from studio.domain.task import Task
    from studio.gui.viewmodels.teach import TeachModel
    from studio.gui.viewmodels.teach_labelling import LabellingModel
    from studio.gui.widgets.teach.dialog import TeachDialog
    from studio.gui.widgets.teach.label_dialog import LabelDialog
    from studio.services.project_session import ProjectSession
    from studio.services.teaching import Taught
    from studio.services.teaching_gain import Lesson

#: Use cases that a model can be taught for.
TEACHABLE = frozenset(FINE_TUNABLE)


@dataclass(frozen=True)
class _Labelled:
    """What was labelled since something was taught.

    Attributes:
        since: The sheet and the model that it came after.
        data: The copy with the labels.
        columns: Its texts and its answers.
        rows: How many rows were labelled.
        rows_from: See `LabellingModel.rows_from`.
    """

    since: tuple[str, Taught | None]
    data: str
    columns: tuple[str, str]
    rows: int
    rows_from: Path | None


class TryTeaching(QObject):
    """Part of the Try page."""

    def __init__(
        self,
        shell: Shell,
        page: QWidget,
        on_taught: Callable[[], object],
        on_try: Callable[[Candidate], object],
    ) -> None:
        """``on_taught``: a model is in the library now. ``on_try``: the user wants it among the candidates."""
        super().__init__(page)
        self._shell, self._page = shell, page
        self._on_taught, self._on_try = on_taught, on_try
        self.dialog: TeachDialog | None = None
        self.labelling: LabelDialog | None = None
        self._labelled: _Labelled | None = None

    def open(self, task: Task | None) -> TeachDialog | None:
        """Show the dialog for a use case; the one that is at work, where one is."""
        from studio.gui.viewmodels.teach import TeachModel
        from studio.gui.widgets.teach.dialog import TeachDialog

        shell = self._shell
        if self.dialog is not None and (task is self.dialog.model.task or self.dialog.model.running):
            self._show()
            return self.dialog
        if task is None or task.id not in TEACHABLE:
            return None
        if self.dialog is not None:
            self.dialog.close()
        model = TeachModel(task, shell.background, lambda: shell.library, lambda: shell.pool, shell.jobs)
        dialog = self.dialog = TeachDialog(model, self._page)
        model.finished.connect(lambda: self._finished(model))
        dialog.try_wanted.connect(lambda name, precision: self._on_try(Candidate(name, precision, "cpu")))
        dialog.compare_wanted.connect(lambda: self._compare(model))
        dialog.label_wanted.connect(lambda: self._label(model))
        dialog.finished.connect(lambda _result: self._forget(dialog))
        dialog.show()
        return dialog

    def close(self) -> None:
        """The studio closes: a thorough teaching keeps its checkpoint, and is offered to be continued the next time."""
        if self.dialog is not None:
            self.dialog.model.stop()

    def _show(self) -> None:
        assert self.dialog is not None
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _forget(self, dialog: TeachDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None
        dialog.deleteLater()

    def _finished(self, model: TeachModel) -> None:
        self._on_taught()
        if self.dialog is not None and not self.dialog.isVisible():
            name = model.name
            self._shell.toasts.show(lambda: _("{name} is ready.").format(name=name), "good", N_("Show"), self._show)

    # -- labelling more ----------------------------------------------------------------------------------------------

    def _label(self, model: TeachModel) -> None:
        from studio.gui.viewmodels.teach_labelling import LabellingModel
        from studio.gui.widgets.teach.label_dialog import LabelDialog

        taught, shell = model.taught, self._shell
        if self.dialog is None:
            return
        before = self._labelled if self._labelled and self._labelled.since == (model.data, taught) else None
        columns = before.columns if before else (model.input_column, model.label_column)
        # Before the first model, rows that stand for many are suggested.
        name = f"{taught.model.id}:{taught.precision}" if taught is not None else ""
        labelling = LabellingModel(
            model.task,
            before.data if before else model.data,
            columns,
            name,
            shell.background,
            lambda: shell.library,
            lambda: shell.pool,
            earlier=before.rows if before else 0,
        )
        dialog = self.labelling = LabelDialog(labelling, self.dialog)
        dialog.teach_wanted.connect(model.teach_again)
        since = (model.data, taught)
        # What was said last may still be on its way to the disk when the dialog closes.
        dialog.finished.connect(lambda _result: self._keep_labels(since, labelling))
        labelling.changed.connect(lambda: self._keep_labels(since, labelling))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        labelling.begin(before.rows_from if before else None)

    def _keep_labels(self, since: tuple[str, Taught | None], labelling: LabellingModel) -> None:
        """Remember what was labelled, so that the dialog begins there when it is opened again."""
        lesson = labelling.lesson
        if lesson is not None:
            data, texts, answers = lesson
            rows = labelling.earlier + len(labelling.said)
            self._labelled = _Labelled(since, data, (texts, answers), rows, labelling.rows_from)

    # -- evaluating it -----------------------------------------------------------------------------------------------

    def _compare(self, model: TeachModel) -> None:
        """Open Evaluate with the rows that it was not taught with, and its base beside it where that can answer."""
        lesson, task, base, shell = model.lesson, model.task, model.base, self._shell
        session = shell.project.session
        if lesson is None or session is None or session.read_only:
            return

        def work() -> tuple[Dataset, Candidate | None]:
            return _take_in(session, task, lesson), _base_candidate(shell, task, base)

        def show(found: tuple[Dataset, Candidate | None]) -> None:
            if shell.project.session is session:
                _set_up(session, task, found[0], lesson, found[1])
                shell.navigation.choose_task(task.id)
                shell.navigation.open_place("evaluate", "data")

        shell.background.run(work, show, shell.toasts.show_failure, self)


def _take_in(session: ProjectSession, task: Task, lesson: Lesson) -> Dataset:
    from studio.services.importing import import_file, imported_before, look
    from studio.services.teaching_gain import write_judged

    texts, answers = lesson.examples.columns
    mapping = ColumnMapping({task.inputs[0].name: texts}, answers)
    with tempfile.TemporaryDirectory() as folder:
        path = write_judged(lesson, Path(folder))
        form = look(path).format
        known = imported_before(session, task, path, form)
        return known or import_file(session, task, path, form, mapping, path.stem)


def _base_candidate(shell: Shell, task: Task, base: str) -> Candidate | None:
    """The base as a candidate; None where it can't answer."""
    from studio.services.candidates import resolve

    try:
        return resolve(task, base, shell.library)[0]
    except StudioError:
        return None


def _set_up(session: ProjectSession, task: Task, dataset: Dataset, lesson: Lesson, base: Candidate | None) -> None:
    """Let both take part, and keep the others out; without a base the others stay, to be compared with."""
    from studio.gui.viewmodels.evaluate_setup import EvaluateSetup

    taught = Candidate(lesson.taught.model.id, lesson.taught.precision, "cpu")
    wanted = [taught] if base is None else [taught, base]
    columns = session.columns(task.id)
    for candidate in wanted:
        if all(column.candidate.model != candidate.model for column in columns) and len(columns) < MOST:
            session.add_column(task.id, candidate)
            columns = session.columns(task.id)
    names = {candidate.model for candidate in wanted}
    off = [column.id for column in columns if base is not None and column.candidate.model not in names]
    view = {"dataset": dataset.id, "limit": 0, "repeats": 1, "batch_size": 0, "off": sorted(off)}
    session.remember(EvaluateSetup.view_key(task), view)
