"""What ``studio evaluate TASK`` does with what was typed."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from studio.cli.errors import FAILED, INTERRUPTED
from studio.cli.evaluate_cluster import cluster_of, say_cluster
from studio.cli.evaluate_progress import EvaluationProgress
from studio.cli.models_show import open_library
from studio.cli.stopping import stopping
from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.errors import InputError, MissingProjectError
from studio.domain.evaluation import Evaluation, EvaluationInfo, EvaluationSettings
from studio.domain.i18n import _
from studio.domain.running import LoadSpec
from studio.domain.task import Task
from studio.library.store import Library
from studio.services import evaluating, importing
from studio.services.candidates import resolve
from studio.services.evaluation_export import export_evaluation
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.samples import find_sample, is_sample
from studio.services.scoring import score


@dataclass(frozen=True)
class Request:
    """What was typed; see the help of each option in `studio.cli.evaluate`."""

    task: Task
    options: Mapping[str, Any]
    data: str
    models: tuple[str, ...]
    recorded: tuple[str, ...]
    recorded_latency: tuple[str, ...]
    input_columns: tuple[str, ...]
    reference_column: str | None
    group_columns: tuple[str, ...]
    id_column: str | None
    label_map: tuple[str, ...]
    sheet: str | None
    limit: int | None
    repeats: int
    batch_size: int
    metric_options: tuple[str, ...]
    project: str | None
    json_out: str | None
    csv_out: str | None
    lm_eval_out: str | None
    llm_comparator_out: str | None
    device: str
    baseline: str | None
    threads: int
    cluster: str | None
    workers: int
    library: str | None
    fresh: bool


def evaluate_task(request: Request) -> None:
    """Import, run, score, print, export.

    Raises:
        InputError: Something typed can't be used.
        typer.Exit: With 1 where a candidate failed, with 130 after Ctrl+C.
    """
    task = request.task
    _check_targets(request)
    library = open_library(request.library)
    candidates = _candidates(request, library)
    settings_options = task.resolve_options(request.options)
    metric_options = _metric_options(request.metric_options)
    with _project(request) as session, CandidatePool(keep=1) as pool, stopping() as stop:
        dataset = _dataset(session, request)
        mapping = _mapping(request, dataset)
        importing.check_mapping(task, dataset.columns, mapping)
        if not candidates and not mapping.recorded:
            raise InputError(_("There is no candidate to evaluate."), _("Add --model ID, or --recorded NAME=COLUMN."))
        settings = EvaluationSettings(
            mapping=mapping,
            label_map={**dataset.label_map, **dict(_pair(each, "--label-map") for each in request.label_map)},
            positions=tuple(range(min(request.limit, dataset.rows))) if request.limit else None,
            repeats=request.repeats,
            options=settings_options,
            batch_size=request.batch_size,
            threads=request.threads,
        )
        settings = replace(settings, options=evaluating.all_options(session, task, dataset, settings))
        _say_columns(request, mapping)
        unfinished = None if request.fresh else _unfinished(session, task, dataset, settings, candidates)
        if unfinished is not None:
            _say_known(unfinished)
        again = unfinished is not None and unfinished.status == "finished"
        runs = bool(candidates) and not again
        with (
            cluster_of(request.cluster, request.workers, request.threads, stop, runs) as cluster,
            EvaluationProgress() as progress,
        ):
            if unfinished is not None:
                info = evaluating.resume(session, unfinished.id, library, pool, progress, stop, cluster)
            else:
                info = evaluating.begin(
                    session, task, dataset, candidates, settings, pool, progress, stop, library, cluster=cluster
                )
        if request.cluster is not None:
            say_cluster(info)
        stopped = info.status != "finished" and stop.is_set()
        if stopped:
            # Before the figures, which take a moment.
            _say_stopped(request, info)
        evaluation = score(session, info.id, metric_options=metric_options or None)
        _show(session, request, evaluation)
        if stopped:
            raise typer.Exit(INTERRUPTED)
        if any(candidate.status == "failed" or candidate.failed for candidate in info.candidates):
            raise typer.Exit(FAILED)


def _show(session: ProjectSession, request: Request, evaluation: Evaluation) -> None:
    from studio.cli.evaluate_table import print_evaluation

    if request.json_out != "-":
        print_evaluation(evaluation)
    for kind, out in _targets(request):
        if out == "-":
            _print_json(session, evaluation)
        else:
            export_evaluation(session, evaluation, kind, Path(out))
            sys.stderr.write(_("Written: {path}").format(path=out) + "\n")


def _print_json(session: ProjectSession, evaluation: Evaluation) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = export_evaluation(session, evaluation, "json", Path(folder) / "evaluation.json")
        with path.open(encoding="utf-8") as file:
            for line in file:
                sys.stdout.write(line)


def _targets(request: Request) -> list[tuple[str, str]]:
    named = (
        ("json", request.json_out),
        ("csv", request.csv_out),
        ("lm-eval", request.lm_eval_out),
        ("llm-comparator", request.llm_comparator_out),
    )
    return [(kind, out) for kind, out in named if out]


def _check_targets(request: Request) -> None:
    """Before minutes of work, not after them."""
    for _kind, out in _targets(request):
        if out != "-" and not Path(out).absolute().parent.is_dir():
            raise InputError(
                _("{path} can't be written.").format(path=out), _("Its folder is not there: make it first.")
            )


# -- the project ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _project(request: Request) -> Iterator[ProjectSession]:
    """The project named, made where it is not there; without one, a project that is thrown away."""
    if request.project is None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Projects(Path(folder)).new() as made:
            yield made
        return
    path = Path(request.project).expanduser()
    projects = Projects()
    try:
        session = projects.open(path)
    except MissingProjectError:
        session = projects.new()
        try:
            session.save(path)
        except BaseException:
            session.close()
            raise
    with session:
        yield session


def _dataset(session: ProjectSession, request: Request) -> Dataset:
    """The data, taken into the project unless the same file is there already."""
    if is_sample(request.data):
        return importing.import_sample(session, request.task, find_sample(request.data).id)
    path = Path(request.data).expanduser()
    found = importing.look(path, request.sheet, request.task)
    known = importing.imported_before(session, request.task, path, found.format)
    if known is not None:
        return known
    mapping = _mapping_of(request, found.columns, found.mapping)
    return importing.import_file(session, request.task, path, found.format, mapping, path.stem)


def _mapping(request: Request, dataset: Dataset) -> ColumnMapping:
    return _mapping_of(request, dataset.columns, dataset.mapping)


def _mapping_of(request: Request, columns: Sequence[str], guessed: ColumnMapping) -> ColumnMapping:
    """What was typed on top of what was guessed. Recorded candidates take part only where they are named.

    Raises:
        InputError: A column is not there, or a field is not the task's.
    """
    inputs = dict(guessed.inputs)
    for typed in request.input_columns:
        # A column whose name holds an equals sign is meant by itself where there is one of that name.
        field, equals, column = typed.partition("=")
        if typed in columns or not equals:
            field, column = request.task.inputs[0].name, typed
        if field not in {each.name for each in request.task.row_inputs}:
            raise InputError(
                _("{task} has no input {name!r}.").format(task=request.task.id, name=field),
                _("It has: {names}.").format(names=", ".join(each.name for each in request.task.row_inputs)),
            )
        inputs[field] = column
    # Sample data brings recorded answers along; typed ones take their place.
    recorded = dict(_pair(each, "--recorded") for each in request.recorded)
    latency = dict(_pair(each, "--recorded-latency") for each in request.recorded_latency)
    if is_sample(request.data) and not request.recorded:
        recorded, latency = dict(guessed.recorded), dict(guessed.recorded_latency)
    unknown = set(latency) - set(recorded)
    if unknown:
        raise InputError(
            _("There is no recorded candidate {name!r}.").format(name=sorted(unknown)[0]),
            _("Name it with --recorded NAME=COLUMN as well."),
        )
    mapping = replace(
        guessed,
        inputs=inputs,
        reference=guessed.reference if request.reference_column is None else request.reference_column,
        groups=request.group_columns or guessed.groups,
        id=guessed.id if request.id_column is None else request.id_column,
        recorded=recorded,
        recorded_latency=latency,
    )
    named = [*mapping.inputs.values(), mapping.reference, *mapping.groups, mapping.id]
    for column in [*named, *mapping.recorded.values(), *mapping.recorded_latency.values()]:
        if column and column not in columns:
            raise InputError(
                _("The data has no column {name!r}.").format(name=column),
                _("It has: {names}.").format(names=", ".join(columns)),
            )
    return mapping


def _unfinished(
    session: ProjectSession,
    task: Task,
    dataset: Dataset,
    settings: EvaluationSettings,
    candidates: Sequence[tuple[Candidate, LoadSpec]],
) -> EvaluationInfo | None:
    """An evaluation of the same rows, candidates and settings, so that the same command goes on with it."""
    wanted = {candidate.name for candidate, _spec in candidates} | set(settings.mapping.recorded)
    for info in session.evaluations.all(task.id):
        same = info.dataset.id == dataset.id and info.settings == settings
        if same and {each.name for each in info.candidates} == wanted:
            return info
    return None


# -- what was typed ------------------------------------------------------------------------------------------------


def _candidates(request: Request, library: Library) -> list[tuple[Candidate, LoadSpec]]:
    task = request.task
    if request.baseline not in (None, "pytorch"):
        raise InputError(_("The only baseline is `pytorch`, not {name!r}.").format(name=request.baseline))
    found = [resolve(task, text, library, request.device) for text in request.models]
    if request.baseline:
        originals = {entry[0].model: text for entry, text in zip(found, request.models, strict=True)}
        found += [resolve(task, model, library, baseline=True) for model in originals]
    names = [candidate.name for candidate, _spec in found] + [_pair(each, "--recorded")[0] for each in request.recorded]
    doubles = {name for name in names if names.count(name) > 1}
    if doubles:
        raise InputError(_("{name} is named twice.").format(name=", ".join(sorted(doubles))))
    return found


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(_("{flag} {text!r} can't be read.").format(flag=flag, text=text), _("Write it as NAME=VALUE."))
    return name.strip(), value.strip()


def _metric_options(typed: Sequence[str]) -> dict[str, dict[str, str]]:
    from studio.metrics import find_metric

    found: dict[str, dict[str, str]] = {}
    for text in typed:
        name, value = _pair(text, "--metric-option")
        metric, dot, option = name.partition(".")
        if not dot or option not in (find_metric(metric).info.options or {}):
            raise InputError(_("There is no option {name!r} of a metric.").format(name=name))
        found.setdefault(metric, {})[option] = value
    return found


# -- saying --------------------------------------------------------------------------------------------------------


def _say_columns(request: Request, mapping: ColumnMapping) -> None:
    """Which columns were taken where the user named none."""
    said = []
    if not request.input_columns:
        said += [f"{field} = {column}" for field, column in mapping.inputs.items()]
    if request.reference_column is None:
        said.append(_("expected answer = {column}").format(column=mapping.reference or "–"))
    if not request.group_columns and mapping.groups:
        said.append(_("groups = {columns}").format(columns=", ".join(mapping.groups)))
    if said:
        sys.stderr.write(_("Columns: {columns}").format(columns="; ".join(said)) + "\n")


def _say_known(info: EvaluationInfo) -> None:
    """What of the same command is in the project already."""
    done = sum(candidate.done for candidate in info.candidates)
    if info.status == "finished":
        text = _("Every row was answered before, so nothing runs again; --fresh begins anew.")
    else:
        text = _("{done} answers are in the project already; it goes on with the rest.").format(done=f"{done:,}")
    sys.stderr.write(text + "\n")


def _say_stopped(request: Request, info: EvaluationInfo) -> None:
    done = sum(candidate.done for candidate in info.candidates)
    if request.project:
        text = _("Stopped after {done} answers, which are kept. The same command goes on with the rest.")
    else:
        text = _("Stopped after {done} answers. With --project P.studio the same command could go on with the rest.")
    sys.stderr.write(text.format(done=f"{done:,}") + "\n")
