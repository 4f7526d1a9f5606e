"""One request on a thread of its own, so that Stop and a time limit work however slowly a server answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from openai import APIConnectionError, APITimeoutError, OpenAI

from studio.remote.client import close_quietly
from studio.remote.failures import CutError, NotTheProtocolError


@dataclass(frozen=True)
class Chance:
    """A token of the answer with the likeliest ones in its place.

    Attributes:
        text: The token.
        logprob: Natural logarithm of its probability.
        others: Likeliest tokens in its place, with theirs; mostly itself among them.
    """

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Piece:
    """Something that came.

    Attributes:
        at_s: When, on `time.perf_counter`.
        text: New text of the answer.
        thought: Whether it is the model's thinking, which is not shown.
        finish: Why the answer ended, as the endpoint says it; empty while it goes on.
        usage: Tokens read and written, where the endpoint told.
        chances: Tokens of ``text`` with their probabilities, where the endpoint tells.
    """

    at_s: float
    text: str = ""
    thought: bool = False
    finish: str = ""
    usage: tuple[int, int] | None = None
    chances: tuple[Chance, ...] = ()


class Stream:
    """A request under way.

    Args:
        client: Whom to ask.
        request: Parameters of ``chat.completions.create``.
    """

    def __init__(self, client: OpenAI, request: dict[str, Any]) -> None:
        self._client, self._request = client, request
        self._pieces: SimpleQueue[Piece | Exception | None] = SimpleQueue()
        self._response: Any = None
        self._abandoned = threading.Event()
        self.began_s = time.perf_counter()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def next(self, timeout_s: float) -> Piece | None:
        """The next thing that comes; None when nothing came in time.

        Raises:
            StopIteration: The answer is whole.
            Exception: Whatever went wrong; see `studio.remote.failures.error_of`.
        """
        try:
            found = self._pieces.get(timeout=timeout_s)
        except Empty:
            return None
        if found is None:
            raise StopIteration
        if isinstance(found, Exception):
            raise found
        return found

    def abandon(self) -> None:
        """Listen no longer; the connection is closed, so that the endpoint can stop as well."""
        self._abandoned.set()
        if self._reader.is_alive() and self._response is not None:
            # Closing may wait for the thread that reads, which a silent server holds up.
            threading.Thread(target=close_quietly, args=(self._response,), daemon=True).start()

    def _read(self) -> None:
        try:
            self._read_all()
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            self._pieces.put(error)
        else:
            self._pieces.put(None)

    def _read_all(self) -> None:
        stream = self._client.chat.completions.create(**self._request)
        self._response = stream.response
        if self._abandoned.is_set():
            close_quietly(self._response)
            return
        kind = self._response.headers.get("content-type", "")
        if "event-stream" not in kind:
            self._read_whole(kind)
            return
        ended = False
        for chunk in _connected(stream):
            if self._abandoned.is_set():
                close_quietly(self._response)
                return
            piece = _piece(chunk, "delta")
            ended = ended or bool(piece.finish)
            self._pieces.put(piece)
        if not ended:
            raise CutError("the stream ended without a reason")

    def _read_whole(self, kind: str) -> None:
        """An endpoint that does not stream sends one document."""
        body = self._response.read()
        if "json" not in kind:
            raise NotTheProtocolError(f"{kind}: {body[:300]!r}")
        try:
            document = json.loads(body)
        except ValueError as error:
            raise NotTheProtocolError(f"{error}: {body[:300]!r}") from error
        from openai.types.chat import ChatCompletion

        piece = _piece(ChatCompletion.construct(**document) if isinstance(document, dict) else None, "message")
        self._pieces.put(piece if piece.finish else Piece(piece.at_s, piece.text, finish="stop", usage=piece.usage))


def _connected(stream: Any) -> Iterator[Any]:
    """What a stream brings; a connection that ends meanwhile cuts the answer, and that is what it is called."""
    try:
        yield from stream
    except APITimeoutError:
        raise
    except APIConnectionError as error:
        raise CutError(str(error)) from error


def _piece(chunk: Any, part: str) -> Piece:
    """What is in a chunk, whatever else is: nothing of it was checked by anybody."""
    at_s = time.perf_counter()
    choices = getattr(chunk, "choices", None)
    usage = _usage(getattr(chunk, "usage", None))
    if not isinstance(choices, list):
        if usage is not None:
            return Piece(at_s, usage=usage)
        raise NotTheProtocolError(repr(chunk)[:300])
    if not choices:
        return Piece(at_s, usage=usage)
    choice = choices[0]
    said = getattr(choice, part, None)
    text = _text(said, "content") or _text(said, "refusal")
    thought = "" if text else _text(said, "reasoning_content") or _text(said, "reasoning")
    finish = _text(choice, "finish_reason")
    chances = _chances(getattr(getattr(choice, "logprobs", None), "content", None))
    return Piece(at_s, text or thought, bool(thought), finish, usage, chances)


def _text(holder: Any, name: str) -> str:
    value = getattr(holder, name, None)
    return value if isinstance(value, str) else ""


def _usage(usage: Any) -> tuple[int, int] | None:
    read, written = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if not isinstance(read, int) or not isinstance(written, int) or not (0 <= read < 10**9 and 0 <= written < 10**9):
        return None
    return read, written


def _chances(content: Any) -> tuple[Chance, ...]:
    if not isinstance(content, list):
        return ()
    found = []
    for token in content:
        text, logprob = getattr(token, "token", None), getattr(token, "logprob", None)
        if not isinstance(text, str) or not isinstance(logprob, (int, float)):
            return ()
        others = getattr(token, "top_logprobs", None) or []
        named = ((getattr(each, "token", None), getattr(each, "logprob", None)) for each in others)
        found.append(
            Chance(
                text,
                float(logprob),
                tuple((name, float(p)) for name, p in named if isinstance(name, str) and isinstance(p, (int, float))),
            )
        )
    return tuple(found)
