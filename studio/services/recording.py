"""Records a run as it happens, so that a crash costs at most the answer being streamed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from studio.domain.comparison import Candidate, CandidateResult
from studio.domain.errors import Failure, StudioError
from studio.domain.prediction import Prediction
from studio.project.runs import Runs

#: Streamed text is stored at most so often, in seconds: often enough to lose little, seldom enough to cost nothing.
FLUSH_S = 0.25


class ResultRecorder:
    """Records one column's answer: an `studio.services.comparison.Observer` of that one candidate.

    Nothing here raises because a file can't be written; a full disk must not end a run. The session's ``problem``
    says so, what could not be stored stays in memory, and it is tried again until it is stored or the run is closed.
    """

    def __init__(self, recorder: RunRecorder, result: int) -> None:
        self._recorder = recorder
        #: Id of the stored result.
        self.result = result

    def stage(self, candidate: Candidate, stage: str) -> None:
        """Stages are shown, not stored."""

    def text(self, candidate: Candidate, piece: str) -> None:
        """A new piece of the answer. Returns at once; it is stored within `FLUSH_S`."""
        self._recorder.take_text(self.result, piece)

    def answered(self, candidate: Candidate, prediction: Prediction) -> None:
        """The whole answer is stored with its figures, by `finished`."""

    def finished(self, result: CandidateResult) -> None:
        """The candidate answered, failed or was stopped. Stored before this returns; only the first call counts."""
        self._recorder.take_end(self.result, result)


@dataclass
class _Unsaved:
    """What is known of a result and not stored yet."""

    pieces: list[str] = field(default_factory=list)
    end: CandidateResult | None = None
    ended: bool = False

    @property
    def waits(self) -> bool:
        return bool(self.pieces) or self.end is not None


class RunRecorder:
    """Records one run: ``recorder.column(id)`` is given to whatever runs that column; `close` when all have ended."""

    def __init__(
        self,
        runs: Runs,
        run: int,
        results: Mapping[str, int],
        on_stored: Callable[[int, int | None, Failure | None], None],
    ) -> None:
        """
        Args:
            runs: Where to store.
            run: Id of the run.
            results: Id of the stored result by id of the column.
            on_stored: Called with the run, the result that ended (None for anything else) and why storing failed.
        """
        self.run = run
        self._runs = runs
        self._results = dict(results)
        self._on_stored = on_stored
        self._unsaved = {result: _Unsaved() for result in results.values()}
        self._lock = threading.Lock()
        #: Held while storing, so that pieces are stored in the order they came.
        self._storing = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def column(self, column_id: str) -> ResultRecorder:
        """What records that column's answer."""
        return ResultRecorder(self, self._results[column_id])

    def set_environment(self, facts: Mapping[str, str | int | float | None]) -> None:
        """What a report needs to reproduce the run, once it is known."""
        self._write(lambda: self._runs.set_environment(self.run, facts))

    def close(self) -> None:
        """Store what is left. Columns that have not ended by now count as stopped. Closing twice is fine."""
        with self._lock:
            if self._closed.is_set():
                return
            self._closed.set()
            self._wake.set()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        for result in self._unsaved:
            self._store(result)
            self._stop(result)

    def _stop(self, result: int) -> None:
        with self._lock:
            if self._unsaved[result].ended:
                return
            self._unsaved[result].ended = True
        self._write(lambda: self._runs.stop(result), ended=result)

    def take_text(self, result: int, piece: str) -> None:
        """See `ResultRecorder.text`."""
        with self._lock:
            unsaved = self._unsaved[result]
            if unsaved.ended or self._closed.is_set() or not piece:
                return
            unsaved.pieces.append(piece)
            self._wake_thread()

    def take_end(self, result: int, outcome: CandidateResult) -> None:
        """See `ResultRecorder.finished`."""
        with self._lock:
            unsaved = self._unsaved[result]
            if unsaved.ended:
                return
            unsaved.ended = True
            unsaved.end = outcome
        if not self._store(result):
            with self._lock:
                self._wake_thread()

    def _wake_thread(self) -> None:
        """Have the thread store what waits (under the lock). It is started with the first need of it."""
        self._wake.set()
        if self._thread is None and not self._closed.is_set():
            self._thread = threading.Thread(target=self._store_often, name="project-recorder", daemon=True)
            self._thread.start()

    def _store_often(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._closed.wait(FLUSH_S)
            self._wake.clear()
            for result in self._unsaved:
                if not self._store(result):
                    self._wake.set()

    def _store(self, result: int) -> bool:
        """Store what waits of one result; False where that failed, and it waits on."""
        with self._storing:
            unsaved = self._unsaved[result]
            with self._lock:
                if not unsaved.waits:
                    return True
                text, unsaved.pieces = "".join(unsaved.pieces), []
                end, unsaved.end = unsaved.end, None
            failure = _failure(
                lambda: self._runs.append_text(result, text) if end is None else self._runs.finish(result, text, end)
            )
            if failure is not None:
                with self._lock:
                    unsaved.pieces.insert(0, text)
                    unsaved.end = end
        # Told after the lock is free: whoever hears it may close this recorder.
        self._on_stored(self.run, result if end and failure is None else None, failure)
        return failure is None

    def _write(self, write: Callable[[], None], ended: int | None = None) -> None:
        failure = _failure(write)
        self._on_stored(self.run, ended if failure is None else None, failure)


def _failure(write: Callable[[], None]) -> Failure | None:
    """Why ``write`` failed; None where it did not."""
    try:
        write()
    except StudioError as error:
        return Failure.of(error)
    return None
