"""One download from the question to the Hub to the finished model; stops at any moment and goes on from there."""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from studio.domain.errors import InputError, LicenceError, ModelFolderError, StudioError
from studio.domain.hub import DownloadStage, HubModel
from studio.domain.i18n import _
from studio.library.download_job import DownloadPlan, Job, JobFolder, with_files
from studio.library.hub_choice import choose
from studio.library.hub_client import check_online, endpoint
from studio.library.hub_errors import disk_error
from studio.library.hub_finish import convert, external_names, needs_conversion, put_together, repair_plan
from studio.library.hub_token import token_in_use
from studio.library.hub_transfer import Arrived, Transfer
from studio.library.hub_transfer_process import fetch
from studio.library.manifest import read_manifest
from studio.library.store import Library
from studio.library.verify import verify_folder

_T = TypeVar("_T")
#: Kept free beside what is downloaded.
_RESERVE_BYTES = 100_000_000
#: Disk space needed beside the weights while converting, as a multiple of them.
_CONVERTING = 4
#: Graphs that name further data, which name none; more rounds than this are no model.
_ROUNDS = 4


class Watcher(Protocol):
    """Hears how a job goes on."""

    def stage(self, stage: DownloadStage, doing: str) -> None:
        """Something else happens now."""
        ...

    def planned(self, job: Job, bytes_done: int) -> None:
        """It is known what to fetch, and stored."""
        ...

    def moved(self, arrived: Arrived) -> None:
        """Bytes arrived, or a hash is checked."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """What a job needs to know of the world.

    Attributes:
        library: Where finished models go.
        ask: Asks the Hub about a model: id and revision.
        asks_for_acceptance: Whether a licence (and a gate) has to be accepted first.
        free_bytes: Free space of the disk that a folder lies on.
    """

    library: Library
    ask: Callable[[str, str], HubModel]
    asks_for_acceptance: Callable[[str, bool], bool]
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free


def run_job(folder: JobFolder, job: Job, around: Surroundings, watcher: Watcher, stopped: Callable[[], bool]) -> bool:
    """Do what is left of a job.

    Args:
        folder: Where it lies.
        job: As it is stored.
        around: See `Surroundings`.
        watcher: Hears how it goes on, on this thread.
        stopped: Asked about ten times a second; once true, this returns within a second.

    Returns:
        Whether the model is complete; not so where it was stopped.

    Raises:
        BusyError: Another window or terminal works on it.
        StudioError: Whatever went wrong; what has arrived is kept.
    """
    try:
        with folder.lock("job"):
            return _run(folder, job, around, watcher, stopped)
    except StudioError:
        raise
    except OSError as error:
        raise disk_error(error) from error


def _run(folder: JobFolder, job: Job, around: Surroundings, watcher: Watcher, stopped: Callable[[], bool]) -> bool:
    lost: tuple[str, ...] = ()
    if job.plan is None or _is_stale(job, around.library):
        if job.kind == "repair":
            watcher.stage("checking", _("Comparing every file with its hash"))
            found = _interruptible(lambda: _damage(job, around.library), stopped)
            if found is None:
                return False
            plan, lost = found
        else:
            check_online()
            watcher.stage("asking", _("Asking the Hub which files there are"))
            planned = _interruptible(lambda: _plan(job, around), stopped)
            if planned is None:
                return False
            plan = planned
        job = replace(job, plan=plan)
        folder.write(job)
    plan = job.known_plan
    _check_space(job, folder, around)
    watcher.planned(job, folder.bytes_done(plan))
    for _round in range(_ROUNDS):
        if plan.files and not _fetch(job, folder, watcher, stopped):
            return False
        names = external_names(folder.model, plan) if job.kind == "download" else set()
        if not names:
            break
        plan = with_files(plan, names)
        job = replace(job, plan=plan)
        folder.write(job)
        _check_space(job, folder, around)
        watcher.planned(job, folder.bytes_done(plan))
    if stopped():
        return False
    return _finish(job, folder, around.library, watcher, stopped, lost)


def _is_stale(job: Job, library: Library) -> bool:
    """Whether the model that the plan adds to was removed or replaced meanwhile."""
    if job.request.convert:
        return False
    plan, home = job.known_plan, library.own / job.model_id
    earlier = read_manifest(home) if home.is_dir() else None
    if earlier is None:
        return job.kind == "repair" or all(file.name != "config.json" for file in plan.files)
    return earlier.source.revision != plan.revision


def _plan(job: Job, around: Surroundings) -> DownloadPlan:
    request, home = job.request, around.library.own / job.model_id
    earlier = read_manifest(home) if home.is_dir() else None
    # More of a model that is here comes from the version that is here.
    revision = request.revision or (earlier.source.revision if earlier else "")
    model = around.ask(request.hub_id, revision)
    if around.asks_for_acceptance(model.licence, bool(model.gated)) and not request.accept_licence:
        raise LicenceError(
            _("{id} has conditions: its licence is {licence}.").format(
                id=model.id, licence=model.licence or _("not stated")
            ),
            _("Read it at {page}, then accept it to download (`--accept-licence`).").format(
                page=model.licence_link or f"{endpoint()}/{model.id}"
            ),
        )
    files = choose(model, request.precisions, request.convert, request.task)
    if earlier and not request.convert:
        # What is here already stays, also where converting a tokenizer changed it.
        files = tuple(f for f in files if not (f.name in earlier.files and (home / f.name).is_file()))
    chosen = {file.name for file in files}
    others = tuple(file for file in model.files if file.name not in chosen)
    return DownloadPlan(model.revision, files, others, model.licence, model.languages, request.task or model.task or "")


def _damage(job: Job, library: Library) -> tuple[DownloadPlan, tuple[str, ...]]:
    home = library.own / job.model_id
    manifest = read_manifest(home)
    if manifest is None:
        raise ModelFolderError(
            _("{id} has no studio.json, so nothing says what its files should be.").format(id=job.model_id),
            _("Remove it and download it again."),
        )
    plan, lost = repair_plan(manifest, verify_folder(home).problems)
    if lost and not plan.files:
        raise _lost(job.model_id, lost)
    return plan, lost


def _lost(model_id: str, names: tuple[str, ...]) -> ModelFolderError:
    return ModelFolderError(
        _("These damaged files of {id} were made on a computer and are on no Hub: {names}.").format(
            id=model_id, names=", ".join(names)
        ),
        _("Remove the model, then add or download it again."),
    )


def _check_space(job: Job, folder: JobFolder, around: Surroundings) -> None:
    plan = job.known_plan
    missing = plan.size - folder.bytes_done(plan)
    needed = missing + (_CONVERTING * plan.size if job.request.convert and job.kind == "download" else 0)
    folder.path.mkdir(parents=True, exist_ok=True)
    free = around.free_bytes(folder.path)
    if missing and free < needed + _RESERVE_BYTES:
        raise InputError(
            _("The disk of the library has too little space: {free:.0f} MB free, about {needed:.0f} MB needed.").format(
                free=free / 1e6, needed=(needed + _RESERVE_BYTES) / 1e6
            ),
            _("Free some space, choose a smaller precision, or a library on another disk."),
        )


def _fetch(job: Job, folder: JobFolder, watcher: Watcher, stopped: Callable[[], bool]) -> bool:
    plan = job.known_plan
    if folder.bytes_done(plan) < plan.size or any(not (folder.model / f.name).is_file() for f in plan.files):
        check_online()
        watcher.stage("downloading", "")
        token = token_in_use()[0]
        transfer = Transfer(job.request.hub_id, plan.revision, endpoint(), token, folder, plan.files)
        return fetch(transfer, watcher.moved, stopped)
    return True


def _finish(
    job: Job,
    folder: JobFolder,
    library: Library,
    watcher: Watcher,
    stopped: Callable[[], bool],
    lost: tuple[str, ...],
) -> bool:
    if job.known_plan.files:
        if needs_conversion(job, folder, library):
            watcher.stage("converting", _("Preparing the conversion"))
            if convert(job, folder, library, _Stages(watcher), stopped) is None:
                return False
        else:
            watcher.stage("finishing", _("Putting it into the library"))
            put_together(job, folder, library)
    folder.remove()
    if lost:
        raise _lost(job.model_id, lost)
    return True


class _Stages:
    """Tells a watcher about the steps of a conversion."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def stage(self, name: str, fraction: float, message: str) -> None:
        self._watcher.stage("converting", message)


def _interruptible(work: Callable[[], _T], stopped: Callable[[], bool]) -> _T | None:
    """What ``work`` returns, or None once it was stopped: then it goes on unheard, which changes nothing."""
    answers: queue.Queue[_T | Exception] = queue.Queue()

    def do() -> None:
        try:
            answers.put(work())
        except Exception as error:  # noqa: BLE001 - raised again on the thread that waits
            answers.put(error)

    threading.Thread(target=do, name="hub-question", daemon=True).start()
    while not stopped():
        try:
            answer = answers.get(timeout=0.1)
        except queue.Empty:
            continue
        if isinstance(answer, Exception):
            raise answer
        return answer
    return None
