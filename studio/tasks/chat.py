"""Chat: an answer to the last message of a conversation, or the continuation of a text."""

from __future__ import annotations

import json
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Message, Option, Sample, Task

_ROLES = ("system", "user", "assistant")
_ASSISTANTS = ("starter/assistant-base", "starter/assistant-small")


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.eager import open_chat

        return open_chat(spec)
    from studio.runtime.chat import ChatModel

    return ChatModel(spec)


def _remote(spec: LoadSpec) -> Runner:
    from studio.remote.chat import RemoteChat

    return RemoteChat(spec)


def _read(text: str) -> Inputs:
    """One message of the user; or the whole conversation where the text is a JSON list of roles and contents."""
    return {"messages": _conversation(text) or (Message("user", text),)}


def _conversation(text: str) -> tuple[Message, ...]:
    if not text.lstrip().startswith("["):
        return ()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(value, list) or not all(_is_message(item) for item in value):
        return ()
    return tuple(Message(item["role"], item["content"]) for item in value)


def _is_message(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("role"), str) and isinstance(item.get("content"), str)


def _check(inputs: Inputs) -> None:
    """Refuse a conversation that has nothing to answer.

    Raises:
        InputError: It is empty, its last message is empty or not the user's, or a role is unknown.
    """
    messages = inputs.get("messages")
    if not isinstance(messages, (tuple, list)) or not all(isinstance(message, Message) for message in messages):
        raise InputError(_("There is no message."), _("Type or paste one."))
    for place, message in enumerate(messages):
        if message.role not in _ROLES:
            raise InputError(
                _("{role!r} is no role of a conversation.").format(role=message.role),
                _("Roles are system, user and assistant."),
            )
        if message.role == "system" and place:
            raise InputError(_("A system message can only be the first."), _("Move it to the start."))
    if not messages or not _visible(messages[-1].content):
        raise InputError(_("The message is empty."), _("Type or paste one."))
    if messages[-1].role != "user":
        raise InputError(
            _("The conversation ends with a message of the {role}.").format(role=messages[-1].role),
            _("End it with a message of the user, which the model is to answer."),
        )


def _visible(text: str) -> bool:
    return any(c.isprintable() and not c.isspace() for c in text)


def _said(text: str) -> Inputs:
    return {"messages": (Message("user", text),)}


TASK = Task(
    id="chat",
    title=N_("Chat"),
    purpose=N_("Answers your customers in their own words: a support assistant, an ordering assistant, a helper."),
    inputs=(Field("messages", "messages", N_("Message"), N_("Ask something a customer would ask")),),
    output="text",
    place=20,
    options=(
        Option(
            "system",
            "text",
            "",
            N_("System prompt"),
            N_("Tells the model who it is and how to answer; it stays in force for the whole conversation."),
        ),
        Option(
            "max_new_tokens",
            "int",
            256,
            N_("Longest answer"),
            N_("The answer stops after so many tokens; a token is about three quarters of an English word."),
            low=1,
            high=32768,
        ),
        Option(
            "temperature",
            "float",
            0.0,
            N_("Temperature"),
            N_("0 always takes the likeliest word, so that answers can be compared; higher gives more variety."),
            low=0,
            high=5,
        ),
        Option(
            "top_k",
            "int",
            0,
            N_("Top k"),
            N_("Draw only from so many likeliest tokens; 0 means from all. Needs a temperature above 0."),
            low=0,
            high=1_000_000,
        ),
        Option(
            "top_p",
            "float",
            1.0,
            N_("Top p"),
            N_("Draw only from the likeliest tokens that together are this probable. Needs a temperature above 0."),
            low=0,
            high=1,
        ),
        Option(
            "min_p",
            "float",
            0.0,
            N_("Min p"),
            N_("Draw only from tokens this probable at least, measured by the likeliest. Needs a temperature above 0."),
            low=0,
            high=1,
        ),
        Option(
            "repetition_penalty",
            "float",
            1.0,
            N_("Repetition penalty"),
            N_("Above 1 makes words that were already used less likely; 1.1 is a usual value."),
            low=0.1,
            high=10,
        ),
        Option(
            "no_repeat_ngram_size",
            "int",
            0,
            N_("No repeated phrase"),
            N_("No sequence of so many tokens comes twice; 0 allows it."),
            low=0,
            high=100,
        ),
        Option(
            "seed",
            "int",
            0,
            N_("Seed"),
            N_("With a temperature above 0, the same seed gives the same answer again; -1 draws anew each time."),
            low=-1,
            high=2**53,
        ),
        Option(
            "stop",
            "list",
            (),
            N_("Stop texts"),
            N_("The answer ends before the first of these texts."),
        ),
    ),
    metrics=("rouge_l", "token_f1", "exact_match"),
    samples=(
        Sample(
            N_("Cancel an order"),
            _said("I want to cancel order 4411"),
            models=_ASSISTANTS,
            answer="I'll help you cancel order 4411.",
        ),
        Sample(N_("Order a coffee"), _said("One oat latte to go, please"), models=_ASSISTANTS),
        Sample(N_("Refund"), _said("Where is my refund? I sent the shoes back two weeks ago."), models=_ASSISTANTS),
    ),
    architectures=("ForCausalLM", "LMHeadModel"),
    pipeline_tags=("text-generation", "conversational"),
    export_task="text-generation-with-past",
    streams=True,
    open=_open,
    remote=_remote,
    read_text=_read,
    check=_check,
)
