"""What the Evaluate screen sets up: the data, what its columns mean, who answers, and how."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.errors import Failure, StudioError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.project import Column
from studio.domain.task import Task
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJobs
from studio.gui.viewmodels.evaluate_setup_candidates import EvaluateCandidates
from studio.gui.viewmodels.evaluate_setup_import import EvaluateImport
from studio.gui.viewmodels.evaluate_setup_run import EvaluateRun
from studio.gui.viewmodels.evaluate_setup_where import EvaluateWhere
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.viewmodels.project import CurrentProject
from studio.gui.viewmodels.try_loading import load
from studio.services.candidate_offers import Offer

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.project_session import Change, ProjectSession
    from studio.services.readiness import Readiness

#: Edits that come close together are examined once.
_EXAMINE_MS = 150


@dataclass(frozen=True)
class _Read:
    datasets: tuple[Dataset, ...]
    evaluations: tuple[EvaluationInfo, ...]
    columns: tuple[Column, ...]
    offers: tuple[Offer, ...]
    view: dict[str, Any] = field(default_factory=dict)


class EvaluateSetup(QObject):
    """State of the Evaluate screen, apart from results.

    Signals:
        task_changed: Another use case or project is shown: read everything again.
        data_changed: Another data set is in hand, or what is said about it changed.
        readiness_changed: The data was examined, or is being.
        evaluations_changed: There are other evaluations, or one is further.
        failed: Something could not be stored or read.
    """

    task_changed = Signal()
    data_changed = Signal()
    readiness_changed = Signal()
    evaluations_changed = Signal()
    failed = Signal(Failure)

    def __init__(
        self,
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        project: CurrentProject,
        preferences: Preferences,
        jobs: RunningJobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._project, self._preferences = background, project, preferences
        self._library = library
        self.task: Task | None = None
        self.loading = False
        self.datasets: tuple[Dataset, ...] = ()
        self.dataset: Dataset | None = None
        self.evaluations: tuple[EvaluationInfo, ...] = ()
        self.readiness: Readiness | None = None
        self.examining = False
        #: How many rows take part at most, and how often each is asked; 0 rows means all.
        self.limit, self.repeats, self.batch_size = 0, 1, 0
        self.candidates = EvaluateCandidates(self, background, library, preferences)
        self.importing = EvaluateImport(self, background, jobs)
        self.where = EvaluateWhere(background, preferences, self)
        self.run = EvaluateRun(self, background, library, pool, preferences, jobs)
        self._look_away = threading.Event()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_EXAMINE_MS)
        self._soon.timeout.connect(self._examine)
        self.candidates.changed.connect(self.examine_soon)
        self.importing.imported.connect(self.take_dataset)
        project.opened.connect(self._on_project)
        project.edited.connect(self._on_edit)

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def session(self) -> ProjectSession | None:
        """The open project."""
        return self._project.session

    @property
    def writable(self) -> bool:
        """Whether anything can be changed or run."""
        return self.session is not None and not self.session.read_only

    @property
    def can_run(self) -> bool:
        """Whether Run does something."""
        return (
            self.writable
            and not self.loading
            and not self.run.running
            and self.importing.preview is None
            and self.dataset is not None
            and bool(self.candidates.taking_part)
            and self.where.ready
        )

    @property
    def unfinished(self) -> EvaluationInfo | None:
        """The newest evaluation of the data in hand where it ended before its end, and can go on."""
        newest = next((e for e in self.evaluations if self.dataset and e.dataset.id == self.dataset.id), None)
        return newest if newest is not None and newest.can_go_on else None

    @property
    def rows_taking_part(self) -> int:
        """How many rows would be run."""
        rows = self.dataset.rows if self.dataset else 0
        return min(rows, self.limit) if self.limit else rows

    # -- opening -------------------------------------------------------------------------------------------------

    def open(self, task: Task) -> None:
        """Show this use case."""
        if self.task is None or task.id != self.task.id:
            self.task = task
            self.importing.drop()
            self._read_all()

    def read_again(self) -> None:
        """Show what the project remembers now: somebody else set it up."""
        if self.task is not None and not self.run.running:
            self.importing.drop()
            self._read_all()

    def _on_project(self) -> None:
        self.importing.drop()
        self.run.stop()
        if self.task is not None:
            self._read_all()

    def _read_all(self) -> None:
        session, task, device = self.session, self.task, self._preferences.value("device")
        self.loading = True
        self._look_away.set()
        self.datasets, self.dataset, self.evaluations, self.readiness = (), None, (), None
        self.task_changed.emit()
        if session is None or task is None:
            return

        def work() -> _Read:
            loaded = load(session, self._library(), task, device, told=True)
            view = session.recall(self.view_key(task), {})
            return _Read(
                session.datasets.all(task.id),
                session.evaluations.all(task.id),
                loaded.columns,
                loaded.offers,
                view if isinstance(view, dict) else {},
            )

        self._background.run(work, lambda read: self._show_all(session, task, read), self._on_unread, owner=self)

    def _on_unread(self, failure: Failure) -> None:
        self.loading = False
        self.task_changed.emit()
        self.failed.emit(failure)

    def _show_all(self, session: ProjectSession, task: Task, read: _Read) -> None:
        if session is not self.session or task is not self.task:
            return
        self.loading = False
        self.datasets, self.evaluations = read.datasets, read.evaluations
        chosen = read.view.get("dataset")
        self.dataset = next((d for d in self.datasets if d.id == chosen), next(iter(self.datasets), None))
        self.limit, self.repeats, self.batch_size = (
            _whole(read.view.get("limit"), 0),
            _whole(read.view.get("repeats"), 1),
            _whole(read.view.get("batch_size"), 0),
        )
        off = read.view.get("off", [])
        self.candidates.show(read.columns, read.offers, {str(key) for key in off} if isinstance(off, list) else set())
        self.task_changed.emit()
        self.examine_soon()

    @staticmethod
    def view_key(task: Task) -> str:
        """Where a project remembers how the evaluation of a use case is set up, see `remember`."""
        return f"evaluate {task.id}"

    def remember(self) -> None:
        """Store how this use case is set up; no edit, so nothing to undo."""
        if self.task is not None:
            view = {
                "dataset": self.dataset.id if self.dataset else None,
                "limit": self.limit,
                "repeats": self.repeats,
                "batch_size": self.batch_size,
                "off": sorted(self.candidates.off),
            }
            key = self.view_key(self.task)
            self.edit(lambda session: session.remember(key, view))

    def edit(self, change: Callable[[ProjectSession], object]) -> bool:
        """Change the project; False where that failed (`failed` says why)."""
        if self.session is None:
            return False
        try:
            change(self.session)
        except StudioError as error:
            self.failed.emit(Failure.of(error))
            return False
        return True

    # -- the data ------------------------------------------------------------------------------------------------

    def take_dataset(self, dataset: int) -> None:
        """Work on this data set from now on."""
        session = self.session
        if session is None or self.task is None:
            return
        try:
            self.datasets = session.datasets.all(self.task.id)
        except StudioError as error:
            self.failed.emit(Failure.of(error))
            return
        self.dataset = next((d for d in self.datasets if d.id == dataset), next(iter(self.datasets), None))
        self.readiness = None
        self.remember()
        self.data_changed.emit()
        self.evaluations_changed.emit()
        self.examine_soon()

    def set_mapping(self, mapping: ColumnMapping) -> None:
        """Say what the columns of the data in hand mean."""
        if self.dataset is not None:
            dataset = self.dataset.id
            self.edit(lambda session: session.datasets.set_mapping(dataset, mapping))

    def map_label(self, label: str, meant: str) -> None:
        """Say which label of a model a label of the data means; empty takes that back."""
        if self.dataset is not None:
            self.map_labels({label: meant})

    def map_labels(self, meanings: dict[str, str]) -> None:
        """Say it of several labels in one edit."""
        if self.dataset is None:
            return
        dataset = self.dataset.id
        labels = {**self.dataset.label_map, **meanings}
        wanted = {label: meant for label, meant in labels.items() if meant}
        self.edit(lambda session: session.datasets.set_label_map(dataset, wanted))

    def remove_dataset(self) -> bool:
        """Take the data in hand away, with its evaluations."""
        if self.dataset is None:
            return False
        dataset = self.dataset.id
        return self.edit(lambda session: session.datasets.remove(dataset))

    def set_scope(self, limit: int, repeats: int, batch_size: int) -> None:
        """How many rows take part (0 for all), how often each is asked, and how many run together (0: automatic)."""
        self.limit, self.repeats, self.batch_size = limit, repeats, batch_size
        self.remember()
        self.data_changed.emit()

    # -- hearing of changes --------------------------------------------------------------------------------------

    def _on_edit(self, change: Change) -> None:
        session, task = self.session, self.task
        if session is None or task is None or self.loading:
            return
        if "columns" in change.parts:
            self.candidates.show(session.columns(task.id), None, self.candidates.off)
        if "data" in change.parts:
            before = self.dataset
            self.datasets = session.datasets.all(task.id)
            self.dataset = next(
                (d for d in self.datasets if before is not None and d.id == before.id), next(iter(self.datasets), None)
            )
            if self.dataset != before:
                self.candidates.changed.emit()
                self.data_changed.emit()
        if change.parts & {"evaluation", "data"}:
            self.read_evaluations()

    def read_evaluations(self) -> None:
        """Read again which evaluations there are, and how far."""
        session, task = self.session, self.task
        if session is None or task is None:
            return

        def show(found: tuple[EvaluationInfo, ...]) -> None:
            if session is self.session and task is self.task and found != self.evaluations:
                self.evaluations = found
                self.evaluations_changed.emit()

        self._background.run(lambda: session.evaluations.all(task.id), show, lambda _failure: None, owner=self)

    # -- examining -----------------------------------------------------------------------------------------------

    def examine_soon(self) -> None:
        """Look at the data again, once the edits are over."""
        self._look_away.set()
        self._soon.start()

    def look_away(self) -> None:
        """A run begins: counting tokens would take the processor from what is being timed."""
        self._soon.stop()
        self._look_away.set()
        self.examining = False

    def look_again(self) -> None:
        """The run ended: look at the data if that was cut short."""
        if self.readiness is None:
            self.examine_soon()

    def _examine(self) -> None:
        if self.run.running:
            return
        session, task, dataset = self.session, self.task, self.dataset
        if session is None or task is None or dataset is None or self.loading:
            self.readiness, self.examining = None, False
            self.readiness_changed.emit()
            return
        away = self._look_away = threading.Event()
        chosen = [each.candidate for each in self.candidates.taking_part if each.candidate is not None]
        self.examining = True
        self.readiness_changed.emit()

        def work() -> Readiness:
            from studio.services.readiness import check

            return check(session, dataset, task, chosen, self._library(), away.is_set)

        def show(found: Readiness | None) -> None:
            if away is self._look_away and not away.is_set():
                self.readiness, self.examining = found, False
                self.readiness_changed.emit()

        def fail(failure: Failure) -> None:
            if failure.kind != "StoppedError":
                show(None)
                self.failed.emit(failure)

        self._background.run(work, show, fail, owner=self)


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise
