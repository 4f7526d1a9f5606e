"""Text generation: a text continued or rewritten as a prompt says, with variables filled from a form or a sheet."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Message, Option, Sample, Task
from studio.tasks import chat, translation
from studio.tasks._prompted import Prompted, prompt_of
from studio.tasks._text import check_text

_ASSISTANTS = ("starter/assistant-base", "starter/assistant-small")
#: Encoder-decoders that do what their prompt says; others of their kind only translate.
_PROMPTED = ("t5", "mt5", "longt5", "umt5")
#: The conversation of a chat has no part in a single text.
_NOT_TAKEN = ("system",)


def _open(spec: LoadSpec) -> Runner:
    from studio.runtime.folder import read_json

    if read_json(spec.folder, "config.json").get("is_encoder_decoder"):
        return Prompted(translation.TASK.open(spec), lambda prompt: {"text": prompt}, {"split_sentences": False})
    return Prompted(chat.TASK.open(spec), lambda prompt: {"messages": (Message("user", prompt),)}, {})


def _remote(spec: LoadSpec) -> Runner:
    from studio.remote.chat import RemoteChat

    return RemoteChat(spec, lambda inputs, options: (Message("user", prompt_of(inputs, options)),))


def _read(text: str) -> Inputs:
    return {"text": text}


TASK = Task(
    id="text-generation",
    title=N_("Text generation"),
    purpose=N_("Writes from a prompt you design: rewrites, summaries, replies with the details of each case."),
    inputs=(
        Field("text", "text", N_("Prompt or text"), N_("Write a prompt; {{name}} becomes a field to fill in")),
        Field("variables", "variables", N_("Variables"), optional=True),
    ),
    output="text",
    place=90,
    options=(
        Option(
            "template",
            "text",
            "",
            N_("Prompt template"),
            N_(
                "A prompt around every text, such as “Rewrite politely: {{text}}”. Other names in double braces are "
                "filled from the form, or from the columns of a sheet."
            ),
        ),
        *(option for option in chat.TASK.options if option.name not in _NOT_TAKEN),
    ),
    metrics=("rouge_l", "token_f1", "exact_match"),
    samples=(
        Sample(
            N_("A reply with an order number"),
            {"text": "I want to cancel order {{order}}", "variables": ("order=4411",)},
            models=_ASSISTANTS,
            answer="I'll help you cancel order 4411.",
        ),
        Sample(
            N_("A template around a text"),
            {"text": "my parcel has not come", "variables": ("name=Ada",)},
            {"template": "Hello, this is {{name}}: {{text}}. What can I do?"},
            models=_ASSISTANTS,
        ),
    ),
    # It has no models of its own: whatever chats can be prompted.
    architectures=(),
    export_task="text-generation-with-past",
    streams=True,
    runs_also=("chat", *(f"translation/{kind}" for kind in _PROMPTED)),
    open=_open,
    remote=_remote,
    read_text=_read,
    check=check_text,
)
