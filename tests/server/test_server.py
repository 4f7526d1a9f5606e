"""`studio serve`, asked by the official client."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
import threading
from array import array
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI

from studio.domain.errors import InputError
from studio.domain.prediction import Findings, GeneratedText
from studio.domain.running import ignore_text, never_cancelled
from studio.domain.task import Message
from studio.library.store import Library
from studio.server.desk import Desk
from studio.server.gate import MOST_BYTES
from studio.server.offer import Offer
from studio.server.process import ServerProcess
from studio.server.serving import serve
from studio.services.candidates import resolve
from studio.services.pool import CandidatePool
from studio.services.waiting import Waiter
from studio.tasks import find_task
from tests.server.conftest import ASSISTANT, EMBEDDER, serving

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("server")

_CANCEL = "I want to cancel order 4411"
_ASK = [{"role": "user", "content": _CANCEL}]


@pytest.fixture(scope="module")
def client(url: str) -> OpenAI:
    return OpenAI(base_url=url, api_key="any", max_retries=0)


@pytest.fixture(scope="module")
def local() -> GeneratedText:
    """What the same model says without a server."""
    task = find_task("chat")
    runner = task.open(resolve(task, ASSISTANT, Library.open())[1])
    inputs = {"messages": (Message("user", _CANCEL),)}
    output = runner.run(inputs, task.resolve_options({}), ignore_text, never_cancelled).output
    assert isinstance(output, GeneratedText)
    return output


def test_models_are_listed_with_what_they_are_for(client: OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}
    assert "chat" in listed[ASSISTANT].tasks  # type: ignore[attr-defined]
    # Pictures and recordings are files, which no request can name.
    assert "starter/digits-small" not in listed and "starter/clothes-small" not in listed
    assert client.models.retrieve(ASSISTANT).id == ASSISTANT
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody")


def test_a_conversation_is_answered_as_in_the_studio(client: OpenAI, local: GeneratedText) -> None:
    found = client.chat.completions.create(model=ASSISTANT, messages=_ASK)
    assert found.choices[0].message.content == local.text and found.choices[0].finish_reason == "stop"
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (local.prompt_tokens, local.output_tokens)


def test_an_answer_streams(client: OpenAI, local: GeneratedText) -> None:
    chunks = list(
        client.chat.completions.create(
            model=ASSISTANT, messages=_ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == local.text and len([piece for piece in pieces if piece]) > 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == local.output_tokens


def test_length_stop_and_seed_are_kept_to(client: OpenAI) -> None:
    short = client.chat.completions.create(model=ASSISTANT, messages=_ASK, max_completion_tokens=3)
    assert short.choices[0].finish_reason == "length" and short.usage and short.usage.completion_tokens == 3
    stopped = client.chat.completions.create(model=ASSISTANT, messages=_ASK, stop=["4411"])
    assert "4411" not in (stopped.choices[0].message.content or "")
    drawn = [
        client.chat.completions.create(model=ASSISTANT, messages=_ASK, temperature=1.5, seed=seed, max_tokens=20)
        for seed in (1, 1)
    ]
    assert drawn[0].choices[0].message.content == drawn[1].choices[0].message.content


def test_completions_take_prompts_as_they_are(client: OpenAI) -> None:
    found = client.completions.create(model=ASSISTANT, prompt=["Hello {{name}}", _CANCEL], max_tokens=5)
    assert [choice.index for choice in found.choices] == [0, 1] and all(choice.text for choice in found.choices)
    streamed = client.completions.create(model=ASSISTANT, prompt=_CANCEL, max_tokens=5, stream=True)
    assert "".join(chunk.choices[0].text for chunk in streamed) == found.choices[1].text


def _numbers(embedding: Any) -> list[float]:
    """A vector as numbers, also where it was asked for as the bytes of them."""
    return list(array("f", base64.b64decode(embedding))) if isinstance(embedding, str) else list(embedding)


@pytest.mark.parametrize("form", ["float", "base64"])
def test_vectors_are_those_of_the_studio(client: OpenAI, form: str) -> None:
    texts = ["a refund", "my parcel is late"]
    found = client.embeddings.create(model=EMBEDDER, input=texts, encoding_format=form)  # type: ignore[call-overload]
    task = find_task("feature-extraction")
    runner = task.open(resolve(task, EMBEDDER, Library.open())[1])
    for text, each in zip(texts, found.data, strict=True):
        alone = runner.run({"query": text, "texts": ()}, task.resolve_options({}), ignore_text, never_cancelled).output
        assert isinstance(alone, Findings)
        # Dynamic int8 makes a vector depend on its neighbours in the last digits.
        assert _numbers(each.embedding) == pytest.approx(alone.vector, abs=0.02)
    assert found.usage.prompt_tokens > 4


def test_other_use_cases_are_run_by_an_extension(client: OpenAI) -> None:
    body = {
        "task": "text-classification",
        "model": "starter/support-intents-tiny",
        "input": "where can I see my invoice",
        "options": {"top_k": 2},
    }
    found = client.post("/studio/run", cast_to=object, body=body)
    assert isinstance(found, dict)
    assert "invoice" in found["output"]["label"] and len(found["output"]["scores"]) == 2
    body = {"task": "translation", "model": "starter/translate-en-zh-small", "input": {"text": "Hello"}}
    found = client.post("/studio/run", cast_to=object, body=body)
    assert isinstance(found, dict) and found["output"]
    with pytest.raises(openai.BadRequestError, match="takes files"):
        client.post("/studio/run", cast_to=object, body={"task": "image-classification", "input": "/etc/passwd"})


@pytest.mark.parametrize(
    ("wish", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"logprobs": True}, "logprobs"),
        ({"frequency_penalty": 1.0}, "frequency_penalty"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"temperature": 9}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [1]}, "stop"),
        ({"surprise": 1}, "surprise"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
    ],
)
def test_what_would_be_ignored_is_refused_by_name(client: OpenAI, wish: dict[str, object], param: str) -> None:
    body = {"model": ASSISTANT, "messages": _ASK, **wish}
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/chat/completions", cast_to=object, body=body)
    assert refused.value.param == param and refused.value.type == "invalid_request_error"


def test_what_changes_nothing_is_taken(client: OpenAI) -> None:
    client.chat.completions.create(
        model=ASSISTANT, messages=_ASK, max_tokens=1, n=1, user="me", presence_penalty=0, logit_bias={}, tools=[]
    )


@pytest.mark.parametrize(
    "name", ["nobody", "/etc", "../models/starter/assistant-small", "starter/support-intents-tiny"]
)
def test_only_offered_models_that_do_it_can_be_asked(client: OpenAI, name: str) -> None:
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.chat.completions.create(model=name, messages=_ASK)


def _raw(url: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, object]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    found = json.loads(response.read())
    connection.close()
    return response.status, found


def test_web_pages_and_other_names_are_kept_out(url: str) -> None:
    body = json.dumps({"model": ASSISTANT, "messages": _ASK}).encode()
    kind = "application/json"
    path = "/v1/chat/completions"
    assert _raw(url, "GET", "/v1/models", Host="evil.example")[0] == 403
    assert _raw(url, "POST", path, body, Content_Type=kind, Origin="https://evil.example")[0] == 403
    assert _raw(url, "POST", path, body, Content_Type="text/plain")[0] == 415
    assert _raw(url, "GET", "/v1/nothing")[0] == 404
    assert _raw(url, "GET", path)[0] == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"[" * 100_000, b'{"model": "\xff"}'])
def test_what_is_no_request_is_refused(url: str, body: bytes) -> None:
    status, found = _raw(url, "POST", "/v1/chat/completions", body, Content_Type="application/json")
    assert status == 400 and found["error"]


def test_a_request_that_is_too_large_is_refused(url: str) -> None:
    body = b'{"model": "' + b"x" * MOST_BYTES + b'"}'
    assert _raw(url, "POST", "/v1/chat/completions", body, Content_Type="application/json")[0] == 413


def test_a_client_that_goes_away_frees_the_model() -> None:
    heard: list[int] = []
    gone = threading.Event()

    def hear(_method: str, _path: str, status: int, _seconds: float) -> None:
        heard.append(status)
        gone.set()

    long = {"model": ASSISTANT, "messages": _ASK, "max_tokens": 30_000, "temperature": 5.0, "seed": 3}
    with serving(Offer((ASSISTANT,), port=0), hear) as url:
        parts = urlsplit(url)
        whole = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        whole.request("POST", "/v1/chat/completions", json.dumps(long), {"Content-Type": "application/json"})
        whole.close()
        assert gone.wait(60)
    # The status of a client that closed its connection: nobody waited for the answer to be whole.
    assert heard == [499]


def test_a_stream_that_nobody_listens_to_stops() -> None:
    task = find_task("chat")
    spec = resolve(task, ASSISTANT, Library.open())[1]
    options = task.resolve_options({"max_new_tokens": 30_000, "temperature": 5.0})
    inputs = {"messages": (Message("user", _CANCEL),)}

    async def listen(desk: Desk) -> str:
        answer = desk.listen(spec, lambda opened, hear: opened.worker.run(inputs, options, hear))
        first = await anext(answer)
        await answer.aclose()
        assert isinstance(first, str)
        return first

    with CandidatePool() as pool:
        desk = Desk(pool)
        assert asyncio.run(listen(desk))
        # What it was lent comes back, so that the next one need not wait for the end of a long answer.
        with pool.borrow(spec, Waiter(threading.Event())) as opened:
            assert opened.worker.failure is None or "ended" in opened.worker.failure.message
        desk.close()


def test_requests_at_once_are_all_answered(client: OpenAI, local: GeneratedText) -> None:
    found: list[str | None] = []

    def ask() -> None:
        found.append(client.chat.completions.create(model=ASSISTANT, messages=_ASK).choices[0].message.content)

    threads = [threading.Thread(target=ask) for _each in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [local.text] * 5


def test_a_key_is_wanted_where_one_is_set() -> None:
    with serving(Offer((ASSISTANT,), port=0, key="a-key-of-ours")) as url:
        with pytest.raises(openai.AuthenticationError):
            OpenAI(base_url=url, api_key="another", max_retries=0).models.list()
        named = OpenAI(base_url=url, api_key="a-key-of-ours", max_retries=0)
        assert [model.id for model in named.models.list()] == [ASSISTANT]
        with pytest.raises(openai.NotFoundError):
            named.embeddings.create(model=EMBEDDER, input="x")
    assert "a-key-of-ours" not in repr(Offer(key="a-key-of-ours"))


def _refused(offer: Offer) -> InputError:
    with pytest.raises(InputError) as refused:
        serve(offer, Library.open(), lambda _url: None, threading.Event())
    return refused.value


def test_other_computers_need_a_key() -> None:
    assert "a key is needed" in _refused(Offer(host="0.0.0.0", port=0)).message
    assert "a key is needed" in _refused(Offer(host="::", port=0)).message


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "can't be used" in _refused(Offer(port=taken.getsockname()[1])).message
    assert "no port" in _refused(Offer(port=99_999)).message


def test_a_name_that_nobody_has_is_refused_before_a_port_is_opened() -> None:
    assert "nobody" in _refused(Offer(("nobody",), port=0)).message
    assert "is no text" in _refused(Offer(("starter/digits-small",), port=0)).message


def test_a_server_in_a_process_of_its_own_starts_and_ends() -> None:
    ready, ended = threading.Event(), threading.Event()
    said: list[Any] = []

    def on_ready(url: str) -> None:
        said.append(url)
        ready.set()

    def on_end(failure: object) -> None:
        said.append(failure)
        ended.set()

    process = ServerProcess(Offer((ASSISTANT,), port=0), None, on_ready, on_end)
    try:
        assert ready.wait(60) and process.running
        assert [model.id for model in OpenAI(base_url=said[0], api_key="x").models.list()] == [ASSISTANT]
    finally:
        process.stop()
    assert ended.wait(10) and said[1] is None and not process.running
    ended.clear()
    process = ServerProcess(Offer(host="0.0.0.0", port=0), None, on_ready, on_end)
    assert ended.wait(60) and "a key is needed" in said[2].message
    process.stop()
