"""Runs the trainer in a process of its own: torch is never loaded here, a crash stays there, and orders reach it."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from studio.domain.errors import ConversionError, Failure, StoppedError
from studio.domain.i18n import _, language, set_language
from studio.domain.interrupts import interrupts_held_back
from studio.teaching.fine_tuning_plan import LOG, Epoch, Order, Paused, Stage, Step, Trained, TrainingPlan

_LOG_TAIL_CHARACTERS = 6000
#: How long the trainer may take to write its last checkpoint once it is cancelled.
_LAST_WORDS_S = 10.0


class Control:
    """What a user may order while a model is being taught; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused = False
        self._keeps = False
        self._cancelled = threading.Event()

    @property
    def paused(self) -> bool:
        """Whether it shall wait."""
        with self._lock:
            return self._paused

    @property
    def keeps(self) -> bool:
        """Whether it shall stop and keep the best."""
        with self._lock:
            return self._keeps

    @property
    def cancelled(self) -> threading.Event:
        """Set once it shall end with nothing but its checkpoint."""
        return self._cancelled

    def pause(self) -> None:
        """Wait; the checkpoint is written first."""
        with self._lock:
            self._paused = True

    def go_on(self) -> None:
        """Go on after a pause."""
        with self._lock:
            self._paused = False

    def stop_and_keep(self) -> None:
        """Learn no more, and make a model of the best weights so far."""
        with self._lock:
            self._keeps, self._paused = True, False

    def cancel(self) -> None:
        """End it. The checkpoint stays, so that it can go on later."""
        self._cancelled.set()


#: Hears what the trainer says, on the thread that trains.
OnMessage = Callable[[Stage | Step | Epoch | Paused], object]


def train(plan: TrainingPlan, folder: Path, control: Control, on_message: OnMessage) -> Trained:
    """Train in a process of its own, from the last checkpoint in ``folder`` where there is one.

    Raises:
        StoppedError: It was cancelled; its checkpoint stays.
        StudioError: Whatever the trainer raised.
        ConversionError: The process ended without an answer; its checkpoint stays.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(plan, folder, theirs, language()), name="studio-teach", daemon=True)
    try:
        with interrupts_held_back():
            process.start()
        theirs.close()
        return _follow(process, ours, folder / LOG, control, on_message)
    finally:
        _end(process)
        ours.close()


def _work(plan: TrainingPlan, folder: Path, connection: Connection, spoken: str) -> None:
    # What it says reaches the user.
    set_language(spoken)
    # Imported here, in the new process: the parent must not load what it needs.
    from studio.services.fine_tuning_child import main

    main(plan, folder, connection)


def _follow(process: Any, connection: Connection, log: Path, control: Control, on_message: OnMessage) -> Trained:
    paused, kept = False, False
    while True:
        if control.cancelled.is_set():
            _say(connection, "cancel")
            process.join(_LAST_WORDS_S)
            raise StoppedError(_("Stopped. What it has learned so far is kept, so that it can go on later."))
        if control.paused != paused:
            paused = control.paused
            _say(connection, "pause" if paused else "go on")
        if control.keeps and not kept:
            kept = True
            _say(connection, "keep")
        ready = wait([connection, process.sentinel], timeout=0.1)
        if connection in ready:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                message = None
            if isinstance(message, Trained):
                return message
            if isinstance(message, Failure):
                detail = f"{message.detail}\n{_tail(log)}".strip()
                raise Failure(message.kind, message.message, message.next_step, detail).to_error()
            if message is not None:
                on_message(message)
                continue
        if ready:
            process.join(5)
            raise ConversionError(
                _("The trainer ended without an answer (exit code {code}).").format(code=process.exitcode),
                _("What it has learned so far is kept: continue it, with less memory taken by other programs."),
                _tail(log),
            )


def _say(connection: Connection, order: Order) -> None:
    try:
        connection.send(order)
    except OSError:
        # It has ended; what it said before is still to be read.
        return


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
    except OSError:
        return ""


def _end(process: Any) -> None:
    if process.pid is None:
        return
    if process.is_alive():
        process.join(0.5)
        process.kill()
    process.join()
    process.close()
