"""Taking a file in: looking at it, changing how it is read and what its columns mean, and the import itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.domain.task import Task
from studio.evaluation.importing.preview import Preview
from studio.gui.bridge import Background, Stream
from studio.gui.jobs import RunningJob, RunningJobs

if TYPE_CHECKING:
    from studio.gui.viewmodels.evaluate_setup import EvaluateSetup


class EvaluateImport(QObject):
    """Part of `EvaluateSetup`.

    Signals:
        changed: Another file is looked at, or none any more, or it is read differently.
        progress: How far the import is: a share (None where unknown) and rows so far.
        imported: A data set (its id) is in the project.
        refused: The file can't be used, and why.
    """

    changed = Signal()
    progress = Signal(object, int)
    imported = Signal(int)
    refused = Signal(Failure)

    def __init__(self, setup: EvaluateSetup, background: Background, jobs: RunningJobs) -> None:
        super().__init__(setup)
        self._setup, self._background, self._jobs = setup, background, jobs
        self.preview: Preview | None = None
        self.mapping = ColumnMapping()
        self.looking = False
        self.running = False
        self._asked = 0
        self._stop = threading.Event()
        self._job: RunningJob | None = None
        self._stream: Stream[tuple[float | None, int]] = Stream(background, self._on_progress, self)

    @property
    def task(self) -> Task | None:
        """What the rows are for."""
        return self._setup.task

    def look(
        self,
        path: Path,
        sheet: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
    ) -> None:
        """Show how a file would be read; None finds it out."""
        task = self._setup.task
        if task is None or self.running or not self._setup.writable:
            return
        self._asked += 1
        asked = self._asked
        self.looking = True
        self.changed.emit()

        def work() -> Preview:
            from studio.services import importing

            return importing.look(path, sheet, task, encoding=encoding, delimiter=delimiter, header=header)

        def show(found: Preview) -> None:
            if asked == self._asked:
                self.looking, self.preview, self.mapping = False, found, found.mapping
                self.changed.emit()

        def fail(failure: Failure) -> None:
            if asked == self._asked:
                self.looking = False
                self.changed.emit()
                self.refused.emit(failure)

        self._background.run(work, show, fail, owner=self)

    def look_again(
        self,
        sheet: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
    ) -> None:
        """Read the file on show differently; None leaves as it is."""
        if self.preview is None:
            return
        form = self.preview.format
        self.look(
            self.preview.path,
            (form.sheet or None) if sheet is None else sheet,
            (form.encoding or None) if encoding is None else encoding,
            form.delimiter if delimiter is None else delimiter,
            # On another sheet or in another encoding there may be a header where there was none.
            header if header is not None else form.header if sheet is None and encoding is None else None,
        )

    def drop(self) -> None:
        """Do not import it."""
        self._asked += 1
        self._stop.set()
        if self.preview is not None or self.looking:
            self.preview, self.looking = None, False
            self.changed.emit()

    def set_mapping(self, mapping: ColumnMapping) -> None:
        """What the columns of the file on show mean."""
        self.mapping = mapping

    def start(self) -> None:
        """Take every row of the file into the project."""
        session, task, preview = self._setup.session, self._setup.task, self.preview
        if session is None or task is None or preview is None or self.running:
            return
        mapping = self.mapping

        def work(stop: threading.Event) -> Dataset:
            from studio.services import importing

            importing.check_mapping(task, preview.columns, mapping)
            return importing.import_file(
                session,
                task,
                preview.path,
                preview.format,
                mapping,
                preview.path.stem,
                lambda fraction, rows: self._stream.push((fraction, rows)),
                stop.is_set,
            )

        self._begin(work)

    def use_sample(self, sample_id: str) -> None:
        """Take sample data into the project, with the models that fit it."""
        session, task = self._setup.session, self._setup.task
        if session is None or task is None or self.running or not self._setup.writable:
            return
        from studio.services.samples import find_sample

        fitting = find_sample(sample_id).models

        def work(_stop: threading.Event) -> Dataset:
            from studio.services import importing

            return importing.import_sample(session, task, sample_id)

        self._begin(work, fitting)

    def stop(self) -> None:
        """Stop the import; nothing of it is kept."""
        self._stop.set()

    def _begin(self, work: object, models: tuple[str, ...] = ()) -> None:
        stop = self._stop = threading.Event()
        self.running = True
        self._job = self._jobs.begin(N_("Importing data"), self.stop)
        self.changed.emit()

        def done(dataset: Dataset) -> None:
            self._end()
            self.preview = None
            self.changed.emit()
            # A project that was closed meanwhile has it all the same.
            if self._setup.task is not None and dataset.task == self._setup.task.id:
                self.imported.emit(dataset.id)
                self._setup.candidates.use_only(models)

        def failed(failure: Failure) -> None:
            self._end()
            self.changed.emit()
            if failure.kind != "StoppedError":
                self.refused.emit(failure)

        self._background.run(lambda: work(stop), done, failed, owner=self)  # type: ignore[operator]

    def _end(self) -> None:
        self.running = False
        if self._job is not None:
            self._job.end()
            self._job = None

    def _on_progress(self, batch: list[tuple[float | None, int]]) -> None:
        fraction, rows = batch[-1]
        if self._job is not None:
            self._job.show_progress(fraction)
        self.progress.emit(fraction, rows)


def with_role(mapping: ColumnMapping, column: str, role: str) -> ColumnMapping:
    """The mapping with another meaning for one column.

    Args:
        mapping: What the columns meant.
        column: Which one.
        role: ``"input NAME"``, ``"reference"``, ``"group"``, ``"id"``, ``"recorded"``, ``"latency NAME"`` (of that
            recorded candidate), ``"variable"``, or empty for nothing. What only one column can be is taken from the
            one that was it.
    """
    mapping = _without(mapping, column)
    kind, _space, name = role.partition(" ")
    if kind == "input":
        return replace(mapping, inputs={**mapping.inputs, name: column})
    if kind == "reference":
        return replace(mapping, reference=column)
    if kind == "id":
        return replace(mapping, id=column)
    if kind == "group":
        return replace(mapping, groups=(*mapping.groups, column))
    if kind == "variable":
        return replace(mapping, variables=(*mapping.variables, column))
    if kind == "recorded":
        return replace(mapping, recorded={**mapping.recorded, column: column})
    if kind == "latency":
        return replace(mapping, recorded_latency={**mapping.recorded_latency, name: column})
    return mapping


def role_of(mapping: ColumnMapping, column: str) -> str:
    """What a column means; see `with_role`."""
    for field, named in mapping.inputs.items():
        if named == column:
            return f"input {field}"
    for name, named in mapping.recorded_latency.items():
        if named == column:
            return f"latency {name}"
    if column in mapping.recorded.values():
        return "recorded"
    if column == mapping.reference:
        return "reference"
    if column == mapping.id:
        return "id"
    if column in mapping.groups:
        return "group"
    return "variable" if column in mapping.variables else ""


def _without(mapping: ColumnMapping, column: str) -> ColumnMapping:
    recorded = {name: named for name, named in mapping.recorded.items() if named != column}
    return ColumnMapping(
        {field: named for field, named in mapping.inputs.items() if named != column},
        "" if mapping.reference == column else mapping.reference,
        tuple(name for name in mapping.groups if name != column),
        "" if mapping.id == column else mapping.id,
        tuple(name for name in mapping.variables if name != column),
        recorded,
        {name: named for name, named in mapping.recorded_latency.items() if named != column and name in recorded},
    )
