"""The download queue: one model after the other, each in a process of its own, to be paused and resumed at will.

What was asked for and what has arrived is kept on disk, inside the library: after a crash or a restart the queue shows
the unfinished ones as paused, and `resume` goes on at the right byte. A model is listed only when it is complete.
"""

from __future__ import annotations

import shutil
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from studio.domain.errors import Failure, InputError, StudioError, UnknownNameError
from studio.domain.hub import RESTING, DownloadProgress, DownloadRequest, DownloadStage
from studio.domain.i18n import _
from studio.library.add import is_taken
from studio.library.download_job import BusyError, Job, JobFolder, busy, unfinished_jobs
from studio.library.download_run import Surroundings, run_job
from studio.library.hub_client import check_hub_id, check_online, is_offline
from studio.library.hub_transfer import Arrived
from studio.library.manifest import read_manifest
from studio.library.safety import check_id
from studio.library.store import Library
from studio.services import catalog
from studio.services.download_entry import Entry

_CLOSING_S = 5.0


class Downloads:
    """The queue of one library. Safe to use from any thread; callbacks come from the queue's own threads.

    Args:
        library: Where finished models go. Must be on a disk with room; parts lie in its hidden ``.downloads`` folder.
        free_bytes: Free space of the disk that a folder lies on.
    """

    def __init__(
        self, library: Library, free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    ) -> None:
        self._library = library
        self._around = Surroundings(library, catalog.ask, catalog.asks_for_acceptance, free_bytes)
        self._changed = threading.Condition()
        self._entries: dict[str, Entry] = {}
        self._callbacks: list[Callable[[DownloadProgress], None]] = []
        self._closed = False
        self._runner: threading.Thread | None = None
        self._look()

    def enqueue(self, request: DownloadRequest) -> str:
        """Download a model when its turn comes, and return the job's id at once.

        Asking for a model whose job is not finished yet changes nothing but its place: the same job goes on (with the
        licence accepted, if ``request`` says so).

        Raises:
            InputError: The ids can't be used, or another model has that name, or is being downloaded under it.
            OfflineError: The network is not to be used.
        """
        hub_id = check_hub_id(request.hub_id)
        model_id = check_id(request.model_id or hub_id)
        request = replace(request, hub_id=hub_id, model_id=model_id)
        check_online()
        if is_taken(model_id, self._library):
            self._check_same(model_id, hub_id)
        return self._put(Job(model_id, "download", request, time.time()))

    def repair(self, model_id: str) -> str:
        """Check a downloaded model and fetch its damaged files again, and only those; returns the job's id.

        Raises:
            UnknownNameError: The library has none of that id.
            InputError: It ships with the studio, or is a folder outside the library.
            StudioError: Nothing says where it came from.
        """
        model = self._library.removable(model_id)
        if model.linked:
            raise InputError(
                _("{id} lies outside the library, so the studio leaves its files alone.").format(id=model.id),
                _("Remove it from the list, then download it into the library."),
            )
        manifest = read_manifest(model.folder)
        source = manifest.source.name if manifest else ""
        return self._put(Job(model.id, "repair", DownloadRequest(source, model_id=model.id), time.time()))

    def _check_same(self, model_id: str, hub_id: str) -> None:
        home = self._library.own / model_id
        manifest = read_manifest(home) if home.is_dir() else None
        if manifest is None or manifest.source.name != hub_id or not manifest.source.revision:
            raise InputError(
                _("There is already a model {id}.").format(id=model_id),
                _("Choose another name with --id, or remove that one first."),
            )

    def _put(self, job: Job) -> str:
        self._look()
        with self._changed:
            entry = self._entries.get(job.model_id)
            if entry and entry.then == "cancelled":
                leaving = entry
                self._changed.wait_for(lambda: not leaving.running, _CLOSING_S)
            if entry and entry.elsewhere:
                raise busy(job.model_id)
            if entry and entry.stage not in RESTING:
                accepted = entry.job.request.accept_licence or job.request.accept_licence
                same = replace(entry.job.request, accept_licence=accepted)
                if entry.job.kind != job.kind or same != replace(job.request, accept_licence=accepted):
                    raise InputError(
                        _("{id} is being downloaded already.").format(id=job.model_id),
                        _("Wait until that is done, then ask for more of it."),
                    )
                entry.job = replace(entry.job, request=same)
                entry.then = "queued" if entry.then == "paused" else entry.then
                return job.model_id
            if entry and entry.stage in ("paused", "failed") and _asks_the_same(entry.job, job):
                # The same files of the same version: go on with them.
                job = replace(job, plan=entry.job.plan, created_s=entry.job.created_s)
            folder = JobFolder.of(self._library.own, job.model_id)
            self._store(folder, job)
            self._entries.pop(job.model_id, None)
            entry = Entry(job, folder, "queued")
            self._entries[job.model_id] = entry
            entry.measure()
            self._start()
        self._tell(entry)
        return job.model_id

    def pause(self, job_id: str) -> None:
        """Stop it within a second and keep what has arrived. Nothing happens to a job that rests."""
        self._stop(job_id, "paused")

    def resume(self, job_id: str) -> None:
        """Go on with a paused or failed one, behind those that wait.

        Raises:
            UnknownNameError: There is none of that id.
            OfflineError: The network is not to be used.
            HubError: Another window or terminal is working on it.
        """
        entry = self._entry(job_id)
        check_online()
        with self._changed:
            if entry.running:
                # It has not stopped yet: once it has, it goes on.
                entry.then = "queued" if entry.then == "paused" else entry.then
                return
            if entry.stage not in ("paused", "failed"):
                return
            if entry.elsewhere:
                raise busy(job_id)
            self._entries.pop(job_id, None)
            self._entries[job_id] = entry
            entry.job = replace(entry.job, failure=None)
            entry.stage, entry.doing, entry.then = "queued", "", None
            self._start()
        self._tell(entry)

    def cancel(self, job_id: str) -> None:
        """Stop it and delete what has arrived."""
        self._stop(job_id, "cancelled")

    def dismiss(self, job_id: str) -> None:
        """Take a job that rests off the list; what an unfinished one had downloaded is deleted."""
        entry = self._entry(job_id)
        with self._changed:
            if entry.running or entry.stage not in RESTING or entry.elsewhere:
                return
            self._entries.pop(job_id, None)
        if entry.stage != "done":
            entry.folder.remove()
        entry.stage = "cancelled"
        self._tell(entry)

    def jobs(self) -> tuple[DownloadProgress, ...]:
        """All jobs in the order of the queue, finished ones of this session last."""
        self._look()
        with self._changed:
            entries = sorted(self._entries.values(), key=lambda entry: entry.stage in ("done", "cancelled"))
            return tuple(entry.progress() for entry in entries)

    def job(self, job_id: str) -> DownloadProgress:
        """One of them.

        Raises:
            UnknownNameError: There is none of that id.
        """
        return self._entry(job_id).progress()

    def on_change(self, callback: Callable[[DownloadProgress], None]) -> Callable[[], None]:
        """Call ``callback`` with a job whenever it changed, at most about six times a second each.

        The function returned ends that. A dismissed job is reported once more, in stage ``cancelled``.
        """
        self._callbacks.append(callback)

        def forget() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return forget

    def wait(self, job_id: str, timeout_s: float | None = None) -> DownloadProgress:
        """Wait until a job rests (or the time is over) and return it.

        Raises:
            UnknownNameError: There is none of that id.
        """
        entry = self._entry(job_id)
        with self._changed:
            self._changed.wait_for(lambda: entry.stage in RESTING and not entry.running, timeout_s)
            return entry.progress()

    def close(self) -> None:
        """Pause what runs, keep everything, end the threads."""
        with self._changed:
            self._closed = True
            for entry in self._entries.values():
                if entry.stage not in RESTING:
                    entry.then = entry.then or "paused"
            self._changed.notify_all()
            runner = self._runner
        if runner:
            runner.join(_CLOSING_S)

    def _entry(self, job_id: str) -> Entry:
        with self._changed:
            entry = self._entries.get(job_id)
        if entry is None:
            raise UnknownNameError(
                _("There is no download {id!r}.").format(id=job_id), _("`studio models downloads` lists them.")
            )
        return entry

    def _look(self) -> None:
        """Take up what lies in the library: left by an earlier session, or being done by another window."""
        found = {folder.model_id: folder for folder in unfinished_jobs(self._library.own)}
        with self._changed:
            known = dict(self._entries)
        unknown = [
            _left_behind(folder)
            for job_id, folder in found.items()
            if job_id not in known or known[job_id].elsewhere or known[job_id].stage == "cancelled"
        ]
        for fresh in sorted(unknown, key=lambda entry: entry.job.created_s):
            job_id = fresh.job.model_id
            entry = known.get(job_id)
            with self._changed:
                current = self._entries.get(job_id)
                if current is entry and not (current and current.running):
                    self._entries[job_id] = fresh
        with self._changed:
            for job_id, entry in list(self._entries.items()):
                if entry.elsewhere and job_id not in found:
                    del self._entries[job_id]

    def _stop(self, job_id: str, then: DownloadStage) -> None:
        entry = self._entry(job_id)
        with self._changed:
            if entry.elsewhere or entry.stage in ("done", "cancelled"):
                return
            if entry.running:
                # Cancelling wins over pausing; the runner sees it within a tenth of a second.
                entry.then = "cancelled" if "cancelled" in (then, entry.then) else then
                return
            if entry.stage in RESTING and then == "paused":
                return
            entry.stage, entry.doing = then, ""
        if then == "cancelled":
            entry.folder.remove()
        self._tell(entry)

    def _start(self) -> None:
        """See that somebody works through the queue; called with the lock held."""
        if self._closed:
            return
        if self._runner is None or not self._runner.is_alive():
            self._runner = threading.Thread(target=self._work, name="downloads", daemon=True)
            self._runner.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                entry = next((e for e in self._entries.values() if e.stage == "queued"), None)
                if self._closed or entry is None:
                    self._runner = None
                    return
                entry.running, entry.stage, entry.then = True, "asking", None
            self._do(entry)

    def _do(self, entry: Entry) -> None:
        failure: Failure | None = None
        complete = ours = False
        try:
            complete = run_job(entry.folder, entry.job, self._around, _Watch(self, entry), lambda: _stops(entry))
            ours = True
        except BusyError as error:
            # Whoever works on it also keeps its notes.
            failure = Failure.of(error)
        except StudioError as error:
            failure, ours = Failure.of(error), True
        except Exception as error:  # noqa: BLE001 - the thread's edge: the queue must go on
            failure, ours = Failure.of(error, traceback.format_exc()), True
        with self._changed:
            wanted = entry.then or "paused"
            entry.stage = "done" if complete else "cancelled" if wanted == "cancelled" else wanted
            if failure and wanted != "cancelled" and not entry.then:
                entry.stage = "failed"
                entry.job = replace(entry.job, failure=failure)
            if complete:
                entry.bytes_done = entry.bytes_total
            elif ours:
                entry.measure()
            entry.doing, entry.then = "", None
            entry.samples.clear()
        if entry.stage == "cancelled" and ours:
            entry.folder.remove()
        elif entry.stage != "done" and ours and entry.folder.path.exists():
            self._store(entry.folder, entry.job)
        with self._changed:
            entry.running = False
            self._changed.notify_all()
        self._tell(entry)

    def _store(self, folder: JobFolder, job: Job) -> None:
        try:
            folder.write(job)
        except OSError as error:
            if not (folder.path / "job.json").exists():
                raise InputError(
                    _("The library {root} can't be written to: {reason}.").format(
                        root=self._library.own, reason=error.strerror or error
                    ),
                    _("Choose another folder with --library, or set STUDIO_LIBRARY."),
                    str(error),
                ) from error
            # A full disk can't keep why it stopped; what was kept before still tells how to go on.

    def _tell(self, entry: Entry) -> None:
        with self._changed:
            progress = entry.progress()
            self._changed.notify_all()
        for callback in tuple(self._callbacks):
            callback(progress)


class _Watch:
    """Carries what a job says into its entry and to whoever listens."""

    def __init__(self, queue: Downloads, entry: Entry) -> None:
        self._queue = queue
        self._entry = entry

    def stage(self, stage: DownloadStage, doing: str) -> None:
        self._entry.stage, self._entry.doing = stage, doing
        self._entry.samples.clear()
        self._queue._tell(self._entry)

    def planned(self, job: Job, bytes_done: int) -> None:
        entry = self._entry
        entry.job, entry.bytes_done = job, bytes_done
        entry.bytes_total = job.plan.size if job.plan else 0
        self._queue._tell(entry)

    def moved(self, arrived: Arrived) -> None:
        self._entry.stage = "checking" if arrived.stage == "checking" else "downloading"
        self._entry.doing = arrived.doing
        self._entry.arrived(arrived.bytes_done)
        self._queue._tell(self._entry)


def _left_behind(folder: JobFolder) -> Entry:
    """A job as it lies on disk."""
    try:
        job = folder.read()
    except StudioError as error:
        request = DownloadRequest(folder.model_id, model_id=folder.model_id)
        job = Job(folder.model_id, "download", request, 0.0, failure=Failure.of(error))
    entry = Entry(job, folder, "failed" if job.failure else "paused", elsewhere=folder.is_busy())
    if entry.elsewhere:
        entry.stage = "downloading"
    entry.measure()
    return entry


def _stops(entry: Entry) -> bool:
    # Forbidding the network while something is downloaded pauses it.
    return entry.then is not None or (entry.stage in ("asking", "downloading") and is_offline())


def _asks_the_same(job: Job, other: Job) -> bool:
    same = replace(job.request, accept_licence=True) == replace(other.request, accept_licence=True)
    # What a repair has to fetch is looked for anew each time.
    return same and job.kind == other.kind == "download"
