"""One candidate through all rows of an evaluation: in batches where its task allows, else row by row."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from studio.domain.comparison import Measurement
from studio.domain.dataset import DataRow
from studio.domain.errors import (
    Failure,
    InputError,
    OutOfMemory,
    ProjectError,
    StoppedError,
    StudioError,
    WorkerError,
)
from studio.domain.evaluation import Answer, EvaluatedCandidate, EvaluationInfo, RunFacts
from studio.domain.prediction import Labels, LabelTable, Prediction
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.engine.energy import EnergyMeter
from studio.engine.protocol import Loaded, Ran, RanBatch
from studio.services.evaluation_plan import (
    TIMED_LEAST,
    TIMED_S,
    RowReader,
    batches,
    chunks,
    positions_of,
    repeated,
    timed_rows,
)
from studio.services.field_values import folder_of
from studio.services.measurement import measure
from studio.services.pool import OpenCandidate
from studio.services.project_session import ProjectSession
from studio.services.waiting import Waiter
from studio.tasks import find_task

if TYPE_CHECKING:
    from studio.services.evaluating import EvaluationObserver

#: Rows whose texts are in memory at once while the plan is made.
_CHUNK = 2_000
#: Answers are stored at least so often, in seconds: what a power cut can cost.
_STORE_S = 0.25
#: How often counters of energy are looked at, which begin anew from time to time.
_ENERGY_S = 60.0
#: A row that ends the worker so often is a failure of its own; rows in a row, one of the candidate.
_TRIES, MOST_CRASHES = 2, 5


class Lends(Protocol):
    """Who has candidates open: `CandidatePool` on this computer, `studio.services.cluster_pool` elsewhere."""

    def borrow(
        self, spec: LoadSpec, waiter: Waiter, on_load: Callable[[], None] = ...
    ) -> AbstractContextManager[Any]: ...


class RowsRun:
    """One candidate of an evaluation while it runs.

    Attributes:
        facts: What was measured so far; carried on from an earlier part of the same evaluation.
        placement: Where it really runs; None until it is open.
    """

    def __init__(
        self,
        session: ProjectSession,
        info: EvaluationInfo,
        candidate: EvaluatedCandidate,
        spec: LoadSpec,
        pool: Lends,
        observer: EvaluationObserver,
        stop: threading.Event,
    ) -> None:
        self._session, self._info, self._candidate, self._spec = session, info, candidate, spec
        self._pool, self._observer = pool, observer
        self._waiter = Waiter(stop, None, candidate.title)
        self._task = find_task(info.task)
        self._options: Options = candidate.options
        if self._task.output == "labels" and "top_k" in self._options:
            # How many labels a person wants to see; metrics need the scores of all.
            self._options = {**self._options, "top_k": None}
        self._reader = RowReader(self._task, info.settings.mapping, info.dataset.columns, folder_of(info.dataset))
        self._positions = positions_of(info.dataset, info.settings)
        self._total = len(self._positions) * info.settings.repeats
        self._done = 0
        # Rows and the time they took, of this part and of earlier ones of which that is known: a part that was killed
        # leaves neither.
        self._busy_s = candidate.facts.busy_s or 0.0
        self._timed = (candidate.facts.rows_per_s or 0.0) * self._busy_s
        self._last: tuple[Sequence[tuple[int, Inputs]], RanBatch] | None = None
        self._waiting: list[Answer] = []
        self._energy: EnergyMeter | None = None
        self._energy_s = 0.0
        self._stored_s = time.monotonic()
        self._crashes = 0
        self._opened = self._together = False
        self.facts: RunFacts = candidate.facts
        self.placement: Placement | None = candidate.placement

    def run(self) -> None:
        """Answer every row that has no answer yet.

        Raises:
            StoppedError: The user stopped it.
            StudioError: The candidate can't run.
        """
        done = self._session.evaluations.done(self._candidate.id)
        self._done = len(done)
        if self._done >= self._total:
            return
        try:
            self._with(self._prepare)
        except (WorkerError, OutOfMemory):
            # A row that ends the worker is found out when its turn comes; what can't be opened is no row's fault.
            if not self._opened:
                raise
        if self._spec.remote is None:
            # Whoever answers elsewhere uses energy there.
            self._energy = EnergyMeter()
        before = self._done
        try:
            self._tell("answering")
            if self._together:
                self._run_batches(done)
            else:
                self._run_rows(done)
        finally:
            self._keep_last()
            self._store()
            self._note_energy(self._done - before)

    # -- opening ---------------------------------------------------------------------------------------------------

    def _with(self, work: Callable[[OpenCandidate], Any]) -> Any:
        """Do something with the open candidate, which is opened again where it crashed."""
        with self._pool.borrow(self._spec, self._waiter, lambda: self._tell("loading")) as opened:
            self._note_loaded(opened.loaded)
            return work(opened)

    def _prepare(self, opened: OpenCandidate) -> None:
        """Warm up, and where rows will run in batches time some by themselves."""
        self._opened = True
        self._together = opened.loaded.batches and self._info.settings.batch_size != 1
        # Who answers on another computer is paid for every row, and somebody else has warmed it up already.
        if not opened.warm and not self._candidate.sends_data:
            self._tell("warming up")
            self._warm_up(opened)
            opened.warm = True
        if self._together and not self.facts.latencies_s:
            self._tell("timing")
            self._time_rows(opened)

    def _warm_up(self, opened: OpenCandidate) -> None:
        options = self._options
        if self._task.streams and "max_new_tokens" in options:
            options = {**options, "max_new_tokens": min(2, options["max_new_tokens"] or 2)}
        for row in self._session.datasets.rows(self._info.dataset.id, list(self._positions[:20])):
            try:
                inputs = self._reader.inputs(row.cells)
                self._task.check(inputs)
                self._waiter.result(opened.worker.run(inputs, options))
                return
            except (StoppedError, WorkerError, OutOfMemory):
                raise
            except StudioError:
                if self._spec.remote is not None:
                    # A server that refuses one row is not asked for all of them to find out.
                    return
                continue

    def _time_rows(self, opened: OpenCandidate) -> None:
        """What a single user would wait: rows by themselves, spread over the data. Their answers are not kept."""
        began = time.monotonic()
        latencies: list[float] = []
        for chunk in chunks(timed_rows(self._positions), TIMED_LEAST):
            for row in self._session.datasets.rows(self._info.dataset.id, list(chunk)):
                try:
                    inputs = self._reader.inputs(row.cells)
                    self._task.check(inputs)
                    ran = self._waiter.result(opened.worker.run(inputs, self._options))
                except (StoppedError, WorkerError, OutOfMemory):
                    raise
                except StudioError:
                    continue
                latencies.append(ran.latency_s)
                self._note_memory(ran)
                if len(latencies) >= TIMED_LEAST and time.monotonic() - began > TIMED_S:
                    break
            if time.monotonic() - began > TIMED_S:
                break
        self.facts = replace(self.facts, latencies_s=tuple(latencies))

    # -- in batches ------------------------------------------------------------------------------------------------

    def _run_batches(self, done: frozenset[tuple[int, int]]) -> None:
        plan = batches(self._with(self._lengths), self._info.settings.batch_size)
        self.facts = replace(self.facts, batch_size=max(len(batch.positions) for batch in plan))
        for batch in plan:
            missing = [position for position in batch.positions if (position, 0) not in done]
            if missing:
                self._waiter.check()
                self._done -= len(batch.positions) - len(missing)
                rows, failures = self._checked(batch.positions)
                self._keep(failures)
                if rows:
                    self._answer_batch(rows)
        self._keep_last()

    def _lengths(self, opened: OpenCandidate) -> dict[int, int]:
        """Tokens of every row by position, as the model reads it."""
        found: dict[int, int] = {}
        for chunk in chunks(self._positions, _CHUNK):
            rows, _failures = self._checked(chunk)
            # A row that can't be asked is in the plan all the same, so that the plan stays as it is.
            found |= dict.fromkeys(chunk, 0)
            if rows:
                lengths = self._waiter.result(opened.worker.lengths([inputs for _position, inputs in rows]))
                found |= {position: length for (position, _inputs), length in zip(rows, lengths, strict=True)}
            self._waiter.check()
        return found

    def _answer_batch(self, rows: Sequence[tuple[int, Inputs]]) -> None:
        ran = self._ran_batch([each for _position, each in rows])
        if ran is None:
            # One of them is the reason; row by row it shows which.
            for position, each in rows:
                self._keep([self._row_answer(position, 0, each)])
            return
        self._take_batch(rows, ran)

    def _take_batch(self, rows: Sequence[tuple[int, Inputs]], ran: RanBatch) -> None:
        """Note what a batch took; its answers are stored with `_keep_last`."""
        self._crashes = 0
        self._busy_s += ran.latency_s
        self._timed += len(rows)
        if isinstance(ran.table, LabelTable):
            self._note_labels(ran.table.labels)
        self._note_memory(ran)
        self._last = (rows, ran)

    def _ran_batch(self, inputs: Sequence[Inputs]) -> RanBatch | None:
        """The answers of a batch; None where it can't be run as a whole."""
        for _attempt in range(_TRIES):
            try:
                return cast(RanBatch, self._with(lambda opened: self._ask_batch(opened, inputs)))
            except (StoppedError, ProjectError):
                raise
            except (WorkerError, OutOfMemory):
                # Something else may have ended the worker: then the same batch gives the same answers in a new one.
                continue
            except StudioError:
                break
        return None

    def _ask_batch(self, opened: OpenCandidate, inputs: Sequence[Inputs]) -> RanBatch:
        """Ask, and meanwhile take in what the batch before answered."""
        job = opened.worker.run_batch(inputs, self._options)
        try:
            self._keep_last()
        except BaseException:
            job.cancel()
            job.wait()
            raise
        return self._waiter.result(job)

    def _keep_last(self) -> None:
        if self._last is None:
            return
        (rows, ran), self._last = self._last, None
        number = self._candidate.id
        self._keep(
            [
                Answer(number, position, 0, output, notices=ran.table.notices.get(place, ()))
                for place, ((position, _inputs), output) in enumerate(zip(rows, ran.table.rows(), strict=True))
            ]
        )

    def _checked(self, positions: Sequence[int]) -> tuple[list[tuple[int, Inputs]], list[Answer]]:
        """Rows that can be asked, and failures of those that can't."""
        good: list[tuple[int, Inputs]] = []
        bad: list[Answer] = []
        for row in self._session.datasets.rows(self._info.dataset.id, list(positions)):
            try:
                inputs = self._reader.inputs(row.cells)
                self._task.check(inputs)
                good.append((row.position, inputs))
            except InputError as error:
                bad.append(self._failure(row.position, 0, Failure.of(error)))
        return good, bad

    # -- row by row ------------------------------------------------------------------------------------------------

    def _run_rows(self, done: frozenset[tuple[int, int]]) -> None:
        for chunk in chunks(self._positions, _CHUNK):
            for row in self._session.datasets.rows(self._info.dataset.id, list(chunk)):
                left = [number for number in range(self._info.settings.repeats) if (row.position, number) not in done]
                if not left:
                    continue
                for repeat in left:
                    self._waiter.check()
                    self._keep([self._checked_answer(row, repeat)])

    def _checked_answer(self, row: DataRow, repeat: int) -> Answer:
        try:
            inputs = self._reader.inputs(row.cells)
            self._task.check(inputs)
        except InputError as error:
            return self._failure(row.position, repeat, Failure.of(error))
        return self._row_answer(row.position, repeat, inputs)

    def _row_answer(self, position: int, repeat: int, inputs: Inputs) -> Answer:
        """One row by itself; a worker that crashes over it is opened again, and gets one more chance."""
        options = repeated(self._options, repeat)
        for attempt in range(_TRIES):
            try:
                loaded, ran = self._with(
                    lambda opened: (opened.loaded, self._waiter.result(opened.worker.run(inputs, options)))
                )
            except StoppedError:
                raise
            except (WorkerError, OutOfMemory) as error:
                self._crashes += 1
                if self._crashes >= MOST_CRASHES:
                    raise
                if attempt + 1 == _TRIES:
                    return self._failure(position, repeat, Failure.of(error))
            except StudioError as error:
                if not self._opened:
                    # It could not even be opened: no row's fault.
                    raise
                return self._failure(position, repeat, Failure.of(error))
            else:
                self._waiter.check()
                self._crashes = 0
                return self._answered(position, repeat, loaded, ran)
        raise AssertionError("unreachable")

    def _answered(self, position: int, repeat: int, loaded: Loaded, ran: Ran) -> Answer:
        self._busy_s += ran.latency_s
        self._timed += 1
        self._note_memory(ran)
        return self._answer_of(position, repeat, ran.prediction, ran.latency_s, measure(loaded, [ran]))

    def _answer_of(
        self, position: int, repeat: int, prediction: Prediction, latency_s: float, figures: Measurement
    ) -> Answer:
        output = prediction.output
        if prediction.usage is not None:
            self.facts = replace(
                self.facts,
                counted=self.facts.counted + 1,
                prompt_tokens=self.facts.prompt_tokens + prediction.usage.prompt_tokens,
                output_tokens=self.facts.output_tokens + prediction.usage.output_tokens,
            )
        if isinstance(output, Labels):
            self._note_labels(tuple(score.label for score in output.scores))
        return Answer(
            self._candidate.id,
            position,
            repeat,
            output,
            None,
            latency_s,
            figures.ttft_s,
            figures.decode_tokens_per_s,
            figures.characters_per_s,
            prediction.notices,
        )

    def _failure(self, position: int, repeat: int, failure: Failure) -> Answer:
        return Answer(self._candidate.id, position, repeat, None, failure)

    # -- keeping ---------------------------------------------------------------------------------------------------

    def _keep(self, answers: Sequence[Answer]) -> None:
        self._waiting += answers
        self._done += len(answers)
        if time.monotonic() - self._stored_s >= _STORE_S:
            self._store()

    def _store(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._session.evaluations.record(waiting)
        self._stored_s = time.monotonic()
        if self._energy is not None and self._stored_s - self._energy_s > _ENERGY_S:
            self._energy.used_wh()
            self._energy_s = self._stored_s
        self.facts = replace(
            self.facts, busy_s=self._busy_s, rows_per_s=self._timed / self._busy_s if self._busy_s > 0 else None
        )
        self._observer.progress(self._candidate, self._done, self._total)

    def _tell(self, stage: str) -> None:
        self._observer.stage(self._candidate, stage)

    def _note_loaded(self, loaded: Loaded) -> None:
        self.placement = loaded.placement
        idle_mb = None if loaded.placement.remote else loaded.idle_memory_mb
        self.facts = replace(self.facts, load_s=loaded.load_s, idle_memory_mb=idle_mb)

    def _note_memory(self, ran: Ran | RanBatch) -> None:
        peak = _larger(self.facts.peak_memory_mb, ran.peak_memory_mb)
        device = _larger(self.facts.device_memory_mb, ran.device_memory_mb)
        if (peak, device) != (self.facts.peak_memory_mb, self.facts.device_memory_mb):
            self.facts = replace(self.facts, peak_memory_mb=peak, device_memory_mb=device)

    def _note_labels(self, labels: tuple[str, ...]) -> None:
        """The first answer says which labels there are, where the model's folder does not."""
        if not self._candidate.labels:
            self._candidate = replace(self._candidate, labels=labels)
            self._session.evaluations.set_state(self._candidate.id, "running", labels=labels)

    def _note_energy(self, rows: int) -> None:
        used = self._energy.used_wh() if self._energy is not None else None
        if used is not None and rows > 0:
            self.facts = replace(self.facts, energy_wh_per_1000=used / rows * 1000)


def _larger(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)
