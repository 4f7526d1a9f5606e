"""What Try shows: one use case of the open project, its composer, its columns and what they answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.errors import Failure, StudioError
from studio.domain.project import Column, Rating, Run, Thumb
from studio.domain.task import Sample, Task
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJobs
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.viewmodels.project import CurrentProject
from studio.gui.viewmodels.try_blind import Blind
from studio.gui.viewmodels.try_candidates import Candidates
from studio.gui.viewmodels.try_column import ColumnState, Turn, turn_of
from studio.gui.viewmodels.try_driving import Driving
from studio.gui.viewmodels.try_loading import (
    Loaded,
    draft_of,
    fitting_samples,
    inputs_of,
    load,
    read_runs,
    talks,
    typed_in,
    view_key,
)
from studio.services import column_runs
from studio.services.figures import leads

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.projects import Change, ProjectSession

#: A pause in typing, after which the draft is stored.
_TYPED_MS = 400


class TryModel(QObject):
    """State of Try.

    Signals:
        task_changed: Another use case, or another project, is shown: read everything again.
        columns_changed: There are other columns, or in another order.
        composer_changed: The draft or the settings are others than what was typed here.
        running_changed: A run began or ended.
        place_changed: A past run is looked at now, or no longer.
        answered: A column answered, or another answer is compared with.
        refused: What was typed can't be asked, and why.
        failed: Something could not be stored.
    """

    task_changed = Signal()
    columns_changed = Signal()
    composer_changed = Signal()
    running_changed = Signal()
    place_changed = Signal()
    answered = Signal()
    refused = Signal(Failure)
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
        self._library, self._pool = library, pool
        self.task: Task | None = None
        self.loading = False
        self.draft: dict[str, str] = {}
        self.options: dict[str, Any] = {}
        self.at_once = False
        self.past: tuple[Run, ...] = ()
        self._shown: int | None = None
        self._ran_at_once = False
        self._dropped = False
        self._live: list[ColumnState] = []
        self._old: list[ColumnState] = []
        self._driving = Driving(background, jobs, self)
        self._driving.column_ended.connect(lambda _column: self._compare())
        self._driving.ended.connect(self._on_ended)
        self._running = False
        self.blind = Blind(self, background)
        # A hidden column isn't compared with the baseline; a revealed one is.
        self.blind.changed.connect(self._compare)
        self.candidates = Candidates(self, background, library, pool, preferences)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPED_MS)
        self._typing.timeout.connect(self.store_draft)
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
    def talks(self) -> bool:
        """Whether this use case is a conversation."""
        return self.task is not None and talks(self.task)

    @property
    def live_columns(self) -> list[ColumnState]:
        """The columns of the project, in their order."""
        return self._live

    @property
    def columns(self) -> list[ColumnState]:
        """The columns on show: the project's, two of them while names are hidden, or those of a past run."""
        if self.past:
            return self._old
        return self.blind.chosen(self._live)

    @property
    def running(self) -> bool:
        """Whether columns answer right now."""
        return self._running

    @property
    def can_run(self) -> bool:
        """Whether Run does something."""
        return self.writable and not self._running and not self.loading and bool(self._live)

    @property
    def shown_run(self) -> int | None:
        """The run whose answers the columns show."""
        return self.past[-1].id if self.past else self._shown

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Examples that suit the models in the columns."""
        if self.task is None:
            return ()
        return fitting_samples(self.task, [state.column.candidate.model for state in self._live])

    # -- opening -------------------------------------------------------------------------------------------------

    def open(self, task: Task) -> None:
        """Show this use case."""
        if self.task is None or task.id != self.task.id:
            self.store_draft()
            self._driving.stop()
            self.task = task
            self._read_all()

    def _on_project(self) -> None:
        self._typing.stop()
        self._driving.stop()
        self.candidates.close_unused()
        if self.task is not None:
            self._read_all()

    def _read_all(self) -> None:
        session, task, device = self.session, self.task, self._preferences.value("device")
        self.loading = True
        self._show_columns([])
        self.past, self._old, self._shown = (), [], None
        self.task_changed.emit()
        if session is None or task is None:
            return

        def work() -> Loaded:
            self._pool()
            return load(session, self._library(), task, device)

        self._background.run(work, lambda loaded: self._show_all(session, task, loaded), self._on_unread, owner=self)

    def _on_unread(self, failure: Failure) -> None:
        self.loading = False
        self.task_changed.emit()
        self.failed.emit(failure)

    def _show_all(self, session: ProjectSession, task: Task, loaded: Loaded) -> None:
        if session is not self.session or task is not self.task:
            return
        self.loading = False
        self.candidates.show_offers(loaded.offers)
        self.draft, self.options = dict(loaded.composer.draft), dict(loaded.composer.options)
        self.at_once = bool(loaded.view.get("at_once"))
        self._shown = loaded.runs[-1].id if loaded.runs else None
        self._ran_at_once = bool(loaded.runs) and loaded.runs[-1].at_once
        self._live = [self._state(column) for column in loaded.columns]
        self.blind.restore(loaded.view, loaded.runs[-1] if loaded.runs else None)
        self._show_runs(loaded.runs)
        self.task_changed.emit()

    def _state(self, column: Column) -> ColumnState:
        return ColumnState(column, self.candidates.offer_of(column.candidate), self)

    def remember(self) -> None:
        """Store how this use case is looked at."""
        if self.session is not None and self.task is not None:
            view = {"run": self._shown, "at_once": self.at_once, **self.blind.view()}
            self.edit(lambda session: session.remember(view_key(self._task), view))

    @property
    def _task(self) -> Task:
        if self.task is None:
            raise RuntimeError("no use case is shown")
        return self.task

    # -- composing -----------------------------------------------------------------------------------------------

    def type(self, field: str, text: str) -> None:
        """What stands in a field of the composer now; stored when typing pauses."""
        if self.draft.get(field, "") != text:
            self.draft[field] = text
            self._typing.start()

    def store_draft(self) -> None:
        """Store what was typed, without waiting for a pause."""
        if self._typing.isActive():
            self._typing.stop()
            draft = dict(self.draft)
            self.edit(lambda session: session.set_draft(self._task.id, draft))

    def take_sample(self, sample: Sample) -> None:
        """Put an example into the composer."""
        self._put(draft_of(self._task, sample), {**self.options, **sample.options})

    def _put(self, draft: dict[str, str], options: Mapping[str, Any]) -> None:
        self._typing.stop()
        self.draft = draft
        self.edit(lambda session: session.set_draft(self._task.id, draft))
        if dict(options) != self.options:
            self.set_options(options)
        self.composer_changed.emit()

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Shared settings that differ from the task's defaults."""
        self.options = dict(options)
        self.edit(lambda session: session.set_options(self._task.id, self.options))

    def set_at_once(self, at_once: bool) -> None:
        """Whether the columns run at the same time."""
        self.at_once = at_once
        self.remember()

    # -- running -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Ask every column on show what stands in the composer."""
        session = self.session
        if not self.can_run or session is None:
            return
        self.store_draft()
        self.back_to_now()
        if self.blind.before_run():
            self.begin_anew()
        states = self.blind.chosen(self._live)
        inputs = inputs_of(self._task, self.draft)
        try:
            run = column_runs.begin(
                session,
                self._task,
                [state.column for state in states],
                inputs,
                self.options,
                self._runners(),
                self._driving,
                at_once=self.at_once,
                blind=self.blind.on,
                follows=self._shown if self.talks else None,
            )
        except StudioError as error:
            self.refused.emit(Failure.of(error))
            return
        if self.talks:
            # As in every chat: what was sent stands in the conversation now.
            self._put({}, self.options)
        self._shown, self._ran_at_once = run.run, self.at_once
        for state in self._live:
            earlier = state.turns if self.talks else []
            asked = [Turn(run.run, inputs, run.result_id(state.id))] if state in states else []
            state.show_turns([*earlier, *asked])
        self.remember()
        self._drive(run, states)

    def ask_again(self, state: ColumnState) -> None:
        """Ask one column the question on show again, or for the first time."""
        session = self.session
        if not self.can_run or session is None or self._shown is None or self.past:
            return
        try:
            shown = session.run(self._shown)
            run = column_runs.begin_again(session, self._task, shown, state.column, self._runners(), self._driving)
        except StudioError as error:
            self.failed.emit(Failure.of(error))
            return
        kept = [turn for turn in state.turns if turn.run != shown.id] if self.talks else []
        state.show_turns([*kept, Turn(shown.id, shown.inputs, run.result_id(state.id))])
        self._drive(run, [state])

    def stop(self) -> None:
        """Stop all columns; what they said by now stays."""
        self._driving.stop()

    def begin_anew(self) -> None:
        """Begin a new conversation; the one before is in the history."""
        if not self._running:
            self._shown = None
            for state in self._live:
                state.show_turns([])
            self.remember()
            self.answered.emit()

    def _runners(self) -> column_runs.Runners:
        return column_runs.Runners(self._pool(), self._library(), int(self._preferences.value("threads")))

    def _drive(self, run: column_runs.ColumnRun, states: list[ColumnState]) -> None:
        self._running = True
        self.running_changed.emit()
        self._driving.start(run, states)

    def _on_ended(self) -> None:
        self._running = False
        self._compare()
        if self._dropped:
            # It was still in use when its column was taken away.
            self._dropped = False
            self.candidates.close_unused()
        self.running_changed.emit()

    def _compare(self) -> None:
        """Tell every column where it leads, and what its answer is compared with."""
        states = self.columns
        shown = [state.last if state.last and state.last.run == self.shown_run else None for state in states]
        at_once = self.past[-1].at_once if self.past else self._ran_at_once
        led = leads([turn.result if turn else None for turn in shown], at_once)
        pinned = next((turn for state, turn in zip(states, shown, strict=True) if state.column.baseline and turn), None)
        baseline = pinned.output if pinned and not self.talks else None
        for state, keys in zip(states, led, strict=True):
            own = None if state.column.baseline or state.hidden else baseline
            state.compare(keys, own, at_once and len(states) > 1)
        self.answered.emit()

    # -- past runs -----------------------------------------------------------------------------------------------

    def open_run(self, run: int) -> None:
        """Look at a past run, exactly as it was."""
        session, task = self.session, self.task
        if session is None or task is None or self._running:
            return
        self._background.run(
            lambda: read_runs(session, task, run), lambda runs: self._show_past(session, runs), owner=self
        )

    def _show_past(self, session: ProjectSession, runs: tuple[Run, ...]) -> None:
        if session is not self.session or not runs or runs[-1].task != self._task.id or self._running:
            return
        self.past = runs
        task = self._task.id
        self._old = [self._state(Column(r.column, task, r.result.candidate)) for r in runs[-1].latest]
        self.blind.look_at(runs[-1], self._old)
        self._show_runs(runs, self._old)
        self.place_changed.emit()
        self.columns_changed.emit()

    def back_to_now(self) -> None:
        """Stop looking at a past run."""
        if self.past:
            self.past, self._old = (), []
            self.blind.look_away()
            self._compare()
            self.place_changed.emit()
            self.columns_changed.emit()

    def use_past_input(self) -> None:
        """Put what a past run was asked into the composer."""
        if self.past:
            draft = typed_in(self._task, self.past[-1].inputs)
            self.back_to_now()
            self._put(draft, self.options)

    @property
    def can_go_on(self) -> bool:
        """Whether the conversation of the past run on show can be continued: all who spoke in it are still here."""
        here = {state.id for state in self._live}
        return self.talks and bool(self.past) and all(r.column in here for r in self.past[-1].results)

    def go_on(self) -> None:
        """Continue the conversation of the past run on show."""
        if self.can_go_on:
            runs = self.past
            self._shown, self._ran_at_once = runs[-1].id, runs[-1].at_once
            self.back_to_now()
            self._show_runs(runs)
            self.remember()

    def _show_runs(self, runs: tuple[Run, ...], states: list[ColumnState] | None = None) -> None:
        for state in self._live if states is None else states:
            if not state.running:
                state.show_turns(
                    turn_of(stored, run.inputs) for run in runs for stored in run.latest if stored.column == state.id
                )
        self._compare()

    # -- opinions ------------------------------------------------------------------------------------------------

    def rate(self, turn: Turn, thumb: Thumb | None, note: str) -> None:
        """Say what one thinks of an answer."""
        rating = Rating(thumb, note.strip())
        if self.edit(lambda session: session.rate(turn.result_id, rating.thumb, rating.note)):
            for state in self.columns:
                state.rate(turn.result_id, rating)

    # -- storing and hearing -------------------------------------------------------------------------------------

    def edit(self, change: Callable[[ProjectSession], object]) -> bool:
        """Change the project; where that fails, `failed` says why."""
        session = self.session
        if session is None or session.read_only:
            return False
        try:
            change(session)
        except StudioError as error:
            self.failed.emit(Failure.of(error))
            return False
        return True

    def _on_edit(self, change: Change) -> None:
        session, task = self.session, self.task
        if session is None or task is None or self.loading:
            return
        if "columns" in change.parts:
            self._show_columns(list(session.columns(task.id)))
        if "composer" in change.parts and not self._typing.isActive():
            composer = session.composer(task.id)
            if (dict(composer.draft), dict(composer.options)) != (self.draft, self.options):
                self.draft, self.options = dict(composer.draft), dict(composer.options)
                self.composer_changed.emit()
        if change.parts & {"rating", "vote"} and self.shown_run is not None:
            run = session.run(self.shown_run)
            for stored in run.latest:
                for state in self.columns:
                    state.rate(stored.id, stored.rating)
            self.blind.read_votes(run)

    def _show_columns(self, columns: list[Column]) -> None:
        known: dict[str, ColumnState] = {state.id: state for state in self._live}
        shown = [known.pop(column.id) if column.id in known else self._state(column) for column in columns]
        for state, column in zip(shown, columns, strict=True):
            state.describe(column, self.candidates.offer_of(column.candidate))
        for gone in known.values():
            self._driving.drop(gone.id)
        added = [state for state in shown if state not in self._live]
        self._live = shown
        self.blind.keep(self._live)
        self.columns_changed.emit()
        self._compare()
        for gone in known.values():
            gone.deleteLater()
        if known:
            self._dropped = self._running
            self.candidates.close_unused()
        if added and self.task is not None:
            self._fill(added)

    def _fill(self, added: list[ColumnState]) -> None:
        """Columns that came (back): what they answered in the run on show, and what is known of their models."""
        session, task, shown = self.session, self.task, self._shown
        if any(state.offer is None for state in added):
            self.candidates.read_again()
        if session is None or task is None or shown is None:
            return

        def show(runs: tuple[Run, ...]) -> None:
            if runs and runs[-1].id == self._shown:
                self._show_runs(runs, [state for state in added if state in self._live])

        self._background.run(lambda: read_runs(session, task, shown), show, owner=self)

    def close(self) -> None:
        """The window closes."""
        self.store_draft()
        self._driving.stop()
