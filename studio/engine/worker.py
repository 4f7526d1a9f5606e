"""The parent's handle on one worker process."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import IO, Any, Literal

from studio.domain.attribution import Question, Reply
from studio.domain.errors import Failure
from studio.domain.prediction import PredictionTable
from studio.domain.provider import InstalledRuntime
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.engine.child import failure_of
from studio.engine.endings import closed, crashed, hung
from studio.engine.gpu import device_memory_mb
from studio.engine.jobs import Cancelled, Failed, Finished, Job, Outcome, call_safely
from studio.engine.memory import peak_memory_mb
from studio.engine.protocol import (
    BatchDone,
    Cancel,
    EachDone,
    Explain,
    ExplainDone,
    JobCancelled,
    JobFailed,
    Load,
    LoadDone,
    Loaded,
    Measure,
    MeasureDone,
    Ping,
    Pong,
    Probe,
    ProbeDone,
    Ran,
    RanBatch,
    Ready,
    Run,
    RunBatch,
    RunDone,
    RunEach,
    Text,
)

#: Job ids are unique in this process, so a late answer of one job is never taken for another's.
_IDS = itertools.count(1)
_PING = bytes(ForkingPickler.dumps(Ping()))
#: How much of what a process printed is kept when it dies.
_LOG_TAIL_BYTES = 4000


@dataclass(frozen=True)
class Patience:
    """How long a worker may take before it is ended.

    Attributes:
        start_s: For its first message.
        cancel_s: To stop a run that was cancelled. With the kill that follows, Stop takes less than a second.
        ping_every_s: How often a busy worker is asked for a sign of life.
        pong_s: To give it, or to take in an input that was sent. Generous: an import can hold a process up.
    """

    start_s: float = 60.0
    cancel_s: float = 0.8
    ping_every_s: float = 5.0
    pong_s: float = 30.0


#: What is being waited for; see `Patience`.
Wait = Literal["start", "cancel", "pong", "send"]


class Worker:
    """One worker process. It does one job at a time; every method may be called from any thread.

    Made by `studio.engine.supervisor.Supervisor.start`. Methods that begin with ``on_`` are the supervisor's.
    """

    def __init__(
        self,
        process: SpawnProcess,
        connection: Connection,
        log: IO[bytes] | None,
        started_s: float,
        patience: Patience,
        wake: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.process = process
        self._pid = process.pid
        self._log = log
        self._patience = patience
        self._wake = wake
        self._lock = threading.Lock()
        self._send_lock = threading.Lock()
        self._gone = threading.Event()
        self._job: Job[Any] | None = None
        self._job_is_load = False
        self._submitted_s = 0.0
        self._placement: Placement | None = None
        self._started_s = started_s
        self._ready_s = 0.0
        self._failure: Failure | None = None
        self._killed = False
        self._next_ping_s = 0.0
        self._deadlines: dict[Wait, float] = {"start": started_s + patience.start_s}

    @property
    def pid(self) -> int | None:
        """The process's id."""
        return self._pid

    @property
    def failure(self) -> Failure | None:
        """Why it can do no more jobs; None while it can."""
        return self._failure

    def load(self, spec: LoadSpec) -> Job[Loaded]:
        """Open a candidate."""
        return self._submit(lambda job: Load(job, spec), is_load=True)

    def run(self, inputs: Inputs, options: Options, on_text: Callable[[str], None] | None = None) -> Job[Ran]:
        """Answer one input with the open candidate.

        Args:
            inputs: Values of the task's input fields.
            options: Values of all the task's options.
            on_text: Hears each new piece of a streamed answer, on the supervisor's thread: it must be quick.
        """
        return self._submit(lambda job: Run(job, inputs, options), on_text)

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> Job[RanBatch]:
        """Answer several inputs with the open candidate in one run of the graph; see `Loaded.batches`."""
        return self._submit(lambda job: RunBatch(job, tuple(batch), options))

    def run_each(self, batch: Sequence[Inputs], options: Sequence[Options]) -> Job[PredictionTable]:
        """Answer several inputs at the same time, each by itself and with its own options; see `Loaded.at_once`."""
        return self._submit(lambda job: RunEach(job, tuple(batch), tuple(options)))

    def explain(self, question: Question) -> Job[Reply]:
        """Ask the open candidate about an answer, see `studio.domain.running.ExplainingRunner`."""
        return self._submit(lambda job: Explain(job, question))

    def lengths(self, batch: Sequence[Inputs]) -> Job[tuple[int, ...]]:
        """How many tokens of each input the open candidate reads; see `Loaded.batches`."""
        return self._submit(lambda job: Measure(job, tuple(batch)))

    def probe(self) -> Job[InstalledRuntime]:
        """Ask what the installed ONNX Runtime offers."""
        return self._submit(Probe, is_load=True)

    def close(self) -> None:
        """End the process, whatever it does; a job that goes on ends as cancelled."""
        self._kill(closed(), Cancelled())

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the process is gone and its memory free; whether it is."""
        return self._gone.wait(timeout_s)

    def _submit(
        self, message: Callable[[int], Any], on_text: Callable[[str], None] | None = None, is_load: bool = False
    ) -> Job[Any]:
        submitted_s = time.perf_counter()
        job: Job[Any] = Job(next(_IDS), self._cancel, on_text)
        data = bytes(ForkingPickler.dumps(message(job.id)))
        with self._lock:
            if self._job is not None:
                raise RuntimeError("a worker does one job at a time")
            if self._failure is None:
                now = time.monotonic()
                self._job, self._job_is_load, self._submitted_s = job, is_load, submitted_s
                self._next_ping_s = now + self._patience.ping_every_s
                self._deadlines["send"] = now + self._patience.pong_s
        if self._failure is not None:
            job.end(Failed(self._failure))
            return job
        with self._send_lock:
            self._send(data)
        self._no_longer("send")
        return job

    def _send(self, data: bytes) -> None:
        """Send a message; the send lock is held."""
        # Where the process is gone or being ended, the supervisor hears of it too, and ends the job.
        with suppress(OSError, ValueError):
            self.connection.send_bytes(data)

    def _send_if_free(self, data: bytes) -> None:
        """Send a small message unless a larger one is stuck before it, in a process that doesn't read."""
        if self._send_lock.acquire(blocking=False):
            try:
                self._send(data)
            finally:
                self._send_lock.release()

    def _cancel(self, job: Job[Any]) -> None:
        with self._lock:
            if self._job is not job:
                return
            is_load = self._job_is_load
            self._deadlines.setdefault("cancel", time.monotonic() + self._patience.cancel_s)
        if is_load:
            # Opening a model is one long call into a library that nothing can interrupt.
            self._kill(closed(), Cancelled())
            return
        self._send_if_free(bytes(ForkingPickler.dumps(Cancel(job.id))))
        self._wake()

    def _kill(self, failure: Failure, outcome: Outcome[Any]) -> None:
        """End the process, and its job with ``outcome``; ``failure`` is what later jobs are told."""
        with self._lock:
            self._failure = self._failure or failure
            first, self._killed = not self._killed, True
            self._deadlines.clear()
            job, self._job = self._job, None
            if first and not self._gone.is_set():
                self.process.kill()
        if job is not None:
            job.end(outcome)

    # ── the supervisor's, on its thread ──────────────────────────────────────────────────────────────────────────

    @property
    def next_deadline_s(self) -> float | None:
        """When `on_time` wants to be called next, on the monotonic clock; None when nothing is going on."""
        with self._lock:
            due = list(self._deadlines.values())
            if self._job is not None and "pong" not in self._deadlines:
                due.append(self._next_ping_s)
        return min(due, default=None)

    def on_message(self) -> bool:
        """Take one message; False when the process closed its end."""
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            return False
        except Exception as error:  # noqa: BLE001 - the process's edge: an answer that can't be read
            self._kill(failure_of(error), Failed(failure_of(error)))
            return True
        self._take(message)
        return True

    def _take(self, message: Any) -> None:
        arrived_s = time.perf_counter()
        match message:
            case Text(job=job, piece=piece):
                current = self._job
                if current is not None and current.id == job and current.on_text is not None:
                    call_safely(current.on_text, piece)
            case Ready():
                self._ready_s = time.monotonic() - self._started_s
                self._no_longer("start")
            case Pong():
                self._next_ping_s = time.monotonic() + self._patience.ping_every_s
                self._no_longer("pong")
            case LoadDone() as done:
                self._placement = done.placement
                self._end(
                    done.job,
                    Finished(
                        Loaded(
                            done.load_s,
                            done.placement,
                            done.idle_memory_mb,
                            self._ready_s,
                            done.batches,
                            done.at_once,
                        )
                    ),
                )
            case RunDone(job=job, prediction=prediction):
                latency_s = arrived_s - self._submitted_s - prediction.timing.waited_s
                self._end(
                    job, Finished(Ran(prediction, latency_s, peak_memory_mb(self._pid), self._device_memory_mb()))
                )
            case BatchDone(job=job, table=table):
                latency_s = arrived_s - self._submitted_s
                self._end(
                    job, Finished(RanBatch(table, latency_s, peak_memory_mb(self._pid), self._device_memory_mb()))
                )
            case EachDone(job=job, table=each):
                self._end(job, Finished(each))
            case ExplainDone(job=job, reply=reply):
                self._end(job, Finished(reply))
            case MeasureDone(job=job, lengths=lengths):
                self._end(job, Finished(lengths))
            case ProbeDone(job=job, runtime=runtime):
                self._end(job, Finished(runtime))
            case JobFailed(job=job, failure=failure):
                self._end(job, Failed(failure))
            case JobCancelled(job=job):
                self._end(job, Cancelled())

    def _device_memory_mb(self) -> float | None:
        """Asked only where a GPU may be at work: the driver takes milliseconds to answer."""
        placement = self._placement
        if placement is None or placement.remote is not None:
            return None
        on_processor = placement.provider in ("CPUExecutionProvider", "PyTorch")
        return None if on_processor else device_memory_mb(self._pid)

    def _end(self, job_id: int, outcome: Outcome[Any]) -> None:
        with self._lock:
            job = self._job
            if job is None or job.id != job_id:
                return
            self._job = None
            self._deadlines.pop("cancel", None)
            self._deadlines.pop("pong", None)
        job.end(outcome)

    def _no_longer(self, wait: Wait) -> None:
        with self._lock:
            self._deadlines.pop(wait, None)

    def on_time(self) -> None:
        """End the process if something is overdue; ask it for a sign of life if it is busy for long."""
        now = time.monotonic()
        with self._lock:
            overdue = {wait for wait, due_s in self._deadlines.items() if due_s <= now}
            ask = self._job is not None and "pong" not in self._deadlines and self._next_ping_s <= now
            if ask and not overdue:
                self._deadlines["pong"] = now + self._patience.pong_s
        if "cancel" in overdue:
            self._kill(closed(), Cancelled())
        elif overdue:
            self._kill(hung(), Failed(hung()))
        elif ask:
            self._send_if_free(_PING)

    def on_exit(self) -> None:
        """The process ended or closed its end: take what it said last, and tell why it ended if nobody knows."""
        try:
            while self.connection.poll():
                if not self.on_message():
                    break
        except OSError:
            pass
        self.process.join(1)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        with self._lock:
            if self._failure is None:
                self._failure = crashed(self.process.exitcode, self._last_words())
            failure, job = self._failure, self._job
            self._job = None
            self._deadlines.clear()
            self._gone.set()
        # A sender that was stuck fails now that the other end is gone; the handle must not be reused under it.
        with self._send_lock:
            self.connection.close()
        if self._log is not None:
            self._log.close()
            # On most systems the worker did so itself.
            with suppress(OSError):
                Path(self._log.name).unlink(missing_ok=True)
        if job is not None:
            job.end(Failed(failure))

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        try:
            self._log.seek(max(0, os.fstat(self._log.fileno()).st_size - _LOG_TAIL_BYTES))
            return self._log.read().decode("utf-8", errors="replace").strip()
        except OSError:
            return ""
