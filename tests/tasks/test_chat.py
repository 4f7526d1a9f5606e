"""What the chat task takes as a conversation, and what it refuses before any model is loaded."""

from __future__ import annotations

import json

import pytest

from studio.domain.errors import InputError
from studio.domain.task import Message
from studio.tasks import find_task

_TASK = find_task("chat")


def test_plain_text_is_one_message() -> None:
    for text in ("I want to cancel order 4411", "[not json", '["a"]', '{"role": "user"}', '[{"role": "user"}]'):
        assert _TASK.read_text(text) == {"messages": (Message("user", text),)}


def test_json_list_of_messages_is_a_conversation() -> None:
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "?"},
    ]
    messages = _TASK.read_text("\n" + json.dumps(turns))["messages"]
    assert [message.role for message in messages] == ["user", "assistant", "user"]
    _TASK.check({"messages": messages})


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((), "empty"),
        (None, "no message"),
        ((Message("user", " \n\t"),), "empty"),
        ((Message("user", "\u200b\u2060"),), "empty"),
        ((Message("user", "Hi"), Message("assistant", "Hello")), "ends with"),
        ((Message("robot", "Hi"),), "no role"),
        ((Message("user", "Hi"), Message("system", "x"), Message("user", "y")), "only be the first"),
    ],
)
def test_conversation_without_a_question_is_refused(messages: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        _TASK.check({"messages": messages})


@pytest.mark.parametrize("name", ["temperature", "top_p", "min_p", "max_new_tokens", "repetition_penalty", "seed"])
def test_options_out_of_range_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=name):
        _TASK.resolve_options({name: -7})


def test_every_sample_passes_its_own_check() -> None:
    for sample in _TASK.samples:
        _TASK.check(sample.inputs)
        _TASK.resolve_options(sample.options)
