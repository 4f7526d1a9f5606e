"""``studio models download | downloads | repair``: the queue of the library, watched from a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from studio.cli.errors import INTERRUPTED, print_error
from studio.cli.models_fit import advise_before
from studio.cli.models_show import model_row, open_library
from studio.cli.table import safe
from studio.domain.errors import StudioError
from studio.domain.hub import DownloadProgress, DownloadRequest
from studio.domain.i18n import _
from studio.library.store import Library
from studio.services.download_words import STAGES
from studio.services.downloads import Downloads
from studio.services.licences import licence_light


def download_model(library: str | None, request: DownloadRequest, as_json: bool) -> None:
    """Download a model and say where it is.

    Raises:
        StudioError: It could not be downloaded; what has arrived is kept.
    """
    opened = open_library(library)
    with _queue(opened) as queue:
        advise_before(request)
        progress = _watch(queue, queue.enqueue(request))
        if progress.failure and progress.failure.kind == "LicenceError" and sys.stdin.isatty() and not as_json:
            sys.stderr.write(safe(f"{progress.failure.message} {progress.failure.next_step}") + "\n")
            typer.confirm(_("Do you accept it?"), abort=True, err=True)
            progress = _watch(queue, queue.enqueue(replace(request, accept_licence=True)))
        _end(opened, progress, as_json)


def repair_model(library: str | None, model: str, as_json: bool) -> None:
    """Fetch the damaged files of a model again.

    Raises:
        StudioError: Some could not be fetched.
    """
    opened = open_library(library)
    with _queue(opened) as queue:
        progress = _watch(queue, queue.repair(model))
        if as_json or progress.failure or progress.stage != "done":
            _end(opened, progress, as_json)
        elif progress.bytes_total:
            size = progress.bytes_total / 1e6
            sys.stdout.write(
                _("{id} is in order again; {size:.1f} MB were fetched.").format(id=safe(progress.model_id), size=size)
                + "\n"
            )
        else:
            sys.stdout.write(_("{id} is in order; nothing had to be fetched.").format(id=safe(model)) + "\n")


def show_downloads(library: str | None, resume: str | None, cancel: str | None, as_json: bool) -> None:
    """Print the downloads that are not finished; go on with them, or give one up.

    Raises:
        UnknownNameError: There is none of that id.
        StudioError: One that was resumed failed.
    """
    opened = open_library(library)
    with _queue(opened) as queue:
        if cancel:
            queue.cancel(cancel)
            sys.stdout.write(_("{id} was given up; what had arrived is deleted.").format(id=safe(cancel)) + "\n")
            return
        if resume:
            _resume(opened, queue, resume, as_json)
            return
        jobs = queue.jobs()
    if as_json:
        _print_json([_row(job) for job in jobs])
    elif not jobs:
        sys.stdout.write(_("No download is unfinished.") + "\n")
    else:
        _print_jobs(jobs)


def _resume(library: Library, queue: Downloads, wanted: str, as_json: bool) -> None:
    ids = [job.id for job in queue.jobs() if not job.elsewhere] if wanted == "all" else [wanted]
    for job_id in ids:
        queue.resume(job_id)
    failures = []
    for job_id in ids:
        try:
            _end(library, _watch(queue, job_id), as_json)
        except StudioError as error:
            failures.append(error)
    # One that fails does not stop the others; with one alone, it is the command's own failure.
    for failure in failures[:-1]:
        print_error(failure)
    if failures:
        raise failures[-1]


@contextmanager
def _queue(library: Library) -> Iterator[Downloads]:
    queue = Downloads(library)
    try:
        yield queue
    except KeyboardInterrupt:
        queue.close()
        for job in queue.jobs():
            if job.stage == "paused" and not job.elsewhere and job.bytes_done:
                sys.stderr.write(
                    "\n"
                    + _(
                        "Paused: {done:.1f} of {total:.1f} MB are kept. Go on: studio models downloads --resume {id}"
                    ).format(done=job.bytes_done / 1e6, total=job.bytes_total / 1e6, id=safe(job.id))
                    + "\n"
                )
        raise typer.Exit(INTERRUPTED) from None
    finally:
        queue.close()


def _watch(queue: Downloads, job_id: str) -> DownloadProgress:
    """Show a job until it rests."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return _watch_in_lines(queue, job_id)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        shown = bar.add_task(_(STAGES["queued"]), total=None)
        forget = queue.on_change(lambda job: _show(bar, shown, job) if job.id == job_id else None)
        try:
            return _rest(queue, job_id)
        finally:
            forget()


def _watch_in_lines(queue: Downloads, job_id: str) -> DownloadProgress:
    """One line for each stage: what a log wants."""
    told: list[str] = []

    def hear(job: DownloadProgress) -> None:
        line = _(STAGES[job.stage])
        if job.id == job_id and not job.resting and told[-1:] != [line] and line not in told[-2:]:
            told.append(line)
            sys.stderr.write(f"{safe(job.id)}: {line}\n")

    forget = queue.on_change(hear)
    try:
        return _rest(queue, job_id)
    finally:
        forget()


def _rest(queue: Downloads, job_id: str) -> DownloadProgress:
    # In short waits: Windows lets Ctrl+C through only between them.
    while True:
        progress = queue.wait(job_id, 0.2)
        if progress.resting:
            return progress


def _show(bar: Progress, shown: TaskID, job: DownloadProgress) -> None:
    words = _(STAGES[job.stage])
    if job.doing:
        # Beside bytes stands what they are of; other stages say themselves what they do.
        words = f"{words}: {job.doing}" if job.stage in ("downloading", "checking") else job.doing
    bar.update(shown, description=safe(words[:60]), total=job.bytes_total or None, completed=job.bytes_done)


def _end(library: Library, progress: DownloadProgress, as_json: bool) -> None:
    if progress.failure:
        raise progress.failure.to_error()
    if progress.stage != "done":
        raise StudioError(
            _("{id} is not complete: {stage}.").format(id=progress.id, stage=_(STAGES[progress.stage])),
            _("Go on with: studio models downloads --resume {id}").format(id=progress.id),
        )
    model = library.find(progress.model_id)
    if as_json:
        _print_json({**model_row(model), "source": model.source})
        return
    lines = [_("{id} is in your library: {folder}").format(id=safe(model.id), folder=model.folder)]
    lines.append(_("Precisions: {names}").format(names=", ".join(files.precision for files in model.precisions)))
    light = licence_light(model.licence)
    lines.append(_("Licence: {id}").format(id=safe(model.licence) or _("not stated")) + f" ({_(light.words)})")
    if model.task:
        lines.append(
            _("Try it: studio run {task} --model {id} --input TEXT").format(task=model.task, id=safe(model.id))
        )
    sys.stdout.write("\n".join(lines) + "\n")


def _print_jobs(jobs: tuple[DownloadProgress, ...]) -> None:
    table = Table(pad_edge=False)
    for title in (_("Model"), _("State")):
        table.add_column(title, overflow="fold")
    table.add_column(_("Arrived"), justify="right", no_wrap=True)
    for job in jobs:
        state = _("in another window or terminal") if job.elsewhere else _(STAGES[job.stage])
        if job.failure:
            state += f": {job.failure.message}"
        arrived = f"{job.bytes_done / 1e6:.1f} / {job.bytes_total / 1e6:.1f} MB" if job.bytes_total else "–"
        table.add_row(Text(safe(job.id)), Text(safe(state)), arrived)
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    console.print(Text(_("Go on with: studio models downloads --resume {id}").format(id="ID")))


def _row(job: DownloadProgress) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "hub_id": job.request.hub_id,
        "precisions": list(job.request.precisions),
        "stage": job.stage,
        "elsewhere": job.elsewhere,
        "bytes_done": job.bytes_done,
        "bytes_total": job.bytes_total or None,
        "problem": job.failure.message if job.failure else None,
    }


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
