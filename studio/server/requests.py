"""What a request may ask, read strictly: a setting that would be ignored is refused, so that nobody trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.task import Message, Task
from studio.server.refusals import Refusal

#: Settings of OpenAI's protocol, and of other servers, that are options of the studio.
_SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "repetition_penalty": "repetition_penalty",
    "seed": "seed",
    "stop": "stop",
    "max_tokens": "max_new_tokens",
    "max_completion_tokens": "max_new_tokens",
}
#: Said for the provider's own books; they change nothing.
_WITHOUT_EFFECT = {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}
#: Fields that are taken only at the value that changes nothing.
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "best_of": (None, 1),
    "frequency_penalty": (None, 0),
    "presence_penalty": (None, 0),
    "logit_bias": (None, {}),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "echo": (None, False),
    "suffix": (None, ""),
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "parallel_tool_calls": (None, True, False),
    "response_format": (None, {"type": "text"}),
    "modalities": (None, ["text"]),
}
_OTHERS = {"model", "messages", "prompt", "stream", "stream_options"}
_MOST_STOPS = 16


def options_of(body: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """The task's options that a request sets.

    Raises:
        Refusal: A setting is unknown, or can't be kept to here.
    """
    found: dict[str, Any] = {}
    for name, value in body.items():
        if name in _OTHERS or name in _WITHOUT_EFFECT:
            continue
        if name in _NEUTRAL:
            if value not in _NEUTRAL[name]:
                raise Refusal(400, _("{name} is not supported here.").format(name=name), name, "unsupported_parameter")
            continue
        if name not in _SETTINGS:
            raise Refusal(400, _("{name:.60} is unknown.").format(name=name), name, "unknown_parameter")
        if value is None:
            continue
        option = _SETTINGS[name]
        try:
            found[option] = task.option(option).check(_stops(value) if name == "stop" else value)
        except InputError as error:
            raise Refusal(400, str(error), name, "invalid_value") from error
    if found.get("temperature") and "seed" not in found:
        # Who asks for variety and names no seed wants another answer each time.
        found["seed"] = -1
    return found


def _stops(value: Any) -> tuple[str, ...]:
    stops = (value,) if isinstance(value, str) else value
    if not isinstance(stops, (list, tuple)) or not all(isinstance(stop, str) for stop in stops):
        raise InputError(_("stop must be a text or a list of texts."))
    if len(stops) > _MOST_STOPS:
        raise InputError(_("There are more than {most} stop texts.").format(most=_MOST_STOPS))
    return tuple(stops)


def streams(body: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether the answer is to come piece by piece, and then with the number of tokens at its end.

    Raises:
        Refusal: That is not said with yes or no.
    """
    wanted = body.get("stream") or False
    settings = body.get("stream_options") or {}
    if not isinstance(wanted, bool) or not isinstance(settings, dict):
        raise Refusal(400, _("stream must be true or false."), "stream", "invalid_value")
    return wanted, settings.get("include_usage") is True


def messages_of(body: Mapping[str, Any]) -> tuple[Message, ...]:
    """The conversation of a request.

    Raises:
        Refusal: There is none, or it holds what no model here reads.
    """
    given = body.get("messages")
    if not isinstance(given, list) or not given:
        raise Refusal(400, _("The request holds no messages."), "messages", "invalid_value")
    return tuple(_message(each, place) for place, each in enumerate(given))


def _message(given: Any, place: int) -> Message:
    param = f"messages[{place}]"
    if not isinstance(given, dict) or not isinstance(given.get("role"), str):
        raise Refusal(400, _("A message has a role and a content."), param, "invalid_value")
    content = given.get("content")
    if isinstance(content, list):
        if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
            raise Refusal(400, _("Messages can hold text only."), f"{param}.content", "unsupported_content")
        content = "".join(part["text"] for part in content)
    if not isinstance(content, str):
        raise Refusal(400, _("A message has a role and a content."), f"{param}.content", "invalid_value")
    # OpenAI's newer word for the same.
    role = "system" if given["role"] == "developer" else given["role"]
    return Message(role, content)


def texts_of(body: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    """A text or a list of them.

    Raises:
        Refusal: It is neither, or there are too many.
    """
    given = body.get(name)
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise Refusal(400, _("{name} must be a text or a list of texts.").format(name=name), name, "invalid_value")
    if len(texts) > most:
        raise Refusal(400, _("{name} holds more than {most} texts.").format(name=name, most=most), name)
    return tuple(texts)
