"""Reads PDF and Word files in a process of its own: they come from anywhere, and their readers are large.

A file that is made to take forever or to fill the memory ends that process and nothing else; and while a long one is
read, the window keeps its thread.
"""

from __future__ import annotations

import logging
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import Failure, InputError, StoppedError, StudioError
from studio.domain.i18n import _
from studio.domain.interrupts import interrupts_held_back

DocumentKind = Literal["pdf", "docx"]

#: The longest that one page may take. Real pages take some milliseconds, on slow computers some hundred.
_PAGE_S = 60.0
#: Address space of the process. Reading a document of a thousand pages takes about 200 MB.
_MOST_MEMORY = 3 << 30


def read_apart(kind: DocumentKind, path: Path, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> str:
    """The text of a PDF or Word file.

    Args:
        kind: What the file is.
        path: The file.
        progress: Called with the share that is read, 0 to 1.
        cancelled: Asked about ten times a second.

    Raises:
        InputError: It can't be read; the sentence says why.
        StoppedError: ``cancelled`` said so.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=main, args=(kind, path, theirs), name="studio-document", daemon=True)
    try:
        with interrupts_held_back():
            process.start()
        theirs.close()
        return _follow(process, ours, path, progress, cancelled)
    finally:
        if process.pid is not None:
            process.kill()
            process.join()
            process.close()
        ours.close()


def _follow(
    process: Any, connection: Connection, path: Path, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> str:
    heard = time.monotonic()
    while True:
        if cancelled():
            raise StoppedError(_("Reading the document was stopped."))
        ready = wait([connection, process.sentinel], timeout=0.1)
        message: object = None
        if connection in ready:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                message = None
        if isinstance(message, float):
            heard = time.monotonic()
            progress(message)
        elif isinstance(message, str):
            return message
        elif isinstance(message, Failure):
            raise message.to_error()
        elif ready:
            process.join(5)
            raise damaged(path, f"the reading process ended with exit code {process.exitcode}")
        elif time.monotonic() - heard > _PAGE_S:
            raise InputError(
                _("{name} was given up: a page of it took more than {n} seconds to read.").format(
                    name=path.name, n=int(_PAGE_S)
                ),
                _("Open it, print it to a new PDF, and choose that."),
            )


def main(kind: DocumentKind, path: Path, connection: Connection) -> None:
    """Entry point of the process: sends shares read, and in the end the text or a `Failure`."""
    _limit_memory()
    # The library tells of every flaw of a file; none of it means anything to a user.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        if kind == "pdf":
            from studio.evaluation.importing.pdf_text import pdf_text

            text = pdf_text(path, connection.send)
        else:
            from studio.evaluation.importing.word_text import word_text

            text = word_text(path)
    except (StudioError, MemoryError) as error:
        connection.send(Failure.of(error if isinstance(error, StudioError) else damaged(path, "not enough memory")))
    except Exception as error:  # noqa: BLE001 - whatever a damaged file leads a reader to raise is one sentence
        connection.send(Failure.of(damaged(path, f"{type(error).__name__}: {error}")))
    else:
        connection.send(text)


def damaged(path: Path, detail: str) -> InputError:
    """The error for a file that no reader understands."""
    return InputError(
        _("{name} can't be read: it is damaged, or something else than its name says.").format(name=path.name),
        _("Open it in the program it comes from, save it again, and choose that."),
        detail,
    )


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = _MOST_MEMORY if hard == resource.RLIM_INFINITY else min(_MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
