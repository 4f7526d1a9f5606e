"""Runs the preparation of a model in a process of its own: torch is never loaded here, and a crash stays there."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from studio.domain.errors import ConversionError, Failure
from studio.domain.i18n import _
from studio.domain.interrupts import interrupts_held_back
from studio.library.plan import Done, Plan, Progress

_LOG_TAIL_CHARACTERS = 6000


def prepare(
    plan: Plan,
    working: Path,
    keep_log: Path | None,
    on_stage: Callable[[str, float, str], None],
    cancelled: Callable[[], bool],
) -> bool:
    """Prepare a model in ``working/model``.

    Args:
        plan: What to do.
        working: An empty folder for everything that is needed.
        keep_log: Where to copy what the libraries print; None keeps nothing.
        on_stage: See `studio.library.add.AddObserver.stage`.
        cancelled: Asked about ten times a second; once true, the process is ended.

    Returns:
        Whether the model is complete; not so where it was cancelled.

    Raises:
        StudioError: Whatever the preparation raised.
        ConversionError: The process ended without an answer.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    log = working / "log.txt"
    process = context.Process(target=_work, args=(plan, working, theirs), name="studio-add", daemon=True)
    try:
        with interrupts_held_back():
            process.start()
        theirs.close()
        return _follow(process, ours, log, on_stage, cancelled)
    finally:
        _end(process)
        ours.close()
        if keep_log and log.exists():
            keep_log.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, keep_log)


def _work(plan: Plan, working: Path, connection: Connection) -> None:
    # Imported here, in the new process: the parent must not load what it needs.
    from studio.library.preparing import main

    main(plan, working, connection)


def _follow(
    process: Any,
    connection: Connection,
    log: Path,
    on_stage: Callable[[str, float, str], None],
    cancelled: Callable[[], bool],
) -> bool:
    while True:
        if cancelled():
            return False
        ready = wait([connection, process.sentinel], timeout=0.1)
        if connection in ready:
            try:
                message = connection.recv()
            except EOFError:
                message = None
            if isinstance(message, Progress):
                on_stage(message.name, message.fraction, message.message)
                continue
            if isinstance(message, Failure):
                raise Failure(
                    message.kind, message.message, message.next_step, f"{message.detail}\n{_tail(log)}".strip()
                ).to_error()
            if isinstance(message, Done):
                return True
        if ready:
            process.join(5)
            raise ConversionError(
                _("The conversion ended without an answer (exit code {code}).").format(code=process.exitcode),
                _("Most often there was not enough memory: close other programs, or convert a smaller model."),
                _tail(log),
            )


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
    except OSError:
        return ""


def _end(process: Any) -> None:
    """End the process and whatever it started."""
    import psutil

    if process.pid is None:
        return
    if process.is_alive():
        try:
            children = psutil.Process(process.pid).children(recursive=True)
        except psutil.Error:
            children = []
        process.join(0.5)
        process.kill()
        for child in children:
            try:
                child.kill()
            except psutil.Error:
                continue
    process.join()
    process.close()
