"""Models of endpoints as candidates: which there are, how one is named, opened, and told what it must know."""

from __future__ import annotations

from pathlib import Path

from studio.domain.comparison import Candidate
from studio.domain.endpoint import PREFIX, Endpoint
from studio.domain.errors import EndpointError, InputError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec
from studio.domain.task import Task
from studio.services.endpoints import ENDPOINTS, Endpoints, check_reachable, setup_of


def can_do(task: Task) -> bool:
    """Whether a model of an endpoint can be asked to do a task."""
    return task.remote is not None


def candidates(task: Task, endpoints: Endpoints = ENDPOINTS) -> tuple[Candidate, ...]:
    """Every model that the user chose of every endpoint, for a task that it can be asked to do."""
    if not can_do(task):
        return ()
    return tuple(candidate_of(each, model) for each in endpoints.all() for model in each.models)


def candidate_of(endpoint: Endpoint, model: str) -> Candidate:
    """A model of an endpoint as a candidate."""
    return Candidate(f"{endpoint.name}/{model}", "", endpoint.host, "openai")


def endpoint_of(candidate: Candidate, endpoints: Endpoints = ENDPOINTS) -> Endpoint:
    """The endpoint that a candidate belongs to.

    Raises:
        UnknownNameError: It is not on the list any more.
    """
    return endpoints.find(candidate.model.partition("/")[0])


def resolve_remote(task: Task, text: str, endpoints: Endpoints = ENDPOINTS) -> tuple[Candidate, LoadSpec]:
    """The candidate that ``endpoint:NAME/MODEL`` names, and how it is asked.

    Raises:
        UnknownNameError: There is no endpoint of that name.
        InputError: It names no model, or endpoints can't do the task.
        OfflineError: It is another computer, and the network is not to be used.
    """
    name, _slash, model = text.removeprefix(PREFIX).partition("/")
    endpoint = endpoints.find(name)
    if not model:
        offered = [f"{PREFIX}{name}/{each}" for each in endpoint.models]
        raise InputError(
            _("{text} names no model of the endpoint.").format(text=text),
            _("Choose one of: {names}.").format(names=", ".join(offered))
            if offered
            else _("`studio endpoints models {name}` lists them.").format(name=name),
        )
    return again(task, candidate_of(endpoint, model), endpoints)


def again(task: Task, candidate: Candidate, endpoints: Endpoints = ENDPOINTS) -> tuple[Candidate, LoadSpec]:
    """How a candidate that was named before is asked.

    Raises:
        UnknownNameError: Its endpoint is not on the list any more.
        EndpointError: Its endpoint has another address by now, so that something else would be asked.
        InputError: Endpoints can't do the task.
        OfflineError: It is another computer, and the network is not to be used.
    """
    if not can_do(task):
        raise InputError(
            _("{task} can't be done by an endpoint.").format(task=task.id),
            _("Endpoints chat, generate, translate and sort into labels."),
        )
    try:
        endpoint = endpoint_of(candidate, endpoints)
    except UnknownNameError as error:
        raise UnknownNameError(
            error.message,
            _("Add it under Models, Endpoints; or choose another candidate."),
        ) from error
    if endpoint.host != candidate.device:
        raise EndpointError(
            _("{name} was {before} when this was set up, and is {now} today.").format(
                name=endpoint.name, before=candidate.device, now=endpoint.host
            ),
            _("Choose the model again if it is to be asked there."),
        )
    check_reachable(endpoint)
    model = candidate.model.partition("/")[2]
    spec = LoadSpec(task.id, Path(), "", candidate.device, backend="openai", remote=setup_of(endpoint, model))
    return candidate, spec
