"""Asks a model of an endpoint: with patience where it is busy, and without what it does not take."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from studio.domain.conversation import StopStrings
from studio.domain.endpoint import host_of
from studio.domain.errors import StudioError
from studio.domain.i18n import _, ngettext
from studio.domain.prediction import FinishReason, Timing, Usage
from studio.domain.running import RemoteSetup
from studio.domain.task import Message
from studio.remote.client import open_client
from studio.remote.failures import TooMuchError, error_of, too_slow, wait_before_again
from studio.remote.pace import Pace
from studio.remote.secrets import KeyHider, hidden
from studio.remote.stream import Chance, Piece, Stream

#: How often it is looked whether the user pressed Stop, in seconds.
_POLL_S = 0.05
#: An answer of so many characters a token, and as many besides, is more than was asked for.
_CHARACTERS_A_TOKEN, _CHARACTERS = 64, 4_000
#: OpenAI takes no more stop texts; all of them are looked for here as well.
_MOST_STOPS = 4
#: What is tried first where a parameter is refused: newer models want another name for the longest answer, and some
#: servers know the older way to ask for JSON.
_OTHERWISE: Mapping[str, Callable[[Any], tuple[str, Any]]] = {
    "max_tokens": lambda value: ("max_completion_tokens", value),
    "response_format": lambda value: (
        "response_format",
        {"type": "json_object", "schema": value["json_schema"]["schema"]},
    ),
}
#: What can be asked without, and whether the user must know: those decide what is answered.
_OPTIONAL: Mapping[str, bool] = {
    "stream_options": False,
    "response_format": False,
    "top_logprobs": False,
    "logprobs": False,
    "stop": False,
    "max_completion_tokens": False,
    "max_tokens": False,
    "temperature": True,
    "top_p": True,
    "seed": True,
    "top_k": True,
    "min_p": True,
    "repetition_penalty": True,
}
#: Those that are not OpenAI's own, and travel as further fields.
_EXTRA = ("top_k", "min_p", "repetition_penalty")


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        messages: The conversation.
        max_tokens: Longest answer.
        wishes: Further parameters by OpenAI's (or a server's) name; those it does not take are left out.
        stops: Texts before which the answer ends.
    """

    messages: Sequence[Message]
    max_tokens: int
    wishes: Mapping[str, Any] = field(default_factory=dict)
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What was answered; see `studio.domain.prediction` for the parts.

    Attributes:
        chances: Tokens of the answer with their probabilities, where the endpoint tells.
        thought: Whether the model thought before it answered, or instead.
    """

    text: str
    finish_reason: FinishReason
    timing: Timing
    usage: Usage | None = None
    notices: tuple[str, ...] = ()
    chances: tuple[Chance, ...] = ()
    thought: bool = False


class Asker:
    """Asks one model. Safe to use from any thread.

    Args:
        setup: Whom, and how patiently.
    """

    def __init__(self, setup: RemoteSetup) -> None:
        self._setup = setup
        self.client = open_client(setup)
        self._pace = Pace(setup.requests_per_minute)
        self._lock = threading.Lock()
        self._left_out: set[str] = set()
        self._otherwise: set[str] = set()

    def takes(self, name: str) -> bool:
        """Whether a parameter was not refused yet."""
        return name not in self._left_out

    def ask(self, question: Question, on_text: Callable[[str], None] | None, cancelled: Callable[[], bool]) -> Reply:
        """The answer.

        Args:
            question: What to ask.
            on_text: Hears each new piece; None where nobody listens, so that an answer that was cut can be asked again.
            cancelled: Asked all the time; once true, what there is by then is the answer.

        Raises:
            StoppedError: Cancelled before it was even asked.
            StudioError: There is no answer.
        """
        asked_s = time.perf_counter()
        tries = 0
        while True:
            self._pace.wait(cancelled)
            heard: list[str] = []
            request = self._request(question)
            try:
                reply, began_s = self._once(request, question, _noting(on_text, heard), cancelled)
            except StudioError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a server makes the library raise becomes a sentence
                if self._can_leave_out(error, request):
                    continue
                wait_s = None if heard and on_text else wait_before_again(error, tries)
                if wait_s is None or tries >= self._setup.retries:
                    raise error_of(error, self._setup) from None
                tries += 1
                self._pace.hold(wait_s)
                self._pace.pause(wait_s, cancelled)
            else:
                waited_s = began_s - asked_s
                timing = replace(reply.timing, waited_s=waited_s)
                return replace(
                    reply, timing=timing, notices=(*reply.notices, *self._notices(question, tries, waited_s))
                )

    def _once(
        self,
        request: dict[str, Any],
        question: Question,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> tuple[Reply, float]:
        stream = Stream(self.client, request)
        answer = _Answer(question, self._setup, stream.began_s, on_text)
        try:
            while True:
                if cancelled():
                    return answer.reply("cancelled"), stream.began_s
                if time.perf_counter() - stream.began_s > self._setup.timeout_s:
                    raise too_slow(self._setup)
                try:
                    piece = stream.next(_POLL_S)
                except StopIteration:
                    return answer.reply(), stream.began_s
                if piece is not None and answer.take(piece):
                    return answer.reply(), stream.began_s
        finally:
            stream.abandon()

    def _request(self, question: Question) -> dict[str, Any]:
        wishes: dict[str, Any] = {
            "max_tokens": question.max_tokens,
            "stream_options": {"include_usage": True},
            **question.wishes,
        }
        if question.stops:
            wishes["stop"] = list(question.stops[:_MOST_STOPS])
        with self._lock:
            said = (
                _OTHERWISE[name](value) if name in self._otherwise else (name, value) for name, value in wishes.items()
            )
            wishes = {name: value for name, value in said if name not in self._left_out}
        extra = {name: wishes.pop(name) for name in _EXTRA if name in wishes}
        if extra:
            wishes["extra_body"] = extra
        messages = [{"role": each.role, "content": each.content} for each in question.messages]
        return {"model": self._setup.model, "messages": messages, "stream": True, **wishes}

    def _can_leave_out(self, error: Exception, request: Mapping[str, Any]) -> bool:
        """Whether the endpoint refused one parameter that can be done without; it is left out from now on."""
        status = getattr(error, "status_code", 0)
        if status not in (400, 422, 500, 501):
            return False
        said = f"{getattr(error, 'param', None) or ''} {getattr(error, 'body', None)} {error}"
        sent = {*request, *request.get("extra_body", {})}
        # Some servers call a refused parameter a problem of their own; then its name must be no common word.
        named = [name for name in _OPTIONAL if status < 500 or "_" in name or name == "logprobs"]
        refused = next((name for name in named if name in sent and re.search(rf"\b{name}\b", said)), None)
        if refused is None:
            return False
        with self._lock:
            if refused in _OTHERWISE and refused not in self._otherwise:
                self._otherwise.add(refused)
            else:
                self._left_out.add(refused)
                if refused == "logprobs":
                    self._left_out.add("top_logprobs")
        return True

    def _notices(self, question: Question, tries: int, waited_s: float) -> tuple[str, ...]:
        host = host_of(self._setup.base_url)
        found = []
        with self._lock:
            missing = [name for name in question.wishes if name in self._left_out and _OPTIONAL.get(name)]
        if missing:
            found.append(
                _("{host} does not take {names}, so it answered with its own setting.").format(
                    host=host, names=", ".join(missing)
                )
            )
        if tries:
            found.append(
                ngettext(
                    "{host} was busy: it was asked again after {seconds} s, which is no part of the times shown.",
                    "{host} was busy: it was asked again {n} times within {seconds} s, which are no part of the times "
                    "shown.",
                    tries,
                ).format(host=host, n=tries, seconds=f"{waited_s:.3g}")
            )
        return tuple(found)


def _noting(on_text: Callable[[str], None] | None, heard: list[str]) -> Callable[[str], None]:
    def hear(piece: str) -> None:
        heard.append(piece)
        if on_text is not None:
            on_text(piece)

    return hear


class _Answer:
    """An answer while it comes."""

    def __init__(self, question: Question, setup: RemoteSetup, began_s: float, on_text: Callable[[str], None]) -> None:
        self._most = question.max_tokens * _CHARACTERS_A_TOKEN + _CHARACTERS
        self._began_s, self._on_text, self._setup = began_s, on_text, setup
        self._stops, self._hider = StopStrings(question.stops), KeyHider(setup.key)
        self._parts: list[str] = []
        self._chances: list[Chance] = []
        self._characters = self._chunks = 0
        self._finish, self._thought = "", False
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._usage: Usage | None = None

    def take(self, piece: Piece) -> bool:
        """Add what came; true once the answer is whole before the endpoint says so.

        Raises:
            TooMuchError: It is far longer than was asked for.
        """
        if piece.usage:
            self._usage = Usage(*piece.usage)
        self._characters += len(piece.text)
        if self._characters > self._most:
            raise TooMuchError(f"{self._characters} characters")
        self._thought = self._thought or piece.thought
        if piece.finish:
            self._finish, self._last_s = piece.finish, piece.at_s
        if piece.text and not piece.thought:
            self._chances += piece.chances
            self._chunks += 1
            self._last_s = piece.at_s
            if self._first_s is None:
                self._first_s = piece.at_s
            self._show(self._hider.push(self._stops.push(piece.text)))
        return self._stops.hit

    def _show(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._on_text(text)

    def reply(self, reason: FinishReason | None = None) -> Reply:
        """The answer as it is now."""
        ended_s = time.perf_counter() if self._last_s is None or reason == "cancelled" else self._last_s
        self._show(self._hider.push(self._stops.finish()) + self._hider.finish())
        tokens = self._usage.output_tokens if self._usage else 0
        timing = Timing(
            ended_s - self._began_s,
            None if self._first_s is None else self._first_s - self._began_s,
            # Where a few chunks bring many tokens, their times say nothing about a rate.
            streamed=self._chunks > 1 and self._chunks * 4 >= tokens,
        )
        text = hidden("".join(self._parts), self._setup.key)
        finish: FinishReason = reason or ("length" if self._finish == "length" else "stop")
        return Reply(text, finish, timing, self._usage, self._own_notices(text), tuple(self._chances), self._thought)

    def _own_notices(self, text: str) -> tuple[str, ...]:
        found = []
        if self._finish == "content_filter":
            found.append(_("A filter of {host} ended the answer.").format(host=host_of(self._setup.base_url)))
        if self._thought and not text and self._finish == "length":
            found.append(_("The model thought until the longest answer was reached, and said nothing: allow more."))
        return tuple(found)
