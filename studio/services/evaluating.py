"""Runs the rows of a data set through candidates, and stores every answer as it comes.

Whatever ends a run (Stop, a crash, the power), what was answered is in the project; `resume` goes on with the rest.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from studio.domain.comparison import Candidate
from studio.domain.dataset import Dataset
from studio.domain.errors import Failure, InputError, StoppedError, StudioError
from studio.domain.evaluation import Answer, EvaluatedCandidate, EvaluationInfo, EvaluationSettings, RunFacts
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Output
from studio.domain.running import LoadSpec
from studio.domain.task import CHOICES, Task
from studio.engine.environment import environment
from studio.library.store import Library
from studio.project.evaluations import NewCandidate
from studio.services.candidate_offers import title_of, variant_of
from studio.services.candidates import named_again
from studio.services.endpoint_rows_run import EndpointRowsRun
from studio.services.evaluation_plan import chunks, positions_of
from studio.services.evaluation_rows_run import RowsRun
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.telling import model_of, told_options
from studio.tasks import find_task

if TYPE_CHECKING:
    from studio.services.clusters import JoinedCluster

#: Labels that are taken over from the data where nobody named any.
MOST_LABELS = 200
#: Recorded answers that are read in one go.
_CHUNK = 2_000


class EvaluationObserver(Protocol):
    """Hears how an evaluation goes. Calls come from the thread that runs it."""

    def began(self, info: EvaluationInfo) -> None:
        """It is in the project now."""

    def stage(self, candidate: EvaluatedCandidate, stage: str) -> None:
        """``stage`` is ``"placing"``, ``"loading"``, ``"warming up"``, ``"timing"`` or ``"answering"``."""

    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
        """So many of its rows (times repeats) have an answer or a failure."""

    def finished(self, candidate: EvaluatedCandidate) -> None:
        """It is done, was stopped, or can't run; its state says which."""


class Silent:
    """An observer that does nothing."""

    def began(self, info: EvaluationInfo) -> None: ...
    def stage(self, candidate: EvaluatedCandidate, stage: str) -> None: ...
    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None: ...
    def finished(self, candidate: EvaluatedCandidate) -> None: ...


def begin(
    session: ProjectSession,
    task: Task,
    dataset: Dataset,
    candidates: Sequence[tuple[Candidate, LoadSpec]],
    settings: EvaluationSettings,
    pool: CandidatePool,
    observer: EvaluationObserver | None = None,
    stop: threading.Event | None = None,
    library: Library | None = None,
    own_options: Sequence[Mapping[str, Any]] | None = None,
    cluster: JoinedCluster | None = None,
) -> EvaluationInfo:
    """Evaluate candidates on a data set; blocks until all rows are answered or it is stopped.

    Args:
        session: The project that takes the answers.
        task: What the candidates do.
        dataset: The rows.
        candidates: Models, with how each is opened; the recorded ones of ``settings.mapping`` take part as well.
        settings: What is asked.
        pool: Where candidates are opened, one after another.
        observer: Hears of progress.
        stop: Once set, it stops within a second; what was answered stays.
        library: Where titles and licences of the models are read; the usual one where None.
        own_options: For each candidate, options of its own on top of the shared ones.
        cluster: Where the models run; on this computer where None. Endpoints are asked from here in any case.

    Raises:
        InputError: There is no candidate, no row, or an option can't be used.
        ProjectError: The project can't be written.
    """
    settings = replace(settings, options=all_options(session, task, dataset, settings))
    positions = positions_of(dataset, settings)
    if not candidates and not settings.mapping.recorded:
        raise InputError(_("There is no candidate to evaluate."), _("Name a model, or a column of recorded answers."))
    if not positions:
        raise InputError(_("There is no row to evaluate."), _("Choose data that has rows."))
    own = own_options or [{}] * len(candidates)
    library = library or Library.open()

    def expected() -> tuple[str, ...]:
        return _expected_labels(session, dataset, settings.mapping.reference) if settings.mapping.reference else ()

    new = [
        _model(
            session,
            task,
            candidate,
            told_options(task, candidate, {**settings.options, **given}, expected, library),
            library,
        )
        for (candidate, _spec), given in zip(candidates, own, strict=True)
    ]
    shared = {title for title, count in Counter(each.title for each in new).items() if count > 1}
    # What a person calls two of them tells nobody which is which; their ids do.
    new = [
        replace(each, title=f"{each.candidate.model} · {variant_of(each.candidate)}")
        if each.candidate and each.title in shared
        else each
        for each in new
    ]
    new += [NewCandidate(name, name, "recorded") for name in settings.mapping.recorded]
    facts = {**_environment(cluster), "threads": settings.threads, "seed": settings.seed}
    info = session.evaluations.start(task.id, dataset.id, settings, len(positions), new, facts)
    specs = {each.id: spec for each, (_candidate, spec) in zip(info.candidates, candidates, strict=False)}
    return _run(session, info, specs, pool, observer or Silent(), stop or threading.Event(), cluster)


def resume(
    session: ProjectSession,
    evaluation: int,
    library: Library,
    pool: CandidatePool,
    observer: EvaluationObserver | None = None,
    stop: threading.Event | None = None,
    cluster: JoinedCluster | None = None,
) -> EvaluationInfo:
    """Go on with the rows that have no answer yet. A candidate that can't run any more is marked so; others go on.

    It may go on elsewhere than it began: on a cluster, or on this computer again.

    Raises:
        UnknownNameError: There is no such evaluation.
        ProjectError: The project can't be written.
    """
    info = session.evaluations.get(evaluation)
    task = find_task(info.task)
    specs: dict[int, LoadSpec] = {}
    for each in info.candidates:
        if each.candidate is None or each.status == "finished":
            continue
        try:
            specs[each.id] = spec_of(task, each.candidate, library)
        except StudioError as error:
            session.evaluations.set_state(each.id, "failed", failure=Failure.of(error))
    return _run(session, info, specs, pool, observer or Silent(), stop or threading.Event(), cluster)


def _environment(cluster: JoinedCluster | None) -> Mapping[str, str | int | float | None]:
    """The computer that latencies are measured on."""
    if cluster is None:
        return environment()
    names = dict.fromkeys(f"{node.name} ({node.found.environment['cpu']})" for node in cluster.nodes)
    return {**cluster.environment, "cluster": cluster.address, "cluster_nodes": ", ".join(names)}


def spec_of(task: Task, candidate: Candidate, library: Library) -> LoadSpec:
    """How a candidate is opened. Raises as `studio.services.candidates.resolve`."""
    return named_again(task, candidate, library)[1]


def _model(
    session: ProjectSession, task: Task, candidate: Candidate, options: Mapping[str, Any], library: Library
) -> NewCandidate:
    model = model_of(candidate, library)
    return NewCandidate(
        candidate.name,
        f"{title_of(model, candidate.model)} · {variant_of(candidate)}",
        "model",
        candidate,
        task.resolve_options(options),
        model.licence if model else "",
        _labels_of(task, model, options),
        candidate.leaves,
    )


def all_options(
    session: ProjectSession, task: Task, dataset: Dataset, settings: EvaluationSettings
) -> Mapping[str, Any]:
    """The options with their defaults; where a person may name labels and named none, those that the data expects.

    Raises:
        InputError: An option can't be used, or the data expects too many labels.
    """
    options = task.resolve_options(settings.options)
    reference = settings.mapping.reference
    if task.takes_labels and not options["labels"] and reference:
        options["labels"] = _expected_labels(session, dataset, reference)
    return options


def _expected_labels(session: ProjectSession, dataset: Dataset, reference: str) -> tuple[str, ...]:
    """The labels that a column holds.

    Raises:
        InputError: There are too many.
    """
    expected = {cell.strip(): None for cell in session.datasets.column(dataset.id, reference)}
    labels = tuple(label for label in expected if label)
    if len(labels) > MOST_LABELS:
        raise InputError(
            _("The data expects {count} different labels, too many to choose from.").format(count=len(labels)),
            _("Name at most {most} labels yourself, or choose another column.").format(most=MOST_LABELS),
        )
    return labels


def _labels_of(task: Task, model: Model | None, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels that a candidate chooses from: those asked for, where the task lets a person name them."""
    if task.takes_labels:
        return tuple(options.get("labels", ()))
    if options.get(CHOICES) and (model is None or task.must_tell(model.task)):
        return tuple(options[CHOICES])
    return model.labels if model and task.output == "labels" else ()


def _run(
    session: ProjectSession,
    info: EvaluationInfo,
    specs: Mapping[int, LoadSpec],
    pool: CandidatePool,
    observer: EvaluationObserver,
    stop: threading.Event,
    cluster: JoinedCluster | None,
) -> EvaluationInfo:
    observer.began(info)
    # Those that cost nothing first: what a person or a vendor answered is there to see at once.
    for candidate in sorted(info.candidates, key=lambda each: each.kind == "model"):
        if candidate.status == "finished" or stop.is_set():
            continue
        if candidate.kind == "recorded":
            _record(session, info, candidate, observer)
        elif candidate.id in specs:
            _answer(session, info, candidate, specs[candidate.id], pool, observer, stop, cluster)
        observer.finished(_now(session, info, candidate))
    return session.evaluations.get(info.id)


def _now(session: ProjectSession, info: EvaluationInfo, candidate: EvaluatedCandidate) -> EvaluatedCandidate:
    return next(each for each in session.evaluations.get(info.id).candidates if each.id == candidate.id)


def _answer(
    session: ProjectSession,
    info: EvaluationInfo,
    candidate: EvaluatedCandidate,
    spec: LoadSpec,
    pool: CandidatePool,
    observer: EvaluationObserver,
    stop: threading.Event,
    cluster: JoinedCluster | None,
) -> None:
    session.evaluations.set_state(candidate.id, "running")
    run: RowsRun
    if spec.remote is not None:
        run = EndpointRowsRun(session, info, candidate, spec, pool, observer, stop)
    elif cluster is None:
        run = RowsRun(session, info, candidate, replace(spec, threads=info.settings.threads), pool, observer, stop)
    else:
        from studio.services.cluster_rows_run import ClusterRowsRun

        threads = info.settings.threads or cluster.threads
        run = ClusterRowsRun(session, info, candidate, replace(spec, threads=threads), cluster, observer, stop)
    try:
        run.run()
    except StoppedError:
        session.evaluations.set_state(candidate.id, "stopped", run.facts, run.placement)
    except StudioError as error:
        session.evaluations.set_state(candidate.id, "failed", run.facts, run.placement, Failure.of(error))
    except BaseException:
        # Such as Ctrl+C: the rows so far are stored, and the state says that there are more.
        session.evaluations.set_state(candidate.id, "interrupted", run.facts, run.placement)
        raise
    else:
        session.evaluations.set_state(candidate.id, "finished", run.facts, run.placement)


def _record(
    session: ProjectSession, info: EvaluationInfo, candidate: EvaluatedCandidate, observer: EvaluationObserver
) -> None:
    """Take the answers of a column; no worker is needed."""
    data, mapping = info.dataset, info.settings.mapping
    column = mapping.recorded[candidate.name]
    latency = mapping.recorded_latency.get(candidate.name)
    positions = positions_of(data, info.settings)
    is_labels = find_task(info.task).output == "labels"
    place, timed = data.columns.index(column), data.columns.index(latency) if latency else None
    session.evaluations.set_state(candidate.id, "running")
    done = 0
    for chunk in chunks(positions, _CHUNK):
        rows = session.datasets.rows(data.id, chunk)
        answers = []
        for row in rows:
            text = row.cells[place].strip()
            failure = None if text else _no_recorded_answer()
            seconds = _seconds(row.cells[timed]) if timed is not None else None
            answers.append(
                Answer(candidate.id, row.position, 0, _recorded(text, is_labels) if text else None, failure, seconds)
            )
        session.evaluations.record(answers)
        done += len(answers)
        observer.progress(candidate, done, len(positions))
    session.evaluations.set_state(candidate.id, "finished", RunFacts())


def _recorded(text: str, is_labels: bool) -> Output:
    # A label without a score of its own: no probability is invented, so nothing about confidence is computed from it.
    return Labels((LabelScore(text, float("nan")),)) if is_labels else GeneratedText(text, (), 0, "stop")


def _no_recorded_answer() -> Failure:
    return Failure("InputError", _("The cell is empty."))


def _seconds(cell: str) -> float | None:
    """A recorded latency; a cell that is no number of seconds gives none."""
    try:
        seconds = float(cell.strip().replace(",", "."))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None
