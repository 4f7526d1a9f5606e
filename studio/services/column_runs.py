"""Runs the columns of a project: every answer is stored as it comes, and no column's failure stops the others."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studio.domain.comparison import Candidate, CandidateResult
from studio.domain.errors import Failure, StudioError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.prediction import Prediction
from studio.domain.project import Column, Run
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Message, Task
from studio.engine.environment import environment
from studio.library.store import Library
from studio.services.candidates import named_again, resolve
from studio.services.comparison import Plan, run_candidate
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.recording import ResultRecorder, RunRecorder
from studio.services.telling import labels_beside, told_options
from studio.services.waiting import stopped


class ColumnObserver(Protocol):
    """Hears how each column does. Calls come from other threads; be quick."""

    def stage(self, column: str, stage: str) -> None:
        """See `studio.services.comparison.Observer.stage`."""

    def text(self, column: str, piece: str) -> None:
        """A new piece of the column's answer."""

    def answered(self, column: str, prediction: Prediction) -> None:
        """See `studio.services.comparison.Observer.answered`."""

    def finished(self, column: str, result: CandidateResult) -> None:
        """The column answered or failed; that is stored already."""


@dataclass(frozen=True)
class Runners:
    """What running needs besides the project.

    Attributes:
        pool: Keeps candidates loaded between runs.
        library: Where models lie.
        threads: Threads for one operator, 0 for one each core.
    """

    pool: CandidatePool
    library: Library
    threads: int = 0


@dataclass(frozen=True)
class _Asked:
    column: Column
    inputs: Inputs
    options: Options


class ColumnRun:
    """One run of some columns that has begun: `go` does it, `stop` ends it early. Made by `begin` and `begin_again`."""

    def __init__(
        self,
        task: Task,
        recorder: RunRecorder,
        asked: Sequence[_Asked],
        runners: Runners,
        at_once: bool,
        observer: ColumnObserver,
        beside: Sequence[Candidate],
        seed: Any = None,
    ) -> None:
        self._task = task
        self._recorder = recorder
        self._asked = asked
        self._runners = runners
        self._at_once = at_once
        self._observer = observer
        self._beside = beside
        self._seed = seed
        self._stops = {ask.column.id: threading.Event() for ask in asked}

    @property
    def run(self) -> int:
        """Id of the run in the project."""
        return self._recorder.run

    def result_id(self, column: str) -> int:
        """Id of the column's answer in the project."""
        return self._recorder.column(column).result

    def stop(self, column: str | None = None) -> None:
        """Stop one column, or all; what was answered by now stays."""
        for column_id, event in self._stops.items():
            if column in (None, column_id):
                event.set()

    def go(self) -> None:
        """Ask the columns; blocks until the last has ended, so call it from a thread that may wait."""
        try:
            facts = dict(environment())
            facts["seed"] = self._seed
            facts["schedule"] = "all at once" if self._at_once else "one after another"
            self._recorder.set_environment(facts)
            if self._at_once:
                with ThreadPoolExecutor(len(self._asked)) as threads:
                    list(threads.map(self._answer, self._asked))
            else:
                for ask in self._asked:
                    self._answer(ask)
        finally:
            self._recorder.close()

    def _answer(self, ask: _Asked) -> None:
        told = _Told(ask.column.id, self._recorder.column(ask.column.id), self._observer)
        stop = self._stops[ask.column.id]
        try:
            if stop.is_set():
                raise stopped()
            library = self._runners.library
            candidate, spec = spec_of(self._task, ask.column.candidate, library)
            options = told_options(
                self._task, candidate, ask.options, lambda: labels_beside(self._task, self._beside, library), library
            )
            plan = Plan(at_once=self._at_once, threads=self._runners.threads)
            run_candidate(self._task, candidate, spec, ask.inputs, options, self._runners.pool, plan, told, stop)
        except StudioError as error:
            # What is wrong before it could run: the model is gone, or an option of this column is refused.
            told.finished(CandidateResult(ask.column.candidate, failure=Failure.of(error), options=ask.options))


class _Told:
    """Tells the project first and the screen then."""

    def __init__(self, column: str, recorder: ResultRecorder, observer: ColumnObserver) -> None:
        self._column = column
        self._recorder = recorder
        self._observer = observer

    def stage(self, candidate: Candidate, stage: str) -> None:
        self._observer.stage(self._column, stage)

    def text(self, candidate: Candidate, piece: str) -> None:
        self._recorder.text(candidate, piece)
        self._observer.text(self._column, piece)

    def answered(self, candidate: Candidate, prediction: Prediction) -> None:
        self._observer.answered(self._column, prediction)

    def finished(self, result: CandidateResult) -> None:
        self._recorder.finished(result)
        self._observer.finished(self._column, result)


def spec_of(task: Task, candidate: Candidate, library: Library) -> tuple[Candidate, LoadSpec]:
    """How a candidate is opened. Raises as `studio.services.candidates.resolve`."""
    try:
        if not candidate.remote:
            library.find(candidate.model)
    except UnknownNameError as error:
        # Nobody typed this name: the model was there when the column was made.
        raise UnknownNameError(
            _("The model {model} is no longer on this computer.").format(model=candidate.model),
            _("Choose another, or add it again."),
            str(error),
        ) from error
    return named_again(task, candidate, library)


def begin(
    session: ProjectSession,
    task: Task,
    columns: Iterable[Column],
    inputs: Inputs,
    options: Mapping[str, Any],
    runners: Runners,
    observer: ColumnObserver,
    *,
    at_once: bool = False,
    blind: bool = False,
    follows: int | None = None,
) -> ColumnRun:
    """Store that columns are asked, and return what asks them.

    Args:
        session: The project.
        task: What they do.
        columns: Who is asked, in the order shown.
        inputs: Values of the task's input fields; in a conversation only the new turn.
        options: Shared options that differ from the task's defaults.
        runners: What running needs besides.
        observer: Hears of progress.
        at_once: All at the same time instead of one after another.
        blind: Whether names are hidden.
        follows: In a conversation, the run of the turn before.

    Raises:
        InputError: The input or a shared option can't be used by any model.
        ProjectError: The project can't be written.
    """
    task.check(inputs)
    shared = task.resolve_options(options)
    asked = [
        _Asked(column, _whole(session, task, follows, column.id, inputs), {**options, **column.options})
        for column in columns
    ]
    recorder = session.start_run(
        task.id, inputs, shared, [ask.column for ask in asked], at_once=at_once, blind=blind, follows=follows
    )
    beside = [ask.column.candidate for ask in asked]
    return ColumnRun(task, recorder, asked, runners, at_once, observer, beside, shared.get("seed"))


def begin_again(
    session: ProjectSession, task: Task, run: Run, column: Column, runners: Runners, observer: ColumnObserver
) -> ColumnRun:
    """Ask one column a stored run's question again, or for the first time, with that run's shared options.

    Raises:
        ProjectError: The project can't be written.
    """
    recorder = session.add_to_run(run.id, column)
    inputs = _whole(session, task, run.follows, column.id, run.inputs)
    known = {option.name for option in task.options}
    options = {name: value for name, value in {**run.options, **column.options}.items() if name in known}
    asked = [_Asked(column, inputs, options)]
    beside = [each.candidate for each in session.columns(task.id)]
    return ColumnRun(task, recorder, asked, runners, False, observer, beside, options.get("seed"))


def _whole(session: ProjectSession, task: Task, follows: int | None, column: str, inputs: Inputs) -> Inputs:
    """The inputs of one column: in a conversation, what it said and heard before comes first."""
    if follows is None:
        return inputs
    before: tuple[Message, ...] = session.messages(follows, column)
    talks = {field.name for field in task.inputs if field.kind == "messages"}
    return {name: (*before, *value) if name in talks else value for name, value in inputs.items()}


def ready_folder(task: Task, folder: Path, library: Library) -> Model:
    """The model in a folder outside the library, which can then be run from there.

    Raises:
        ModelFolderError: It is no model, or not ready to run.
        InputError: It does another task.
    """
    model = library.find(str(folder))
    resolve(task, model.id, library)
    return model
