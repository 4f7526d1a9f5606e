"""Ctrl+C in a terminal reaches every process of the group; only the one that the user started may decide."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Start processes in here: Ctrl+C waits for the end of the block.

    A process that is started inherits this until it ignores the signal itself, so it never dies of one with a
    traceback; and none is started but not noted.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Starting the first process would start this one as well, which lets interrupts through again when it is up.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
