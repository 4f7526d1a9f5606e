"""Runs one input through several candidates, measures each, and keeps going when one of them fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

from studio.domain.comparison import Candidate, CandidateResult, Comparison
from studio.domain.errors import Failure, InputError, StudioError
from studio.domain.i18n import _
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Task
from studio.engine.environment import environment
from studio.engine.jobs import Cancelled, Failed, Outcome
from studio.engine.protocol import Loaded, Ran
from studio.engine.supervisor import Supervisor
from studio.engine.worker import Worker
from studio.services.measurement import measure

#: How often a waiting service looks whether the user pressed Stop, in seconds.
_POLL_S = 0.05


@dataclass(frozen=True)
class Plan:
    """How a comparison is run and measured.

    Attributes:
        at_once: All candidates at the same time instead of one after another. They then share the processor, so
            their timings are not comparable.
        warm_up: One discarded run before the measured ones.
        runs: Measured runs; None means what suits the task: one for output that streams, and for output that comes
            whole at least 10 runs and 1 s, so that a fast model is not judged on one lucky moment.
        threads: Threads for one operator; 0 means one for each physical core available.
        timeout_s: A candidate that takes longer for one load or run is ended; None waits for ever.
    """

    at_once: bool = False
    warm_up: bool = True
    runs: int | None = None
    threads: int = 0
    timeout_s: float | None = None


class Observer(Protocol):
    """Hears how a comparison goes. Calls come from other threads than the caller's."""

    def stage(self, candidate: Candidate, stage: str) -> None:
        """``stage`` is ``"loading"``, ``"warming up"``, ``"answering"`` or ``"measuring"``."""

    def text(self, candidate: Candidate, piece: str) -> None:
        """A new piece of the measured answer."""

    def finished(self, result: CandidateResult) -> None:
        """The candidate answered or failed."""


class Silent:
    """An observer that does nothing."""

    def stage(self, candidate: Candidate, stage: str) -> None: ...
    def text(self, candidate: Candidate, piece: str) -> None: ...
    def finished(self, result: CandidateResult) -> None: ...


#: Measured runs of output that comes whole: at least so many, and at least so many seconds (docs: measuring).
STEADY_RUNS = 10
STEADY_S = 1.0


def compare(
    task: Task,
    candidates: Sequence[tuple[Candidate, LoadSpec]],
    inputs: Inputs,
    options: Mapping[str, Any],
    plan: Plan | None = None,
    observer: Observer | None = None,
    stop: threading.Event | None = None,
) -> Comparison:
    """Run every candidate on one input.

    Args:
        task: The task all candidates do.
        candidates: Who takes part, and how each is opened (`studio.services.candidates.resolve`).
        inputs: Values of the task's input fields.
        options: Options that differ from the defaults.
        plan: How to run and measure.
        observer: Hears of progress.
        stop: Once set, what is running is stopped, and what has not begun is left out as cancelled.

    Raises:
        InputError: The input or an option can't be used by any model.
    """
    plan = plan or Plan()
    observer = observer or Silent()
    stop = stop or threading.Event()
    if not candidates:
        raise InputError(_("There is no candidate to run."), _("Name at least one model."))
    task.check(inputs)
    resolved = task.resolve_options(options)
    with Supervisor() as supervisor:

        def run_one(entry: tuple[Candidate, LoadSpec]) -> CandidateResult:
            candidate, spec = entry
            spec = replace(spec, threads=plan.threads)
            result = _Run(supervisor, task, candidate, spec, inputs, resolved, plan, observer, stop).result()
            observer.finished(result)
            return result

        if plan.at_once:
            with ThreadPoolExecutor(len(candidates)) as pool:
                results = tuple(pool.map(run_one, candidates))
        else:
            results = tuple(run_one(entry) for entry in candidates)
    facts = dict(environment())
    facts["seed"] = resolved.get("seed")
    facts["schedule"] = "all at once" if plan.at_once else "one after another"
    return Comparison(task.id, inputs, resolved, results, facts)


class _Run:
    """One candidate from an empty process to its result."""

    def __init__(
        self,
        supervisor: Supervisor,
        task: Task,
        candidate: Candidate,
        spec: LoadSpec,
        inputs: Inputs,
        options: Options,
        plan: Plan,
        observer: Observer,
        stop: threading.Event,
    ) -> None:
        self._supervisor = supervisor
        self._task = task
        self._candidate = candidate
        self._spec = spec
        self._inputs = inputs
        self._options = options
        self._plan = plan
        self._observer = observer
        self._stop = stop

    def result(self) -> CandidateResult:
        """The answer with its measurement, or the failure; never raises for what a model or a worker does."""
        if self._stop.is_set():
            return CandidateResult(self._candidate, failure=_stopped())
        worker = self._supervisor.start()
        try:
            return self._measure(worker)
        except StudioError as error:
            return CandidateResult(self._candidate, failure=Failure.of(error))
        finally:
            worker.close()

    def _measure(self, worker: Worker) -> CandidateResult:
        self._observer.stage(self._candidate, "loading")
        loaded: Loaded = self._wait(worker.load(self._spec))
        if self._plan.warm_up:
            self._observer.stage(self._candidate, "warming up")
            self._wait(worker.run(self._inputs, self._short_options()))
        self._observer.stage(self._candidate, "answering")
        first: Ran = self._wait(worker.run(self._inputs, self._options, on_text=self._on_text))
        runs = [first]
        began = time.monotonic()
        while not self._enough(runs, time.monotonic() - began + first.latency_s):
            if len(runs) == 1:
                self._observer.stage(self._candidate, "measuring")
            runs.append(self._wait(worker.run(self._inputs, self._options)))
        return CandidateResult(
            self._candidate,
            prediction=first.prediction,
            measurement=measure(loaded, runs),
            placement=loaded.placement,
        )

    def _on_text(self, piece: str) -> None:
        self._observer.text(self._candidate, piece)

    def _short_options(self) -> Options:
        """For the warm-up: the first steps touch every kernel and buffer, the rest would only cost time."""
        if self._task.streams and "max_new_tokens" in self._options:
            return {**self._options, "max_new_tokens": min(2, self._options["max_new_tokens"])}
        return self._options

    def _enough(self, runs: Sequence[Ran], elapsed_s: float) -> bool:
        if self._plan.runs is not None:
            return len(runs) >= self._plan.runs
        return self._task.streams or (len(runs) >= STEADY_RUNS and elapsed_s >= STEADY_S)

    def _wait(self, job: Any) -> Any:
        """The value of a finished job.

        Raises:
            StudioError: It failed, or the user stopped it.
        """
        deadline = None if self._plan.timeout_s is None else time.monotonic() + self._plan.timeout_s
        outcome: Outcome | None = None
        while outcome is None:
            outcome = job.wait(_POLL_S)
            if outcome is None and self._stop.is_set():
                job.cancel()
                outcome = job.wait()
            elif outcome is None and deadline is not None and time.monotonic() > deadline:
                job.cancel()
                job.wait()
                raise InputError(
                    _("{name} took longer than {seconds:g} s and was ended.").format(
                        name=self._candidate.name, seconds=self._plan.timeout_s
                    ),
                    _("Allow more time, or try a smaller model."),
                )
        if isinstance(outcome, Failed):
            raise outcome.failure.to_error()
        if isinstance(outcome, Cancelled):
            raise _stopped().to_error()
        return outcome.value


def _stopped() -> Failure:
    return Failure("StoppedError", _("Stopped before it answered."))
