"""The inside of a worker process: reads messages, runs one job at a time, never outlives its parent.

Imports stay light: no Qt, no torch, no transformers, nothing of the terminal. What a model needs is imported when it
is opened.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from studio.domain.errors import Failure, InputError, StoppedError, StudioError, out_of_memory, tells_of_no_memory
from studio.domain.i18n import _
from studio.domain.prediction import GeneratedText
from studio.domain.running import BatchRunner, ConcurrentRunner, ExplainingRunner, LoadSpec, Runner
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
    Measure,
    MeasureDone,
    Ping,
    Pong,
    Probe,
    ProbeDone,
    Ready,
    Run,
    RunBatch,
    RunDone,
    RunEach,
    Text,
)

#: Opens a candidate. Handed to the process by its qualified name, so that tests can bring their own.
OpenCandidate = Callable[[LoadSpec], Runner]

#: Pieces of text are sent at most so often: each one wakes the parent, which takes a core from the model for a moment.
#: Faster than a screen shows them anyway.
_TEXT_EVERY_S = 0.02


def open_candidate(spec: LoadSpec) -> Runner:
    """Open a candidate through its task's own declaration."""
    from studio.tasks import find_task

    task = find_task(spec.task)
    return task.open_remote(spec) if spec.remote else task.open(spec)


def main(connection: Connection, log: Path | None, opener: OpenCandidate) -> None:
    """Serve the parent at the other end of ``connection`` until it goes away. Entry point of the process.

    Args:
        connection: To the parent.
        log: The file that takes everything libraries print; None for nowhere.
        opener: See `OpenCandidate`.
    """
    # Ctrl+C in a terminal reaches every process of the group; the parent decides and ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _print_to(log)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _Child(connection, opener).serve()


def _print_to(log: Path | None) -> None:
    """Libraries print, also from C++: into the log, never into the JSON that the parent writes."""
    file = (log or Path(os.devnull)).open("a", encoding="utf-8", errors="replace", buffering=1)
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    sys.stdout = sys.stderr = file
    if log is not None:
        # The parent reads it through a handle of its own, so nothing is left behind however either of them ends.
        # Windows removes no open file; there the parent does it.
        with suppress(OSError):
            log.unlink()
    faulthandler.enable(file, all_threads=False)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Child:
    """One job at a time on the main thread; cancellations and pings are read beside it."""

    def __init__(self, connection: Connection, opener: OpenCandidate) -> None:
        self._connection = connection
        self._open = opener
        self._outbox = _Outbox(connection)
        self._inbox: SimpleQueue[Load | Run | RunBatch | RunEach | Explain | Measure | Probe] = SimpleQueue()
        self._runner: Runner | None = None
        self._cancelled_job = 0

    def serve(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        self._outbox.send(Ready())
        while True:
            message = self._inbox.get()
            try:
                self._outbox.send(self._answer(message))
            except StoppedError:
                # A runner that has nothing yet when it is cancelled.
                self._outbox.send(JobCancelled(message.job))
            except Exception as error:  # noqa: BLE001 - the process's edge: whatever it is becomes a value
                self._outbox.send(JobFailed(message.job, failure_of(error)))

    def _listen(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)
            if isinstance(message, Cancel):
                self._cancelled_job = message.job
            elif isinstance(message, Ping):
                self._outbox.send(Pong())
            else:
                self._inbox.put(message)

    def _answer(
        self, message: Load | Run | RunBatch | RunEach | Explain | Measure | Probe
    ) -> LoadDone | RunDone | BatchDone | EachDone | ExplainDone | MeasureDone | ProbeDone | JobCancelled:
        if isinstance(message, Load):
            return self._load(message)
        if isinstance(message, Run):
            return self._run(message)
        if isinstance(message, RunBatch):
            return BatchDone(message.job, self._batches().run_batch(message.batch, message.options))
        if isinstance(message, RunEach):
            return self._run_each(message)
        if isinstance(message, Explain):
            return self._explain(message)
        if isinstance(message, Measure):
            return MeasureDone(message.job, self._batches().lengths(message.batch))
        from studio.runtime.installed import installed_runtime

        return ProbeDone(message.job, installed_runtime())

    def _load(self, message: Load) -> LoadDone:
        spec = message.spec
        _import_libraries(spec)
        _make_cache_folders(spec)
        idle_memory_mb = peak_memory_mb()
        began = time.perf_counter()
        self._runner = self._open(spec)
        load_s = time.perf_counter() - began
        batches = isinstance(self._runner, BatchRunner)
        at_once = self._runner.at_once if isinstance(self._runner, ConcurrentRunner) else 0
        return LoadDone(message.job, load_s, self._runner.placement, idle_memory_mb, batches, at_once)

    def _batches(self) -> BatchRunner:
        if not isinstance(self._runner, BatchRunner):
            raise RuntimeError("no candidate is open that answers several inputs at once")
        return self._runner

    def _run_each(self, message: RunEach) -> EachDone:
        if not isinstance(self._runner, ConcurrentRunner):
            raise RuntimeError("no candidate is open that answers several inputs at the same time")
        job = message.job
        return EachDone(job, self._runner.run_each(message.batch, message.options, lambda: self._cancelled_job == job))

    def _explain(self, message: Explain) -> ExplainDone:
        if not isinstance(self._runner, ExplainingRunner):
            raise InputError(
                _("This model can't say why it answered so."),
                _("Models that run on this computer with ONNX Runtime can."),
            )
        job = message.job
        return ExplainDone(job, self._runner.explain(message.question, lambda: self._cancelled_job == job))

    def _run(self, message: Run) -> RunDone | JobCancelled:
        if self._runner is None:
            raise RuntimeError("no candidate is open")
        job = message.job

        def cancelled() -> bool:
            return self._cancelled_job == job

        def on_text(piece: str) -> None:
            self._outbox.text(job, piece)

        prediction = self._runner.run(message.inputs, message.options, on_text, cancelled)
        output = prediction.output
        if cancelled() and isinstance(output, GeneratedText) and not output.text:
            return JobCancelled(job)
        return RunDone(job, prediction)


class _Outbox:
    """Everything that leaves the process, in order.

    A piece of text costs the decode loop an append: a thread of its own sends it, and puts together what has gathered
    by then, so a parent that is slow to read never holds up a measurement.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._pieces: deque[str] = deque()
        self._job = 0
        self._waiting = threading.Event()
        threading.Thread(target=self._send_texts, daemon=True).start()

    def text(self, job: int, piece: str) -> None:
        self._job = job
        self._pieces.append(piece)
        self._waiting.set()

    def send(self, message: Any) -> None:
        with self._lock:
            self._flush()
            self._connection.send(message)

    def _send_texts(self) -> None:
        while True:
            self._waiting.wait()
            self._waiting.clear()
            with self._lock:
                self._flush()
            time.sleep(_TEXT_EVERY_S)

    def _flush(self) -> None:
        """Send the text so far; the lock is held."""
        pieces = [self._pieces.popleft() for _i in range(len(self._pieces))]
        if pieces:
            self._connection.send(Text(self._job, "".join(pieces)))


def _import_libraries(spec: LoadSpec) -> None:
    """Before the clock starts: load time is the model's, not the libraries'."""
    if spec.remote:
        import studio.remote.client
    elif spec.backend == "onnx":
        import studio.runtime.session
        import studio.runtime.tokenization  # noqa: F401

        _import_media(spec)
    else:
        from studio.baseline.loading import prepare_process

        prepare_process(spec.threads)


def _import_media(spec: LoadSpec) -> None:
    """What opens pictures and recordings."""
    from importlib import import_module

    from studio.tasks import all_tasks

    kinds = {field.kind for task in all_tasks() if task.id == spec.task for field in task.inputs}
    needed = (["PIL.Image"] if "image" in kinds else []) + (["soundfile", "soxr"] if "audio" in kinds else [])
    for name in needed:
        import_module(name)


def _make_cache_folders(spec: LoadSpec) -> None:
    """TensorRT and OpenVINO write what they compiled into a folder that must be there."""
    for name, value in spec.provider.options.items():
        if name.lower().endswith(("cache_path", "cache_dir", "cachedirectory")):
            Path(value).mkdir(parents=True, exist_ok=True)


def failure_of(error: Exception) -> Failure:
    """The failure that stands for an exception; a failed allocation is told apart, whoever reports it."""
    if isinstance(error, StudioError):
        return Failure.of(error)
    detail = "".join(traceback.format_exception(error))
    failure = Failure.of(error, detail)
    if failure.kind == "InternalError" and tells_of_no_memory(detail):
        return Failure.of(out_of_memory(detail))
    return failure
