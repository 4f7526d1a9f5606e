"""Starts worker processes and watches over them: one thread waits for messages, deaths and deadlines together."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from multiprocessing import spawn
from multiprocessing.connection import Pipe, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from studio.domain.errors import WorkerError
from studio.domain.i18n import _
from studio.domain.interrupts import interrupts_held_back
from studio.engine.child import OpenCandidate, main, open_candidate
from studio.engine.worker import Patience, Worker

#: How often deadlines are looked at while workers are there. A new job then need not wake the supervisor.
_TICK_S = 1.0
#: Longest wait for a killed process to be gone: one that hangs in the system's own code may never be.
_CLOSING_S = 5.0
_CONTEXT = multiprocessing.get_context("spawn")
#: Starting a process changes, for a moment, what belongs to the whole program.
_STARTING = threading.Lock()


class Supervisor:
    """A group of worker processes. Leaving it as a context manager ends them all.

    Args:
        opener: Opens candidates inside a worker; a function at the top level of a module.
        patience: How long workers may take.
    """

    def __init__(self, opener: OpenCandidate = open_candidate, patience: Patience | None = None) -> None:
        self._opener = opener
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        self._thread: threading.Thread | None = None
        self._wake_in, self._wake_out = Pipe(duplex=False)
        self._waking = False

    def start(self) -> Worker:
        """A new worker process. Returns at once; its first job waits until it is up.

        Raises:
            WorkerError: The system can't start another process.
        """
        try:
            return self._start()
        except OSError as error:
            raise WorkerError(
                _("The system could not start a process for the model."),
                _("Close other programs and try again."),
                str(error),
            ) from error

    def _start(self) -> Worker:
        connection, other_end = _CONTEXT.Pipe()
        log = _new_log()
        process = _CONTEXT.Process(
            target=main, args=(other_end, Path(log.name) if log else None, self._opener), daemon=True
        )
        started_s = time.monotonic()
        with interrupts_held_back():
            try:
                _start_bare(process)
            except OSError:
                if log is not None:
                    log.close()
                    Path(log.name).unlink(missing_ok=True)
                raise
            # Kept open here, it would hide the worker's death: no end of file would ever come.
            other_end.close()
            worker = Worker(process, connection, log, started_s, self._patience, self._wake)
            with self._lock:
                self._workers.append(worker)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._watch, name="studio-supervisor", daemon=True)
                    self._thread.start()
            self._wake()
        return worker

    def close(self) -> None:
        """End all workers; jobs that go on end as cancelled."""
        with self._lock:
            workers, thread = list(self._workers), self._thread
        for worker in workers:
            worker.close()
        if thread is not threading.current_thread():
            for worker in workers:
                worker.join(_CLOSING_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake(self) -> None:
        if not self._waking:
            self._waking = True
            self._wake_out.send_bytes(b"\n")

    def _watch(self) -> None:
        while True:
            with self._lock:
                workers = list(self._workers)
                if not workers:
                    self._thread = None
                    return
            gone = self._wait(workers)
            for worker in workers:
                if worker in gone:
                    worker.on_exit()
                else:
                    worker.on_time()
            if gone:
                with self._lock:
                    self._workers = [worker for worker in self._workers if worker not in gone]

    def _wait(self, workers: list[Worker]) -> set[Worker]:
        """Handle what comes next; returns the workers that ended."""
        of: dict[Any, Worker] = {worker.connection: worker for worker in workers}
        ends: dict[Any, Worker] = {worker.process.sentinel: worker for worker in workers}
        due = [due_s for worker in workers if (due_s := worker.next_deadline_s) is not None]
        timeout_s = min([_TICK_S, *(due_s - time.monotonic() for due_s in due)])
        gone = set()
        for ready in wait([*of, *ends, self._wake_in], max(0.0, timeout_s)):
            if ready is self._wake_in:
                self._wake_in.recv_bytes()
                self._waking = False
            elif ready in ends:
                gone.add(ends[ready])
            elif not of[ready].on_message():
                gone.add(of[ready])
        return gone


def _new_log() -> IO[bytes] | None:
    """A file for what a worker prints; None if there is no room for one."""
    try:
        return tempfile.NamedTemporaryFile(prefix="studio-worker-", suffix=".log", delete=False)
    except OSError:
        return None


def _start_bare(process: SpawnProcess) -> None:
    """Start a process that does not import this program's main module again.

    multiprocessing does so for functions that are defined there; a worker needs none, and the terminal's or the
    window's libraries would cost it time and memory.
    """
    with _STARTING:
        original = spawn.get_preparation_data

        def without_main(name: str) -> dict[str, Any]:
            data = original(name)
            return {key: value for key, value in data.items() if not key.startswith("init_main")}

        spawn.get_preparation_data = without_main
        try:
            process.start()
        finally:
            spawn.get_preparation_data = original
