"""Keeps loaded candidates open between runs, as long as there is memory for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from studio.domain.errors import InputError, OutOfMemory, StudioError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec
from studio.engine.protocol import Loaded
from studio.engine.supervisor import Supervisor
from studio.engine.worker import Worker
from studio.services.fit import RESERVE_MB, free_memory_mb, need_of, remember_peak
from studio.services.waiting import POLL_S, Waiter, stopped

#: Longest wait for the memory of a worker that was closed.
_CLOSING_S = 5.0


@dataclass(eq=False)
class OpenCandidate:
    """A loaded candidate, lent to one caller at a time.

    Attributes:
        spec: What was opened.
        worker: Its process.
        loaded: What loading reported, the first time.
        warm: Whether it has answered something, so that a measured run needs no warm-up. The borrower sets it.
    """

    spec: LoadSpec
    worker: Worker
    loaded: Loaded
    warm: bool = False


@dataclass(eq=False)
class _Slot:
    """A place in the pool; ``candidate`` is None while it loads."""

    spec: LoadSpec
    need_mb: float
    candidate: OpenCandidate | None = None
    busy: bool = True
    used_s: float = field(default_factory=time.monotonic)


class CandidatePool:
    """Loaded candidates by their `LoadSpec`. Safe to use from any thread.

    When memory runs short, or more candidates than ``keep`` are open, the least recently used ones that nobody uses
    are closed. One that crashed is dropped, and opened again when it is asked for.

    Args:
        supervisor: Starts the workers; the pool's own where None.
        keep: How many candidates stay open while nobody uses them; None for as many as there is memory for.
        budget_mb: Memory that all open candidates may use together, 10^6 bytes; None for what the computer has.
        free_mb: Memory that is available right now, 10^6 bytes.
    """

    def __init__(
        self,
        supervisor: Supervisor | None = None,
        keep: int | None = None,
        budget_mb: float | None = None,
        free_mb: Callable[[], float] | None = None,
    ) -> None:
        self._supervisor = supervisor or Supervisor()
        self._keep = keep
        self._budget_mb = budget_mb
        self._free_mb = free_mb or free_memory_mb
        self._changed = threading.Condition()
        self._slots: list[_Slot] = []
        self._closed = False

    @contextmanager
    def borrow(
        self, spec: LoadSpec, waiter: Waiter, on_load: Callable[[], None] = lambda: None
    ) -> Iterator[OpenCandidate]:
        """The candidate, opened if it isn't; nobody else gets it meanwhile.

        Args:
            spec: What to open. A second borrower of the same one waits.
            waiter: Waits for loading, and knows of Stop.
            on_load: Called when the candidate has to be loaded first.

        Raises:
            StoppedError: The user stopped it while it loaded or waited for its turn.
            StudioError: It could not be opened.
        """
        slot = self._take(spec, waiter)
        healthy = False
        try:
            if slot.candidate is None:
                on_load()
                self._make_room(slot)
                slot.candidate = self._open(spec, waiter)
            yield slot.candidate
            healthy = True
        except OutOfMemory:
            raise
        except StudioError:
            # The model refused, or was stopped: the worker says itself whether it can go on.
            healthy = slot.candidate is not None
            raise
        finally:
            self._give_back(slot, healthy)

    def close(self) -> None:
        """Close all candidates, also those in use. Nothing can be borrowed any more."""
        with self._changed:
            self._closed = True
            self._slots.clear()
            self._changed.notify_all()
        self._supervisor.close()

    def close_idle(self, keep: Collection[LoadSpec] = ()) -> None:
        """Close the candidates that nobody uses, to free their memory, except those in ``keep`` (threads aside)."""
        kept = [replace(spec, threads=0) for spec in keep]
        with self._changed:
            idle = [slot for slot in self._slots if not slot.busy and replace(slot.spec, threads=0) not in kept]
            self._slots = [slot for slot in self._slots if slot not in idle]
        _close(idle)

    def release(self, folder: Path) -> None:
        """Close the candidates of a model's folder, which is about to go.

        Raises:
            InputError: One of them is at work; all stay open.
        """
        with self._changed:
            of_it = [slot for slot in self._slots if slot.spec.folder == folder]
            if any(slot.busy for slot in of_it):
                raise InputError(
                    _("The model is at work right now."), _("Stop what runs with it, or wait until it is done.")
                )
            self._slots = [slot for slot in self._slots if slot not in of_it]
        _close(of_it)

    def set_budget(self, budget_mb: float | None) -> None:
        """Another ``budget_mb``; it counts from the next candidate on that is opened."""
        self._budget_mb = budget_mb

    @property
    def open(self) -> tuple[LoadSpec, ...]:
        """What is open or being opened, least recently used first."""
        with self._changed:
            return tuple(slot.spec for slot in sorted(self._slots, key=lambda slot: slot.used_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, spec: LoadSpec, waiter: Waiter) -> _Slot:
        """The slot of a candidate, busy from now on."""
        with self._changed:
            while True:
                self._check_open()
                waiter.check()
                slot = next((slot for slot in self._slots if slot.spec == spec), None)
                if slot is None:
                    slot = _Slot(spec, need_of(spec).memory_mb)
                    self._slots.append(slot)
                    return slot
                if not slot.busy:
                    slot.busy = True
                    if slot.candidate is not None and slot.candidate.worker.failure is not None:
                        slot.candidate = None
                    return slot
                self._changed.wait(POLL_S)

    def _open(self, spec: LoadSpec, waiter: Waiter) -> OpenCandidate:
        worker = self._supervisor.start()
        try:
            self._check_open()
            return OpenCandidate(spec, worker, waiter.result(worker.load(spec)))
        except BaseException:
            worker.close()
            raise

    def _check_open(self) -> None:
        if self._closed:
            raise stopped()

    def _give_back(self, slot: _Slot, healthy: bool) -> None:
        candidate = slot.candidate
        if healthy and candidate is not None and candidate.warm:
            remember_peak(slot.spec, candidate.worker.pid)
        with self._changed:
            slot.busy, slot.used_s = False, time.monotonic()
            leaving = []
            if candidate is None or not healthy or candidate.worker.failure is not None:
                leaving = [slot]
            elif self._keep is not None:
                idle = sorted((slot for slot in self._slots if not slot.busy), key=lambda slot: slot.used_s)
                leaving = idle[: max(0, len(idle) - self._keep)]
            self._slots = [slot for slot in self._slots if slot not in leaving]
            self._changed.notify_all()
        _close(leaving)

    def _make_room(self, newcomer: _Slot) -> None:
        """Close idle candidates, least recently used first, until there is room or none is left."""
        while not self._fits(newcomer):
            with self._changed:
                idle = [slot for slot in self._slots if not slot.busy]
                if not idle:
                    return
                oldest = min(idle, key=lambda slot: slot.used_s)
                self._slots.remove(oldest)
            _close([oldest])

    def _fits(self, newcomer: _Slot) -> bool:
        with self._changed:
            # What loads beside it has not taken its memory yet.
            loading = [slot for slot in self._slots if slot.candidate is None and slot is not newcomer]
        need_mb = newcomer.need_mb + sum(slot.need_mb for slot in loading)
        if self._free_mb() - RESERVE_MB < need_mb:
            return False
        return self._budget_mb is None or self._used_mb() + need_mb <= self._budget_mb

    def _used_mb(self) -> float:
        with self._changed:
            pids = [slot.candidate.worker.pid for slot in self._slots if slot.candidate is not None]
        return sum(resident_memory_mb(pid) for pid in pids if pid is not None)


def _close(slots: list[_Slot]) -> None:
    workers = [slot.candidate.worker for slot in slots if slot.candidate is not None]
    for worker in workers:
        worker.close()
    for worker in workers:
        worker.join(_CLOSING_S)


def resident_memory_mb(pid: int) -> float:
    """What a process uses right now, in 10^6 bytes; 0 when it is gone."""
    import psutil

    try:
        return float(psutil.Process(pid).memory_info().rss) / 1e6
    except psutil.Error:
        return 0.0
