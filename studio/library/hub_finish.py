"""From downloaded files to a model of the library: put together out of sight, checked, moved in place in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from studio import __version__
from studio.domain.errors import DamagedModelError, ModelFolderError
from studio.domain.hub import HubFile
from studio.domain.i18n import _
from studio.domain.layout import precisions_in
from studio.domain.model import Model
from studio.domain.task import TEXT_FILES
from studio.library.add import AddObserver, AddRequest, add_model, check_files
from studio.library.card import read_card
from studio.library.download_job import DownloadPlan, Job, JobFolder
from studio.library.manifest import (
    MANIFEST,
    FileRecord,
    Manifest,
    PrecisionRecord,
    Source,
    read_manifest,
    record_of,
    sha256_of,
    write_manifest,
)
from studio.library.onnx_file import OnnxFormatError, summarize
from studio.library.reading import read_model, task_of
from studio.library.safety import external_data, files_in, json_of
from studio.library.store import Library
from studio.library.verify import FileProblem
from studio.library.working_folder import place, working_folder
from studio.library.written_card import ensure_card

_METHOD = "downloaded as it was"
#: Problems that a new copy of the file solves.
_CURABLE = ("missing", "truncated", "altered", "unreadable")


def external_names(folder: Path, plan: DownloadPlan) -> set[str]:
    """Files with weights that the downloaded graphs name, which are on the Hub and not here yet.

    Raises:
        UnsafeModelError: A graph names a file outside its folder.
        DamagedModelError: A graph can't be read.
    """
    there = {file.name for file in plan.offered}
    found = set()
    for name in files_in(folder):
        if name.endswith(".onnx"):
            try:
                summary = summarize(folder / name)
            except OnnxFormatError as error:
                raise DamagedModelError(
                    _("The file {name} is damaged: {reason}.").format(name=name, reason=error),
                    _("Look for another version of the model."),
                ) from error
            found |= {external_data(folder, name, data.location) for data in summary.external}
    return {name for name in found if name in there and not (folder / name).exists()}


def needs_conversion(job: Job, folder: JobFolder, library: Library) -> bool:
    """Whether the files can't be used as they came: weights to convert, or an older tokenizer."""
    if job.kind == "repair":
        return False
    found = task_of(json_of(folder.model, "config.json"), read_card(folder.model).pipeline_tag)
    places = (folder.model, library.own / job.model_id)
    there = [
        any((place / name).is_file() for place in places for name in one_of)
        for one_of in (found.needs if found else TEXT_FILES)
    ]
    return job.request.convert or not all(there)


def convert(
    job: Job, folder: JobFolder, library: Library, observer: AddObserver, cancelled: Callable[[], bool]
) -> Model | None:
    """Make a model of the library from downloaded files that need work first; see `studio.library.add.add_model`."""
    plan, request = job.known_plan, job.request
    made = add_model(
        AddRequest(
            str(folder.model),
            id=job.model_id,
            task=request.task or plan.task or None,
            precisions=request.precisions,
            replace=(library.own / job.model_id).exists(),
            source_name=request.hub_id,
        ),
        library,
        observer,
        cancelled,
    )
    if made is None:
        return None
    manifest = read_manifest(made.folder) or Manifest()
    # A file that came through unchanged can be fetched again; one that was made here can't.
    same = {f.name: f.etag for f in plan.files if (made.folder / f.name).is_file()}
    records = {
        name: replace(record, etag=same[name])
        if name in same and record.sha256 == sha256_of(folder.model / name)
        else record
        for name, record in manifest.files.items()
    }
    write_manifest(made.folder, replace(manifest, source=_source(job, manifest.source), files=records))
    return read_model(made.folder, job.model_id)


def put_together(job: Job, folder: JobFolder, library: Library) -> Model:
    """Make a model of the library from downloaded files and what is there of it already.

    Raises:
        ModelFolderError: The files do not make a whole model.
        UnsafeModelError, DamagedModelError: see `studio.library.add.check_files`.
        StudioError: It can't be moved in place.
    """
    plan, target = job.known_plan, library.own / job.model_id
    with working_folder(library.own) as working:
        model = working / "model"
        model.mkdir()
        earlier = read_manifest(target) if target.exists() else None
        fetched = {file.name: file for file in plan.files}
        if earlier:
            for name in files_in(target):
                if name not in fetched:
                    _link(target / name, model / name)
        for name in fetched:
            _link(folder.model / name, model / name)
        task = (earlier.task if earlier else "") or job.request.task or plan.task
        ensure_card(model, task, job.request.hub_id)
        _record(model, job, earlier, task)
        if job.kind == "download":
            check_files(model, files_in(model))
        finished = read_model(model, job.model_id)
        if job.kind == "download" and finished.state != "ready":
            raise ModelFolderError(
                _("What was downloaded of {id} is not a whole model: {problem}").format(
                    id=job.request.hub_id, problem=finished.problem
                ),
                _("Look for another version of the model."),
            )
        place(model, target, working)
    return read_model(target, job.model_id)


def _record(model: Path, job: Job, earlier: Manifest | None, task: str) -> None:
    """Write ``studio.json``: hashes of everything, and where it came from."""
    plan = job.known_plan
    base = earlier or Manifest(created_with={"prototype-studio": __version__})
    records = dict(base.files)
    for file in plan.files:
        # What a large file's hash is was just checked against the Hub's.
        sha256 = file.sha256 or sha256_of(model / file.name)
        records[file.name] = FileRecord(sha256, file.size, file.etag)
    for name in set(files_in(model)) - {*records, MANIFEST}:
        records[name] = record_of(model / name)
    precisions = {
        files.precision: base.precisions.get(files.precision) or PrecisionRecord(_METHOD)
        for files in precisions_in(files_in(model))
    }
    manifest = replace(base, task=task, source=_source(job, base.source), files=records, precisions=precisions)
    write_manifest(model, manifest)


def _source(job: Job, known: Source) -> Source:
    plan = job.known_plan
    return replace(
        known,
        name=job.request.hub_id,
        revision=plan.revision,
        licence=plan.licence or known.licence,
        languages=plan.languages or known.languages,
    )


def repair_plan(manifest: Manifest, problems: tuple[FileProblem, ...]) -> tuple[DownloadPlan, tuple[str, ...]]:
    """What to fetch again, and the names of damaged files that no Hub has."""
    fetch, lost = [], []
    for name in dict.fromkeys(problem.file for problem in problems if problem.kind in _CURABLE):
        record = manifest.files.get(name)
        if record is None or not record.etag or not manifest.source.revision:
            lost.append(name)
        elif len(record.etag) == 64:
            fetch.append(HubFile(name, record.size, record.etag))
        else:
            fetch.append(HubFile(name, record.size, blob=record.etag))
    plan = DownloadPlan(manifest.source.revision, tuple(fetch), licence=manifest.source.licence, task=manifest.task)
    return plan, tuple(lost)


def _link(source: Path, target: Path) -> None:
    """The same file at another place, without a copy where the disk can do that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
