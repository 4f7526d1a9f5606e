"""``/v1/chat/completions`` and ``/v1/completions``."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from studio.domain.errors import StudioError
from studio.domain.i18n import _
from studio.domain.prediction import GeneratedText
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Task
from studio.engine.protocol import Ran
from studio.server.desk import Desk
from studio.server.offered import Offered
from studio.server.refusals import Refusal, body_of, refusal_of
from studio.server.requests import messages_of, options_of, streams, texts_of
from studio.tasks import find_task

#: Prompts of one request.
_MOST_PROMPTS = 32


@dataclass(frozen=True)
class _Asked:
    """A request as the studio runs it."""

    model: str
    task: Task
    spec: LoadSpec
    inputs: Inputs
    options: Options


@dataclass(frozen=True)
class _Shape:
    """How the two protocols word an answer."""

    prefix: str
    whole: str
    part: str
    chat: bool

    def choice(self, index: int, text: str, finish: str | None) -> dict[str, Any]:
        """A whole answer."""
        said = {"message": {"role": "assistant", "content": text}} if self.chat else {"text": text}
        return {"index": index, **said, "logprobs": None, "finish_reason": finish}

    def delta(self, text: str | None, finish: str | None = None, first: bool = False) -> dict[str, Any]:
        """A piece of one."""
        if not self.chat:
            said: dict[str, Any] = {"text": text or ""}
        else:
            role = {"role": "assistant"} if first else {}
            said = {"delta": {**role, **({} if text is None else {"content": text})}}
        return {"index": 0, **said, "logprobs": None, "finish_reason": finish}


_CHAT = _Shape("chatcmpl", "chat.completion", "chat.completion.chunk", chat=True)
_TEXT = _Shape("cmpl", "text_completion", "text_completion", chat=False)


async def chat(request: Request, body: Mapping[str, Any], offered: Offered, desk: Desk) -> Response:
    """Answer a conversation."""
    task = find_task("chat")
    asked = await _asked(body, task, offered, {"messages": messages_of(body)})
    return await _answer(request, body, [asked], _CHAT, desk)


async def complete(request: Request, body: Mapping[str, Any], offered: Offered, desk: Desk) -> Response:
    """Answer one or several prompts; a model that chats is asked each as a message."""
    task = find_task("text-generation")
    # With a template of its own, braces in a prompt are what they are.
    asked = [
        await _asked(body, task, offered, {"text": prompt, "variables": ()}, {"template": "{{text}}"})
        for prompt in texts_of(body, "prompt", _MOST_PROMPTS)
    ]
    return await _answer(request, body, asked, _TEXT, desk)


async def _asked(
    body: Mapping[str, Any], task: Task, offered: Offered, inputs: Inputs, own: Mapping[str, Any] | None = None
) -> _Asked:
    spec = await asyncio.to_thread(offered.open, task, body.get("model"))
    task.check(inputs)
    return _Asked(body["model"], task, spec, inputs, task.resolve_options({**options_of(body, task), **(own or {})}))


async def _answer(
    request: Request, body: Mapping[str, Any], asked: list[_Asked], shape: _Shape, desk: Desk
) -> Response:
    piecewise, with_usage = streams(body)
    if piecewise:
        if len(asked) > 1:
            raise Refusal(400, _("Several prompts can't be streamed."), "prompt")
        events = _events(asked[0], shape, desk, with_usage)
        # The first piece is waited for, so that what is refused has the status of a refusal.
        first = await anext(events)
        return StreamingResponse(_with_first(first, events), media_type="text/event-stream")
    choices, read, written = [], 0, 0
    for index, each in enumerate(asked):
        output = await _one(request, each, desk)
        choices.append(shape.choice(index, output.text, _finish(output)))
        read, written = read + output.prompt_tokens, written + output.output_tokens
    head = _head(shape, shape.whole, asked[0].model)
    return JSONResponse({**head, "choices": choices, "usage": _usage(read, written)})


async def _one(request: Request, asked: _Asked, desk: Desk) -> GeneratedText:
    return _text(await desk.ask(request, asked.spec, lambda opened: opened.worker.run(asked.inputs, asked.options)))


async def _events(asked: _Asked, shape: _Shape, desk: Desk, with_usage: bool) -> AsyncGenerator[str, None]:
    head = _head(shape, shape.part, asked.model)
    # Where the number of tokens is asked for, every chunk has the field.
    usage: dict[str, Any] = {"usage": None} if with_usage else {}
    first = True
    listening = desk.listen(asked.spec, lambda opened, hear: opened.worker.run(asked.inputs, asked.options, hear))
    try:
        async for found in listening:
            if isinstance(found, str):
                yield _event({**head, "choices": [shape.delta(found, first=first)], **usage})
                first = False
                continue
            output = _text(found)
            if first and shape.chat:
                yield _event({**head, "choices": [shape.delta("", first=True)], **usage})
            yield _event({**head, "choices": [shape.delta(None, _finish(output))], **usage})
            if with_usage:
                told = _usage(output.prompt_tokens, output.output_tokens)
                yield _event({**head, "choices": [], "usage": told})
            yield "data: [DONE]\n\n"
    except StudioError as error:
        if first:
            raise
        yield _event(body_of(refusal_of(error)))
    finally:
        await listening.aclose()


async def _with_first(first: str, rest: AsyncGenerator[str, None]) -> AsyncIterator[str]:
    try:
        yield first
        async for event in rest:
            yield event
    finally:
        # A client that goes away ends what is under way.
        await rest.aclose()


def _event(value: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _head(shape: _Shape, kind: str, model: str) -> dict[str, Any]:
    return {"id": f"{shape.prefix}-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _usage(read: int, written: int) -> dict[str, int]:
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _text(ran: Ran) -> GeneratedText:
    output = ran.prediction.output
    assert isinstance(output, GeneratedText)
    return output


def _finish(output: GeneratedText) -> str:
    return "length" if output.finish_reason == "length" else "stop"
