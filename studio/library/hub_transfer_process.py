"""Runs a transfer in a process of its own and follows it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from studio.domain.errors import Failure, HubError
from studio.domain.i18n import _
from studio.domain.interrupts import interrupts_held_back
from studio.library.hub_transfer import Arrived, Complete, Transfer, main


def fetch(transfer: Transfer, on_arrived: Callable[[Arrived], None], stopped: Callable[[], bool]) -> bool:
    """Fetch all files of a transfer.

    Args:
        transfer: What to fetch, into its job's folder.
        on_arrived: Hears about the progress, on this thread.
        stopped: Asked about ten times a second; once true, the process is ended and what has arrived stays.

    Returns:
        Whether everything is there; not so where it was stopped.

    Raises:
        StudioError: Whatever went wrong.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=main, args=(transfer, theirs), name="studio-download", daemon=True)
    try:
        with interrupts_held_back():
            process.start()
        theirs.close()
        return _follow(process, ours, on_arrived, stopped)
    finally:
        if process.pid is not None:
            process.kill()
            process.join()
            process.close()
        ours.close()


def _follow(
    process: Any, connection: Connection, on_arrived: Callable[[Arrived], None], stopped: Callable[[], bool]
) -> bool:
    while True:
        if stopped():
            return False
        ready = wait([connection, process.sentinel], timeout=0.1)
        if connection in ready:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                message = None
            if isinstance(message, Arrived):
                on_arrived(message)
                continue
            if isinstance(message, Failure):
                raise message.to_error()
            if isinstance(message, Complete):
                return True
        if ready:
            process.join(5)
            raise HubError(
                _("The download ended without an answer (exit code {code}).").format(code=process.exitcode),
                _("Go on with it: what has arrived is kept."),
            )
