"""Reads all that Try shows of one use case, in one go and off the window's thread. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.domain.errors import StudioError, UnknownNameError
from studio.domain.model import Model
from studio.domain.project import Column, Composer, Run
from studio.domain.running import Inputs, LoadSpec
from studio.domain.task import Field, Message, Sample, Task
from studio.library.store import Library
from studio.services import endpoint_candidates
from studio.services.candidate_offers import Offer, first_candidates, offers_of
from studio.services.column_runs import spec_of
from studio.services.project_session import ProjectSession
from studio.tasks import all_tasks

#: So many runs are looked at for how much memory a candidate took.
_LATEST_RUNS = 12


@dataclass(frozen=True)
class Loaded:
    """What Try shows of one use case.

    Attributes:
        offers: Candidates to choose from.
        columns: Candidates that stand side by side.
        composer: What was typed, and the settings.
        runs: The run on show; of a conversation all its turns, oldest first.
        view: How it was looked at, see `TryModel`.
    """

    offers: tuple[Offer, ...]
    columns: tuple[Column, ...]
    composer: Composer
    runs: tuple[Run, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)


def load(session: ProjectSession, library: Library, task: Task, device: str, told: bool = False) -> Loaded:
    """Read a use case, and give it its first candidates and an example where the project has nothing of it yet.

    ``told``: see `read_offers`.
    """
    models = library.all()
    candidates = first_candidates(models, task, device)
    if candidates:
        sample = next(iter(fitting_samples(task, [c.model for c in candidates])), None)
        session.begin(task.id, candidates, draft_of(task, sample), sample.options if sample else {})
    columns = session.columns(task.id)
    view = session.recall(view_key(task), {})
    view = view if isinstance(view, dict) else {}
    return Loaded(
        _offers(session, library, models, task, device, columns, told),
        columns,
        session.composer(task.id),
        read_runs(session, task, view.get("run")),
        view,
    )


def read_offers(
    session: ProjectSession, library: Library, task: Task, device: str, told: bool = False
) -> tuple[Offer, ...]:
    """The candidates to choose from, the library read again; ``told`` adds those that must be told the labels."""
    return _offers(session, library, library.all(), task, device, session.columns(task.id), told)


def read_runs(session: ProjectSession, task: Task, run: Any) -> tuple[Run, ...]:
    """A run; in a conversation with the turns before it. Empty where there is none (any more)."""
    if not isinstance(run, int):
        return ()
    try:
        return session.conversation(run) if talks(task) else (session.run(run),)
    except UnknownNameError:
        return ()


def specs_in_use(session: ProjectSession, library: Library) -> tuple[LoadSpec, ...]:
    """How the candidates of all columns of a project are opened; those that can't be are left out."""
    specs = []
    for task in all_tasks():
        for column in session.columns(task.id):
            try:
                specs.append(spec_of(task, column.candidate, library)[1])
            except StudioError:
                continue
    return tuple(specs)


def _offers(
    session: ProjectSession,
    library: Library,
    listed: Iterable[Model],
    task: Task,
    device: str,
    columns: Iterable[Column],
    told: bool = False,
) -> tuple[Offer, ...]:
    measured = _measured_mb(session, task)
    models = {
        model.id: model
        for model in listed
        if task.runs(model.task, model.architecture) or (told and task.must_tell(model.task))
    }
    devices = dict.fromkeys([device, *(each.candidate.device for each in columns if not each.candidate.remote)])
    for column in columns:
        if column.candidate.model not in models and not column.candidate.remote:
            # A folder outside the library, opened as it is.
            try:
                models[column.candidate.model] = library.find(column.candidate.model)
            except StudioError:
                continue
    found: dict[str, Offer] = {}
    for model in models.values():
        for each in devices:
            for offer in offers_of(model, each, measured):
                found.setdefault(offer.candidate.name, offer)
    return (*found.values(), *(Offer(candidate) for candidate in endpoint_candidates.candidates(task)))


def _measured_mb(session: ProjectSession, task: Task) -> dict[str, float]:
    found: dict[str, float] = {}
    for summary in session.history(task.id, _LATEST_RUNS):
        for stored in session.run(summary.id).results:
            peak = stored.result.measurement.peak_memory_mb
            if peak is not None:
                name = stored.result.candidate.name
                found[name] = max(peak, found.get(name, 0.0))
    return found


def talks(task: Task) -> bool:
    """Whether a use case is a conversation: what is asked next belongs to what was said before."""
    return any(field.kind == "messages" for field in task.inputs)


def view_key(task: Task) -> str:
    """Under which name a project remembers how a use case was looked at."""
    return f"try {task.id}"


def inputs_of(task: Task, draft: Mapping[str, str]) -> Inputs:
    """What was typed, as the task takes it."""
    typed = {field.name: draft.get(field.name, "") for field in task.inputs}
    return {field.name: _value(field, typed[field.name]) for field in task.inputs}


def _value(field: Field, text: str) -> Any:
    if field.kind == "messages":
        return (Message("user", text),)
    if field.kind in {"texts", "variables"}:
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    return text


def typed_in(task: Task, inputs: Inputs) -> dict[str, str]:
    """What someone typed to ask this: the reverse of `inputs_of`."""
    found = {}
    for each in task.inputs:
        value = inputs.get(each.name, "")
        if each.kind in {"texts", "variables"} and not isinstance(value, str):
            # One line for each: what was one text with breaks stays one.
            value = "\n".join(" ".join(str(text).split()) for text in value)
        if isinstance(value, tuple):
            said = [turn.content for turn in value if isinstance(turn, Message) and turn.role == "user"]
            value = said[-1] if said else ""
        found[each.name] = str(value)
    return found


def draft_of(task: Task, sample: Sample | None) -> dict[str, str]:
    """An example, as if it had been typed."""
    return typed_in(task, sample.inputs) if sample else {}


def fitting_samples(task: Task, models: Iterable[str]) -> tuple[Sample, ...]:
    """The examples that suit some models: those written for one of them first, then those that suit any.

    Where none does, as with models that the user added, all of them: an example beats an empty page.
    """
    shown = set(models)
    written = [sample for sample in task.samples if shown & set(sample.models)]
    return (*written, *(sample for sample in task.samples if not sample.models)) or task.samples
