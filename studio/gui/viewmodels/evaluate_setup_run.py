"""An evaluation that goes on: begun, watched, stopped and continued."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.errors import Failure, StudioError
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo, EvaluationSettings
from studio.domain.i18n import N_
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJob, RunningJobs
from studio.gui.viewmodels.evaluate_setup_where import Joining
from studio.gui.viewmodels.preferences import Preferences

if TYPE_CHECKING:
    from studio.domain.comparison import Candidate
    from studio.domain.running import LoadSpec
    from studio.gui.viewmodels.evaluate_setup import EvaluateSetup
    from studio.library.store import Library
    from studio.services.clusters import JoinedCluster
    from studio.services.pool import CandidatePool
    from studio.services.project_session import ProjectSession

#: How often progress is read from the project: counting many answers takes a moment, so then more seldom.
_WATCH_MS, _WATCH_MANY_MS, _MANY = 250, 1_000, 20_000
#: Rows before the time left is told: the first ones hold the loading.
_SETTLED = 5


class _Hears:
    """What the service tells while it runs, on its own thread: which stage which candidate is in.

    How far each is is read from the project, so that only what is stored is shown.
    """

    def __init__(self) -> None:
        self.now: tuple[str, str] = ("", "")
        self.notices: tuple[str, ...] = ()

    def began(self, info: EvaluationInfo) -> None: ...
    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None: ...
    def finished(self, candidate: EvaluatedCandidate) -> None: ...

    def stage(self, candidate: EvaluatedCandidate, stage: str) -> None:
        self.now = (candidate.title, stage)


class EvaluateRun(QObject):
    """Part of `EvaluateSetup`. What is shown is what the project holds, so nothing is promised that isn't stored.

    Signals:
        changed: It began, ended, or is further.
        ended: It ended: finished, stopped or failed; with the evaluation's id.
        refused: It can't begin, and why.
    """

    changed = Signal()
    ended = Signal(int)
    refused = Signal(Failure)

    def __init__(
        self,
        setup: EvaluateSetup,
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        preferences: Preferences,
        jobs: RunningJobs,
    ) -> None:
        super().__init__(setup)
        self._setup, self._background, self._preferences, self._jobs = setup, background, preferences, jobs
        self._library, self._pool = library, pool
        self.running = False
        self.stopping = False
        #: Use case of what runs, or ran last; the window may show another one meanwhile.
        self.task_id = ""
        self.info: EvaluationInfo | None = None
        self._session: ProjectSession | None = None
        self._stop = threading.Event()
        self._job: RunningJob | None = None
        self._before = 0
        self._began_s = 0.0
        self._done_at_start = 0
        self._reading = False
        self._hears = _Hears()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._watch)

    @property
    def stage(self) -> tuple[str, str]:
        """Title of the candidate that is at work, and what it does: see `_STAGES` of the view."""
        return self._hears.now

    @property
    def notices(self) -> tuple[str, ...]:
        """What must be known of the cluster that it runs on."""
        return self._hears.notices

    # -- how far -------------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """Answers there will be of one candidate."""
        return self.info.rows * self.info.settings.repeats if self.info else 0

    def done(self, candidate: EvaluatedCandidate | None = None) -> int:
        """Answers there are, of one candidate or of all."""
        if candidate is not None:
            return candidate.done
        return sum(each.done for each in self.info.candidates) if self.info else 0

    @property
    def fraction(self) -> float | None:
        """The share that is done; None before it is known."""
        whole = self.total * len(self.info.candidates) if self.info else 0
        return self.done() / whole if whole else None

    @property
    def left_s(self) -> float | None:
        """Seconds left at the speed so far; None where it is too early to tell."""
        done = self.done() - self._done_at_start
        elapsed = time.monotonic() - self._began_s
        fraction = self.fraction
        if done < _SETTLED or fraction is None or elapsed < 1:
            return None
        whole = self.total * len(self.info.candidates) if self.info else 0
        return (whole - self.done()) * elapsed / done

    # -- beginning and ending --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Run the data in hand through those who take part."""
        setup = self._setup
        session, task, dataset = setup.session, setup.task, setup.dataset
        if not setup.can_run or session is None or task is None or dataset is None:
            return
        models = [each.column for each in setup.candidates.taking_part if each.column is not None]
        names = {each.title for each in setup.candidates.taking_part if each.column is None}
        mapping = dataset.mapping
        from studio.services import evaluating, importing
        from studio.services.column_runs import spec_of

        try:
            importing.check_mapping(task, dataset.columns, mapping)
            options = task.resolve_options(session.composer(task.id).options)
        except StudioError as error:
            self.refused.emit(Failure.of(error))
            return
        settings = EvaluationSettings(
            mapping=replace(
                mapping, recorded={name: column for name, column in mapping.recorded.items() if name in names}
            ),
            label_map=dataset.label_map,
            positions=tuple(range(setup.rows_taking_part)) if setup.limit else None,
            repeats=setup.repeats,
            options=options,
            batch_size=setup.batch_size,
            threads=int(self._preferences.value("threads")),
        )

        joining = setup.where.joining()

        def work(stop: threading.Event) -> object:
            library = self._library()
            specs: list[tuple[Candidate, LoadSpec]] = [spec_of(task, column.candidate, library) for column in models]
            own = [column.options for column in models]
            with self._joined(joining, stop) as cluster:
                return evaluating.begin(
                    session, task, dataset, specs, settings, self._pool(), self._hears, stop, library, own, cluster
                )

        self._begin(session, task.id, work)

    def go_on(self, evaluation: EvaluationInfo) -> None:
        """Run the remaining rows of an evaluation that was stopped or cut off."""
        session, task = self._setup.session, self._setup.task
        if self.running or session is None or task is None or not self._setup.writable:
            return
        from studio.services import evaluating

        joining = self._setup.where.joining()

        def work(stop: threading.Event) -> object:
            with self._joined(joining, stop) as cluster:
                return evaluating.resume(
                    session, evaluation.id, self._library(), self._pool(), self._hears, stop, cluster
                )

        self._begin(session, task.id, work, evaluation)

    @contextmanager
    def _joined(self, joining: Joining, stop: threading.Event) -> Iterator[JoinedCluster | None]:
        hears = self._hears
        hears.now = ("", "joining")
        with joining(stop) as cluster:
            hears.now = ("", "")
            hears.notices = cluster.notices if cluster else ()
            yield cluster

    def stop(self) -> None:
        """Stop; what was answered is kept."""
        if self.running:
            self.stopping = True
            self._stop.set()
            self.changed.emit()

    def _begin(
        self,
        session: ProjectSession,
        task_id: str,
        work: Callable[[threading.Event], object],
        known: EvaluationInfo | None = None,
    ) -> None:
        self._setup.look_away()
        stop = self._stop = threading.Event()
        self.running, self.stopping, self.info, self.task_id = True, False, known, task_id
        self._session = session
        self._before = max((each.id for each in self._setup.evaluations), default=0)
        self._hears = _Hears()
        self._began_s, self._done_at_start = time.monotonic(), self.done()
        self._job = self._jobs.begin(N_("Evaluating"), self.stop, self._setup.where.host)
        many = self._setup.rows_taking_part > _MANY
        self._timer.start(_WATCH_MANY_MS if many else _WATCH_MS)
        self.changed.emit()
        self._background.run(
            lambda: work(stop),
            lambda _result: self._finish(session, None),
            lambda failure: self._finish(session, failure),
            owner=self,
        )

    def _finish(self, session: ProjectSession, failure: Failure | None) -> None:
        self._timer.stop()
        self.running = self.stopping = False
        if self._job is not None:
            self._job.end()
            self._job = None
        ended = self._read(session)
        self.info = ended or self.info
        self.changed.emit()
        if session is not self._setup.session:
            # The project was closed meanwhile; what was answered lies in it.
            return
        self._setup.read_evaluations()
        self._setup.look_again()
        if failure is not None and failure.kind != "StoppedError":
            self.refused.emit(failure)
        if self.info is not None:
            self.ended.emit(self.info.id)

    # -- watching --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        session = self._session
        if session is None or self._reading or not self.running:
            return
        self._reading = True

        def show(found: EvaluationInfo | None) -> None:
            self._reading = False
            if not self.running:
                return
            if found is not None:
                self.info = found
                if self._job is not None:
                    self._job.show_progress(self.fraction, left_s=self.left_s)
            # Also before it is in the project: what it waits for is told.
            self.changed.emit()

        def fail(_failure: Failure) -> None:
            self._reading = False

        self._background.run(lambda: self._read(session), show, fail, owner=self)

    def _read(self, session: ProjectSession) -> EvaluationInfo | None:
        """The evaluation that runs, as the project has it; None before it is there."""
        try:
            if self.info is not None:
                return session.evaluations.get(self.info.id)
            newer = [each for each in session.evaluations.all(self.task_id) if each.id > self._before]
        except StudioError:
            return None
        return newer[0] if newer else None
