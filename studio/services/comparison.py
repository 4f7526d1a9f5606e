"""Runs one input through several candidates, measures each, and keeps going when one of them fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

from studio.domain.comparison import Candidate, CandidateResult, Comparison
from studio.domain.errors import Failure, InputError, StoppedError, StudioError
from studio.domain.i18n import _
from studio.domain.prediction import Prediction
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.domain.task import Task
from studio.engine.environment import environment
from studio.engine.protocol import Ran
from studio.services.measurement import measure
from studio.services.pool import CandidatePool, OpenCandidate
from studio.services.waiting import Waiter


@dataclass(frozen=True)
class Plan:
    """How candidates are run and measured.

    Attributes:
        at_once: All candidates at the same time instead of one after another. They then share the processor, so
            their timings are not comparable.
        warm_up: One discarded run before the measured ones, for a candidate that has not answered anything yet.
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

    def answered(self, candidate: Candidate, prediction: Prediction) -> None:
        """The answer is whole; it may still be measured by further runs before `finished` comes."""

    def finished(self, result: CandidateResult) -> None:
        """The candidate answered or failed."""


class Silent:
    """An observer that does nothing."""

    def stage(self, candidate: Candidate, stage: str) -> None: ...
    def text(self, candidate: Candidate, piece: str) -> None: ...
    def answered(self, candidate: Candidate, prediction: Prediction) -> None: ...
    def finished(self, result: CandidateResult) -> None: ...


#: Measured runs of output that comes whole: at least so many, and at least so many seconds (docs: measuring).
STEADY_RUNS = 10
STEADY_S = 1.0
#: Raw values beyond so many tell nothing new of a model that answers within a millisecond.
_MOST_RUNS = 500


def compare(
    task: Task,
    candidates: Sequence[tuple[Candidate, LoadSpec]],
    inputs: Inputs,
    options: Mapping[str, Any],
    plan: Plan | None = None,
    observer: Observer | None = None,
    stop: threading.Event | None = None,
    pool: CandidatePool | None = None,
    own_options: Sequence[Mapping[str, Any]] | None = None,
) -> Comparison:
    """Run every candidate on one input.

    Args:
        task: The task all candidates do.
        candidates: Who takes part, and how each is opened (`studio.services.candidates.resolve`).
        inputs: Values of the task's input fields.
        options: Options that differ from the defaults.
        plan: How to run and measure.
        observer: Hears of progress.
        stop: Once set, what is running is stopped, and what has not begun is left out as stopped.
        pool: Keeps candidates open for the next comparison; without one, each is closed once it has answered.
        own_options: For each candidate, options of its own on top of ``options``.

    Raises:
        InputError: The input or an option can't be used by any model.
    """
    plan = plan or Plan()
    stop = stop or threading.Event()
    if not candidates:
        raise InputError(_("There is no candidate to run."), _("Name at least one model."))
    task.check(inputs)
    resolved = task.resolve_options(options)
    own = [task.resolve_options({**options, **given}) for given in own_options or [{}] * len(candidates)]
    with CandidatePool(keep=0) if pool is None else nullcontext(pool) as used:
        runs = [
            _Run(task, candidate, spec, inputs, choice, plan, observer or Silent(), stop)
            for (candidate, spec), choice in zip(candidates, own, strict=True)
        ]
        if plan.at_once:
            with ThreadPoolExecutor(len(runs)) as threads:
                try:
                    results = tuple(threads.map(lambda run: run.result(used), runs))
                except BaseException:
                    # Such as Ctrl+C: leaving the block waits for all threads.
                    stop.set()
                    raise
        else:
            results = tuple(run.result(used) for run in runs)
    facts = dict(environment())
    facts["seed"] = resolved.get("seed")
    facts["schedule"] = "all at once" if plan.at_once else "one after another"
    return Comparison(task.id, inputs, resolved, results, facts)


def run_candidate(
    task: Task,
    candidate: Candidate,
    spec: LoadSpec,
    inputs: Inputs,
    options: Mapping[str, Any],
    pool: CandidatePool,
    plan: Plan | None = None,
    observer: Observer | None = None,
    stop: threading.Event | None = None,
) -> CandidateResult:
    """Run one candidate on one input; blocks until it has answered, so call it from a thread that may wait.

    Args:
        task: What it does.
        candidate: Who it is.
        spec: How it is opened; ``plan.threads`` replaces its threads.
        inputs: Values of the task's input fields.
        options: Options that differ from the defaults.
        pool: Where it is open already, or is kept open.
        plan: How to run and measure.
        observer: Hears of progress, and of the result.
        stop: Once set, the run is stopped; what was answered by then is the result.

    Returns:
        The answer or the failure: nothing that a model or a worker does is raised.

    Raises:
        InputError: The input or an option can't be used by any model.
    """
    task.check(inputs)
    resolved = task.resolve_options(options)
    stop = stop or threading.Event()
    return _Run(task, candidate, spec, inputs, resolved, plan or Plan(), observer or Silent(), stop).result(pool)


class _Run:
    """One candidate from opening it to its result."""

    def __init__(
        self,
        task: Task,
        candidate: Candidate,
        spec: LoadSpec,
        inputs: Inputs,
        options: Options,
        plan: Plan,
        observer: Observer,
        stop: threading.Event,
    ) -> None:
        self._task = task
        self._candidate = candidate
        self._spec = replace(spec, threads=plan.threads)
        self._inputs = inputs
        self._options = options
        self._plan = plan
        self._observer = observer
        self._waiter = Waiter(stop, plan.timeout_s, candidate.name)
        self._placement: Placement | None = None

    def result(self, pool: CandidatePool) -> CandidateResult:
        """The answer with its measurement, or the failure, told to the observer as well."""
        try:
            with pool.borrow(self._spec, self._waiter, lambda: self._tell("loading")) as opened:
                self._placement = opened.loaded.placement
                result = self._measure(opened)
        except StudioError as error:
            result = CandidateResult(
                self._candidate, placement=self._placement, failure=Failure.of(error), options=self._options
            )
        self._observer.finished(result)
        return result

    def _measure(self, opened: OpenCandidate) -> CandidateResult:
        # Who answers on another computer is paid for every request, and somebody else has warmed it up already. A
        # server on this one may open its model with the first question.
        if self._plan.warm_up and not opened.warm and not self._candidate.leaves:
            self._tell("warming up")
            self._answer(opened, self._short_options())
            self._waiter.check()
        self._tell("answering")
        runs = [self._answer(opened, self._options, self._on_text)]
        opened.warm = True
        self._observer.answered(self._candidate, runs[0].prediction)
        began = time.monotonic()
        while not self._enough(runs, time.monotonic() - began + runs[0].latency_s):
            if len(runs) == 1:
                self._tell("measuring")
            try:
                run = self._answer(opened, self._options)
                self._waiter.check()
            except StoppedError:
                # Stopped in the middle, this run is no figure; the answer and the earlier figures stand.
                break
            runs.append(run)
        return CandidateResult(
            self._candidate,
            prediction=runs[0].prediction,
            measurement=measure(opened.loaded, runs),
            placement=opened.loaded.placement,
            options=self._options,
        )

    def _answer(self, opened: OpenCandidate, options: Options, on_text: Any = None) -> Ran:
        return self._waiter.result(opened.worker.run(self._inputs, options, on_text))

    def _tell(self, stage: str) -> None:
        self._observer.stage(self._candidate, stage)

    def _on_text(self, piece: str) -> None:
        self._observer.text(self._candidate, piece)

    def _short_options(self) -> Options:
        """For the warm-up: the first steps touch every kernel and buffer, the rest would only cost time."""
        if self._task.streams and "max_new_tokens" in self._options:
            # None means the model's own limit.
            return {**self._options, "max_new_tokens": min(2, self._options["max_new_tokens"] or 2)}
        return self._options

    def _enough(self, runs: Sequence[Ran], elapsed_s: float) -> bool:
        if self._waiter.stop.is_set():
            return True
        if self._plan.runs is not None:
            return len(runs) >= self._plan.runs
        steady = len(runs) >= STEADY_RUNS and elapsed_s >= STEADY_S
        return self._task.streams or self._candidate.remote or steady or len(runs) >= _MOST_RUNS
