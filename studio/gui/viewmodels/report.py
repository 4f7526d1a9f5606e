"""What the Report screen shows: which evaluation, what goes in, its pages, and files that are written."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.errors import Failure
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import N_
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJob, RunningJobs
from studio.gui.viewmodels.project import CurrentProject
from studio.gui.words import plain

if TYPE_CHECKING:
    from studio.domain.report import Report
    from studio.services.project_session import Change, ProjectSession
    from studio.services.reporting import ReportChoices

#: A pause after changes before the preview is made again.
_SETTLED_MS = 350
#: What in a project changes a report.
_PARTS = frozenset({"evaluation", "criteria", "brief", "choices", "data", "info", "kept"})


class ReportModel(QObject):
    """State of the Report screen.

    Signals:
        changed: Another evaluation, other choices, or whether something is being made.
        previewed: The pages are there, as PNG.
        written: Files were written.
        failed: Something went wrong.
    """

    changed = Signal()
    previewed = Signal()
    written = Signal(tuple)
    failed = Signal(Failure)

    def __init__(
        self, background: Background, project: CurrentProject, jobs: RunningJobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._project, self._jobs = background, project, jobs
        self._session: ProjectSession | None = None
        self._cancel = threading.Event()
        self._stop_export = threading.Event()
        self._job: RunningJob | None = None
        self.evaluations: tuple[EvaluationInfo, ...] = ()
        self.evaluation: EvaluationInfo | None = None
        self.choices: ReportChoices | None = None
        self.report: Report | None = None
        self.pages: list[bytes] = []
        self.making = False
        self.failure: Failure | None = None
        self._visible = False
        self._stale = True
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._read)
        project.opened.connect(self._on_opened)
        project.edited.connect(self._on_edited)
        self.destroyed.connect(self._cancel.set)

    # -- what is there -----------------------------------------------------------------------------------------------

    @property
    def exporting(self) -> bool:
        """Whether files are being written."""
        return self._job is not None

    def show_now(self, visible: bool) -> None:
        """The screen is on show: pages are made, of what changed meanwhile too. Hidden, nothing is made."""
        self._visible = visible
        if visible and self._stale:
            self._read()

    def choose(self, evaluation: int) -> None:
        """Report on another evaluation."""
        self.evaluation = next((each for each in self.evaluations if each.id == evaluation), self.evaluation)
        self._make()

    def set_choices(self, choices: ReportChoices) -> None:
        """What goes in; stored, and the pages follow."""
        session, info = self._session, self.evaluation
        if info is None or session is None or choices == self.choices:
            return
        self.choices = choices
        self.changed.emit()
        if session.read_only:
            self._make()
            return
        from studio.services.reporting import store_choices

        self._background.run(lambda: store_choices(session, info.task, choices), on_failed=self.failed.emit, owner=self)

    def _on_opened(self) -> None:
        self._cancel.set()
        self._session = self._project.session
        self.evaluations, self.evaluation, self.choices = (), None, None
        self.report, self.pages, self._stale = None, [], True
        self.changed.emit()
        if self._visible:
            self._read()

    def _on_edited(self, change: Change) -> None:
        if change.parts & _PARTS:
            self._stale = True
            if self._visible:
                self._settled.start()

    def _read(self) -> None:
        """Which evaluations there are now."""
        session = self._session = self._project.session
        self._stale = False
        if session is None:
            return

        def show(found: tuple[EvaluationInfo, ...]) -> None:
            if session is not self._session:
                return
            self.evaluations = tuple(each for each in found if any(c.done for c in each.candidates))
            known = self.evaluation.id if self.evaluation else None
            newest = self.evaluations[0] if self.evaluations else None
            self.evaluation = next((each for each in self.evaluations if each.id == known), newest)
            self._make()

        self._background.run(session.evaluations.all, show, self.failed.emit, owner=self)

    # -- the preview -------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        """Build the report and its pages, off the window's thread; what is newer replaces what is under way."""
        self._cancel.set()
        cancel = self._cancel = threading.Event()
        session, info = self._session, self.evaluation
        self.failure = None
        if session is None or info is None:
            self.making, self.report, self.pages = False, None, []
            self.changed.emit()
            return
        self.making = True
        self.changed.emit()

        def work() -> tuple[ReportChoices, Report, list[bytes]]:
            from studio.reports._typst import compiled
            from studio.services.reporting import build, stored_choices

            choices = (
                stored_choices(session, info.task) if not session.read_only or self.choices is None else self.choices
            )
            report = build(session, info.id, choices, cancelled=cancel.is_set)
            return choices, report, [] if cancel.is_set() else compiled(report, pages=True)

        def show(made: tuple[ReportChoices, Report, list[bytes]]) -> None:
            if cancel.is_set():
                return
            self.choices, self.report, self.pages = made
            self.making = False
            self.changed.emit()
            self.previewed.emit()

        def fail(failure: Failure) -> None:
            if not cancel.is_set():
                self.making, self.failure = False, failure
                self.changed.emit()

        self._background.run(work, show, fail, owner=self)

    # -- files -------------------------------------------------------------------------------------------------------

    def export(self, formats: tuple[str, ...], folder: Path, template: Path | None = None) -> None:
        """Write the report on show in these formats."""
        report = self.report
        if report is None or self.exporting or not formats:
            return
        stop = self._stop_export = threading.Event()
        job = self._job = self._jobs.begin(N_("Writing the report"), stop.set)
        self.changed.emit()

        def progress(share: float, name: str) -> None:
            self._background.post(lambda: job.show_progress(share, plain(name)) if self._job is job else None)

        def work() -> tuple[Path, ...]:
            from studio.services.reporting import export

            return export(report, formats, folder, progress, stop.is_set, template)

        def done(paths: tuple[Path, ...]) -> None:
            self._end_export()
            self.written.emit(paths)

        def fail(failure: Failure) -> None:
            self._end_export()
            if failure.kind != "StoppedError":
                self.failed.emit(failure)

        self._background.run(work, done, fail, owner=self)

    def earlier(self, formats: tuple[str, ...], folder: Path) -> tuple[Path, ...]:
        """Files in a folder that an export would replace."""
        if self.report is None:
            return ()
        from studio.services.reporting import targets

        return tuple(path for path in targets(self.report, formats, folder) if path.exists())

    def stop(self) -> None:
        """Stop writing; files that are whole stay."""
        self._stop_export.set()

    def _end_export(self) -> None:
        if self._job is not None:
            self._job.end()
            self._job = None
        self.changed.emit()

    def with_section(self, section: str, shown: bool) -> None:
        """Show a section, or leave it out."""
        if self.choices is None:
            return
        left = [each for each in self.choices.left_out if each != section]
        self.set_choices(replace(self.choices, left_out=tuple(left if shown else [*left, section])))
