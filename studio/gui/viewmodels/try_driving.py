"""Drives one run: asks the columns on a thread, and brings what they say to the window's thread in batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from studio.domain.comparison import CandidateResult
from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.domain.prediction import Prediction
from studio.gui.bridge import Background, Stream
from studio.gui.jobs import RunningJobs
from studio.gui.viewmodels.try_column import STOPPING, ColumnState
from studio.project.runs import status_of
from studio.services.column_runs import ColumnRun


@dataclass(frozen=True)
class _Event:
    column: str
    stage: str = ""
    text: str = ""
    prediction: Prediction | None = None
    result: CandidateResult | None = None


class Driving(QObject):
    """A run that goes on. It is the `studio.services.column_runs.ColumnObserver` of its columns.

    Signals:
        column_ended: A column ended.
        ended: All have; nothing comes any more.
    """

    column_ended = Signal(str)
    ended = Signal()

    def __init__(self, background: Background, jobs: RunningJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._jobs = jobs
        self._states: dict[str, ColumnState] = {}
        self._run: ColumnRun | None = None
        self._stream: Stream[_Event] = Stream(background, self._take, self)

    def start(self, run: ColumnRun, states: Iterable[ColumnState]) -> None:
        """Ask the columns."""
        self._run = run
        self._states = {state.id: state for state in states}
        self._job = self._jobs.begin(N_("Comparing answers"), self.stop)
        self._background.run(run.go, lambda _none: self._end(None), self._end, owner=self)

    def stop(self, column: str | None = None) -> None:
        """Stop one column, or all."""
        if self._run is not None:
            self._run.stop(column)
            for state in self._states.values():
                if column in (None, state.id):
                    state.enter_stage(STOPPING)

    def drop(self, column: str) -> None:
        """Stop a column that is taken away; nothing of it is shown any more."""
        self.stop(column)
        self._states.pop(column, None)

    # -- what the services tell, on their threads ----------------------------------------------------------------

    def stage(self, column: str, stage: str) -> None:
        self._stream.push(_Event(column, stage=stage))

    def text(self, column: str, piece: str) -> None:
        self._stream.push(_Event(column, text=piece))

    def answered(self, column: str, prediction: Prediction) -> None:
        self._stream.push(_Event(column, prediction=prediction))

    def finished(self, column: str, result: CandidateResult) -> None:
        self._stream.push(_Event(column, result=result))

    # -- on the window's thread ----------------------------------------------------------------------------------

    def _take(self, events: list[_Event]) -> None:
        texts: dict[str, list[str]] = {}
        for event in events:
            state = self._states.get(event.column)
            if state is None:
                continue
            if event.text:
                texts.setdefault(event.column, []).append(event.text)
                continue
            self._write(state, texts)
            if event.result is not None:
                state.finish(status_of(event.result), event.result)
                self.column_ended.emit(event.column)
            elif event.prediction is not None:
                state.answer(event.prediction)
            elif state.last is not None and state.last.stage != STOPPING:
                state.enter_stage(event.stage)
        for state in self._states.values():
            self._write(state, texts)

    def _write(self, state: ColumnState, texts: dict[str, list[str]]) -> None:
        pieces = texts.pop(state.id, None)
        if pieces:
            state.add_text("".join(pieces))

    def _end(self, failure: Failure | None) -> None:
        self._stream.flush()
        for state in self._states.values():
            if state.running:
                # Something unforeseen ended the run: say it where the answer would stand.
                result = CandidateResult(state.column.candidate, failure=failure) if failure else None
                state.finish("failed" if failure else "cancelled", result)
        self._run = None
        self._job.end()
        self.ended.emit()
