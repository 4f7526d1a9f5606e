"""``/v1/models``, ``/v1/embeddings``, and ``/v1/studio/run``: every use case of texts, an extension of the protocol."""

from __future__ import annotations

import asyncio
import base64
from array import array
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.prediction import Findings, OutputTable
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Message, Task
from studio.server.desk import Desk
from studio.server.offered import Offered, tasks_of, tasks_offered
from studio.server.refusals import Refusal
from studio.server.requests import texts_of
from studio.services.documents import finite, plain_output
from studio.tasks import find_task

#: Texts of one request for vectors, as OpenAI allows.
_MOST_TEXTS = 2048
#: Texts that run through the graph together.
_TOGETHER = 32


async def list_models(offered: Offered) -> Response:
    """What can be asked for, with what each is for."""
    data = [{**_model(name), "tasks": list(tasks_of(model))} for name, model in await asyncio.to_thread(offered.models)]
    return JSONResponse({"object": "list", "data": data})


async def one_model(name: str, offered: Offered) -> Response:
    """One of these."""
    for known, model in await asyncio.to_thread(offered.models):
        if known == name:
            return JSONResponse({**_model(name), "tasks": list(tasks_of(model))})
    raise Refusal(404, _("The model {name!r:.100} is not offered here.").format(name=name), "model", "model_not_found")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]}


async def embed(request: Request, body: Mapping[str, Any], offered: Offered, desk: Desk) -> Response:
    """Vectors of texts."""
    task = find_task("feature-extraction")
    for name in set(body) - {"model", "input", "encoding_format", "user"}:
        raise Refusal(400, _("{name} is not supported here.").format(name=name), name, "unsupported_parameter")
    form = body.get("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise Refusal(400, _("encoding_format is float or base64."), "encoding_format", "invalid_value")
    texts = texts_of(body, "input", _MOST_TEXTS)
    inputs: list[Inputs] = [{"query": text, "texts": ()} for text in texts]
    for each in inputs:
        task.check(each)
    spec = await asyncio.to_thread(offered.open, task, body.get("model"))
    lengths = await desk.ask(request, spec, lambda opened: opened.worker.lengths(inputs))
    options = task.resolve_options({})
    vectors: list[tuple[float, ...]] = []
    for start in range(0, len(inputs), _TOGETHER):
        part = inputs[start : start + _TOGETHER]
        vectors += await _vectors(request, spec, part, options, desk)
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector, form)}
        for index, vector in enumerate(vectors)
    ]
    read = sum(lengths)
    usage = {"prompt_tokens": read, "total_tokens": read}
    return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": usage})


async def _vectors(
    request: Request, spec: LoadSpec, inputs: list[Inputs], options: Options, desk: Desk
) -> list[tuple[float, ...]]:
    ran = await desk.ask(request, spec, lambda opened: opened.worker.run_batch(inputs, options))
    assert isinstance(ran.table, OutputTable)
    return [found.vector for found in ran.table.rows() if isinstance(found, Findings)]


def _written(vector: tuple[float, ...], form: str) -> Any:
    if form == "float":
        return list(vector)
    return base64.b64encode(array("f", vector).tobytes()).decode()


async def run(request: Request, body: Mapping[str, Any], offered: Offered, desk: Desk) -> Response:
    """One input through any use case of texts.

    The request: ``task``, ``model``, ``input`` (a text, or an object of the use case's fields), ``options``.
    """
    for name in set(body) - {"task", "model", "input", "options"}:
        raise Refusal(400, _("{name:.60} is unknown.").format(name=name), name, "unknown_parameter")
    task = find_task(str(body.get("task")))
    if task not in tasks_offered():
        raise Refusal(400, _("{task} takes files, which no request can name.").format(task=task.id), "task")
    options = body.get("options") or {}
    if not isinstance(options, dict):
        raise Refusal(400, _("options must be an object."), "options", "invalid_value")
    inputs = _inputs(task, body.get("input"))
    task.check(inputs)
    resolved = task.resolve_options(options)
    spec = await asyncio.to_thread(offered.open, task, body.get("model"))
    ran = await desk.ask(request, spec, lambda opened: opened.worker.run(inputs, resolved))
    return JSONResponse(
        {
            "object": "studio.run",
            "task": task.id,
            "model": body["model"],
            "output": finite(plain_output(ran.prediction.output)),
            "notices": list(ran.prediction.notices),
            "latency_s": ran.latency_s,
        }
    )


def _inputs(task: Task, given: Any) -> Inputs:
    if isinstance(given, str):
        return task.read_text(given)
    if not isinstance(given, dict):
        raise Refusal(400, _("input must be a text or an object."), "input", "invalid_value")
    fields = {field.name: field for field in task.inputs}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise Refusal(400, _("{task} has no input {name!r:.60}.").format(task=task.id, name=name), "input")
        kind = fields[name].kind
        if kind == "messages":
            if not isinstance(value, list) or not all(
                isinstance(each, dict) and isinstance(each.get("role"), str) and isinstance(each.get("content"), str)
                for each in value
            ):
                raise InputError(_("A message has a role and a content."))
            found[name] = tuple(Message(each["role"], each["content"]) for each in value)
        elif kind in ("texts", "variables"):
            found[name] = texts_of(given, name, 100_000)
        elif isinstance(value, str):
            found[name] = value
        else:
            raise Refusal(400, _("{name} must be a text.").format(name=name), "input", "invalid_value")
    for field in task.inputs:
        if field.optional and field.name not in found:
            found[field.name] = () if field.kind in ("texts", "variables") else ""
    return found
