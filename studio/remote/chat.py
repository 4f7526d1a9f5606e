"""Chat and text generation by a model of an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studio.domain.conversation import with_system
from studio.domain.prediction import GeneratedText, Prediction
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Message
from studio.remote.asking import Question, Reply
from studio.remote.runner import RemoteRunner

#: Makes a conversation of a task's inputs.
Conversation = Callable[[Inputs, Options], Sequence[Message]]
#: Values at which a setting changes nothing, so that it is not sent: not every server knows it.
_NEUTRAL: Mapping[str, Any] = {"top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}


def _messages(inputs: Inputs, options: Options) -> Sequence[Message]:
    return with_system(inputs["messages"], str(options.get("system") or ""))


class RemoteChat(RemoteRunner):
    """Answers a conversation.

    Args:
        spec: Whom to ask.
        conversation: Makes the conversation of a task's inputs.
    """

    def __init__(self, spec: LoadSpec, conversation: Conversation = _messages) -> None:
        super().__init__(spec)
        self._conversation = conversation

    def _answer(
        self,
        inputs: Inputs,
        options: Options,
        on_text: Callable[[str], None] | None,
        cancelled: Callable[[], bool],
    ) -> Prediction:
        question = Question(
            self._conversation(inputs, options),
            int(options["max_new_tokens"]),
            wishes_of(options),
            tuple(options.get("stop") or ()),
        )
        return as_text(self._asker.ask(question, on_text, cancelled))


def wishes_of(options: Options) -> dict[str, Any]:
    """Settings of a task under the names that endpoints know, without those that change nothing."""
    temperature = float(options.get("temperature") or 0.0)
    wishes: dict[str, Any] = {"temperature": temperature}
    if temperature > 0 and options.get("seed", -1) >= 0:
        wishes["seed"] = options["seed"]
    return wishes | {name: options[name] for name, neutral in _NEUTRAL.items() if options.get(name, neutral) != neutral}


def as_text(reply: Reply) -> Prediction:
    """A reply as the answer of a text generator."""
    usage = reply.usage
    output = GeneratedText(
        reply.text,
        (),
        usage.prompt_tokens if usage else 0,
        reply.finish_reason,
        usage.output_tokens if usage else 0,
    )
    return Prediction(output, reply.timing, reply.notices, usage)
