"""Fetches the files of a download, in a process of its own: to stop it is to end that process.

What has arrived stays on disk byte by byte, so ending it at any moment costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from studio.domain.errors import DamagedModelError, Failure, StudioError
from studio.domain.hub import HubFile
from studio.domain.i18n import _
from studio.library.download_job import JobFolder
from studio.library.hub_client import prepare_library
from studio.library.hub_errors import disk_error, explain, is_lost, is_passing, status_of, wait_asked_for

#: Read at a time: small, so that little is lost and progress shows on slow lines.
_CHUNK_BYTES = 64 * 1024
_HASH_BYTES = 4 * 1024 * 1024
#: Attempts in a row without a new byte before it counts as failed.
_ATTEMPTS = 4
#: And so long; huggingface_hub itself tries several times within one of these attempts.
_PATIENCE_S = 40.0
#: Once something has arrived the way is right, so a connection that is lost is waited for: a laptop slept, say.
_LONG_PATIENCE_S = 600.0
_LONGEST_PAUSE_S = 15.0
#: Longest pause that the Hub may ask for; longer ones are the user's to decide.
_LONGEST_WAIT_S = 60.0
#: Messages about progress are this far apart.
_EVERY_S = 0.15
#: How long the lock of a process that was just killed may take to come free.
_LOCK_WAIT_S = 5.0


@dataclass(frozen=True)
class Transfer:
    """What to fetch.

    Attributes:
        hub_id: The model on the Hub.
        revision: The commit.
        endpoint: Address of the Hub.
        token: What shows the Hub who asks; None for nobody.
        folder: The job's folder.
        files: What to fetch.
    """

    hub_id: str
    revision: str
    endpoint: str
    token: str | None
    folder: JobFolder
    files: tuple[HubFile, ...]


@dataclass(frozen=True)
class Arrived:
    """Something moved.

    Attributes:
        stage: ``downloading`` or ``checking``.
        doing: A file's name, or why it waits.
        bytes_done: What is on disk of all files.
    """

    stage: str
    doing: str
    bytes_done: int


@dataclass(frozen=True)
class Complete:
    """Every file is there and has the right hash."""


def main(transfer: Transfer, connection: Connection) -> None:
    """Fetch everything and say how it went. Entry point of the process."""
    # Ctrl+C in a terminal reaches this process too; the parent decides and ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        with transfer.folder.lock("transfer", _LOCK_WAIT_S):
            _Fetch(transfer, connection.send).run()
        connection.send(Complete())
    except Exception as error:  # noqa: BLE001 - the process's edge: whatever it is becomes a value
        connection.send(Failure.of(error, traceback.format_exc()))


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Fetch:
    def __init__(self, transfer: Transfer, send: Callable[[Any], None]) -> None:
        self._transfer = transfer
        self._send = send
        self._done = 0
        self._told_s = 0.0
        self._grew = False

    def run(self) -> None:
        folder = self._transfer.folder
        try:
            folder.parts.mkdir(parents=True, exist_ok=True)
            self._done = sum(folder.bytes_of(file) for file in self._transfer.files)
            for file in self._transfer.files:
                self._file(file)
        except StudioError:
            raise
        except OSError as error:
            raise disk_error(error) from error

    def _file(self, file: HubFile) -> None:
        target, part = self._transfer.folder.model / file.name, self._transfer.folder.part(file)
        if target.is_file() and target.stat().st_size == file.size:
            return
        for attempt in range(2):
            self._fetch(file, part)
            self._tell("checking", file.name, at_once=True)
            if is_right(part, file):
                target.parent.mkdir(parents=True, exist_ok=True)
                part.replace(target)
                self._grew = True
                return
            # Wrong bytes can come from a proxy's cache or a bad part of an earlier attempt: once more from the start.
            self._done -= part.stat().st_size
            part.unlink()
            if attempt == 0:
                self._tell("downloading", _("{name} arrived damaged; fetching it again").format(name=file.name), True)
        raise DamagedModelError(
            _("{name} arrived damaged twice: it is not what the Hub says it is.").format(name=file.name),
            _("A proxy or mirror on the way may change files; try another one, or later."),
        )

    def _fetch(self, file: HubFile, part: Path) -> None:
        """Have all bytes of a file in ``part``, going on where it ends."""
        if part.exists() and part.stat().st_size > file.size:
            part.unlink()
        part.touch()
        failed, grew_s = 0, time.monotonic()
        while part.stat().st_size < file.size:
            before = part.stat().st_size
            try:
                self._get(file, part)
            except Exception as error:  # noqa: BLE001 - whatever broke it, `_pause` decides whether to go on
                if part.stat().st_size > before:
                    failed, grew_s, self._grew = 0, time.monotonic(), True
                failed += 1
                waited_s = time.monotonic() - grew_s
                enough = failed >= _ATTEMPTS or waited_s > _PATIENCE_S
                if self._grew and is_lost(error):
                    enough = waited_s > _LONG_PATIENCE_S
                self._pause(error, enough, failed)
            # What the counter said is not always what was written.
            self._done = sum(self._transfer.folder.bytes_of(f) for f in self._transfer.files)

    def _get(self, file: HubFile, part: Path) -> None:
        from huggingface_hub import constants, hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        prepare_library()
        constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
        transfer = self._transfer
        url = hf_hub_url(transfer.hub_id, file.name, revision=transfer.revision, endpoint=transfer.endpoint)
        # Sizes are counted in bytes of the file: compressed on the way, it could not be gone on with.
        headers = {
            **build_hf_headers(token=transfer.token or False, library_name="prototype-studio"),
            "Accept-Encoding": "identity",
        }
        self._tell("downloading", file.name)
        with part.open("ab") as stream:
            stream.seek(0, os.SEEK_END)
            http_get(
                url,
                stream,
                headers=headers,
                resume_size=stream.tell(),
                expected_size=file.size,
                _tqdm_bar=_Counter(file, lambda count: self._count(count, file.name)),
                _nb_retries=0,
            )

    def _pause(self, error: Exception, enough: bool, failed: int) -> None:
        """Wait before the next attempt, or give up."""
        transfer = self._transfer
        asked = wait_asked_for(error)
        if enough or not is_passing(error) or (asked or 0) > _LONGEST_WAIT_S:
            raise explain(error, transfer.hub_id, transfer.endpoint) from error
        wait_s = asked if asked is not None else min(_LONGEST_PAUSE_S, 0.5 * 2 ** (failed - 1))
        if status_of(error) == 429:
            why = _("The Hub asks for a pause; going on in {seconds:.0f} s").format(seconds=max(1.0, wait_s))
        else:
            why = _("The connection broke; trying again")
        self._tell("downloading", why, at_once=True)
        time.sleep(wait_s)

    def _count(self, count: int, name: str) -> None:
        self._done += count
        self._tell("downloading", name)

    def _tell(self, stage: str, doing: str, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now - self._told_s >= _EVERY_S:
            self._told_s = now
            self._send(Arrived(stage, doing, self._done))


class _Counter:
    """Stands where huggingface_hub expects a progress bar, and hears of each piece before it is written."""

    def __init__(self, file: HubFile, count: Callable[[int], None]) -> None:
        self._file = file
        self._left = file.size
        self._count = count

    def update(self, count: int) -> None:
        """So many more bytes arrived. A server that sends without end must not fill the disk."""
        self._left -= count
        if self._left < 0:
            raise DamagedModelError(
                _("{name} is larger on its way than the Hub says it is.").format(name=self._file.name),
                _("A proxy or mirror on the way may change files; try another one, or later."),
            )
        self._count(count)


def is_right(path: Path, file: HubFile) -> bool:
    """Whether a file has the size and the hash that the Hub states; one without a hash there has only a size."""
    if path.stat().st_size != file.size:
        return False
    if file.sha256:
        digest = hashlib.sha256()
    elif len(file.blob) == 40:
        # Git's name of a blob, https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
        digest = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    else:
        return True
    with path.open("rb") as stream:
        while chunk := stream.read(_HASH_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == (file.sha256 or file.blob).lower()
