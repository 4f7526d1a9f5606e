"""Classification by a model of an endpoint that is asked to choose one of the labels."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from studio.domain.endpoint import host_of
from studio.domain.errors import EndpointAnswerError, StoppedError
from studio.domain.i18n import _
from studio.domain.label_choice import named_labels
from studio.domain.prediction import Labels, LabelScore, Prediction
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Message
from studio.remote.asking import Question, Reply
from studio.remote.label_chances import label_chances
from studio.remote.runner import RemoteRunner

#: Room for an answer: a label is short, but some models think first.
_MOST_TOKENS = 1024
#: The likeliest tokens that are asked for in each place; some servers allow no more.
_CHANCES = 5
# English whatever the studio's language is, so that figures are those of one prompt.
_ROLE = "You sort texts into labels. You answer with labels from the list, word for word, and nothing else."
_ONE = "Choose the one label that fits the text best."
_SEVERAL = "Choose every label that fits the text; none if none does."
_AS_JSON = {False: 'Answer as JSON: {"label": "…"}', True: 'Answer as JSON: {"labels": ["…"]}'}
_AS_TEXT = {
    False: "Answer with the label alone.",
    True: "Answer with the labels, each on a line of its own, or with “none”.",
}


class RemoteClassifier(RemoteRunner):
    """Chooses among labels.

    Args:
        spec: Whom to ask.
        option: Name of the option that holds the labels.
    """

    def __init__(self, spec: LoadSpec, option: str) -> None:
        super().__init__(spec)
        self._option = option

    def _answer(
        self,
        inputs: Inputs,
        options: Options,
        on_text: Callable[[str], None] | None,
        cancelled: Callable[[], bool],
    ) -> Prediction:
        labels = named_labels(options, self._option)
        several = bool(options.get("multi_label"))
        reply = self._ask(inputs["text"], labels, several, cancelled)
        if reply.finish_reason == "cancelled":
            raise StoppedError(_("Stopped before it answered."))
        chosen = read_labels(reply.text, labels, several)
        if chosen is None:
            raise self._no_label(reply)
        if several:
            # It named them and told no probability: none is invented.
            output = Labels(tuple(LabelScore(label, math.nan) for label in chosen), multi_label=True)
        else:
            output = self._scored(chosen[0], labels, reply, options.get("top_k"))
        return Prediction(output, reply.timing, reply.notices, reply.usage)

    def _ask(self, text: str, labels: Sequence[str], several: bool, cancelled: Callable[[], bool]) -> Reply:
        wishes: dict[str, Any] = {"temperature": 0.0}
        as_json = self._asker.takes("response_format")
        if as_json:
            wishes["response_format"] = _schema(labels, several)
        if not several:
            wishes |= {"logprobs": True, "top_logprobs": _CHANCES}
        parts = (
            "Labels:\n" + "\n".join(f"- {label}" for label in labels),
            f"Text:\n{text}",
            _SEVERAL if several else _ONE,
            (_AS_JSON if as_json else _AS_TEXT)[several],
        )
        messages = (Message("system", _ROLE), Message("user", "\n\n".join(parts)))
        return self._asker.ask(Question(messages, _MOST_TOKENS, wishes), None, cancelled)

    @staticmethod
    def _scored(chosen: str, labels: Sequence[str], reply: Reply, top_k: int | None) -> Labels:
        chances = label_chances(chosen, labels, reply.chances)
        if not chances:
            return Labels((LabelScore(chosen, math.nan),))
        # The answer is what was answered: it stays first also where another label was as likely.
        order = sorted(chances, key=lambda label: (-chances[label], label != chosen))
        return Labels(tuple(LabelScore(label, chances[label]) for label in order[: top_k or len(order)]))

    def _no_label(self, reply: Reply) -> EndpointAnswerError:
        said = " ".join(reply.text.split())
        if not said:
            return EndpointAnswerError(
                _("{host} answered nothing.").format(host=host_of(self._setup.base_url)),
                reply.notices[0] if reply.notices else _("Try again, or choose another model."),
            )
        return EndpointAnswerError(
            _("The answer is none of the labels: “{text}”").format(text=said[:200]),
            _("A larger model keeps to the labels more often."),
            reply.text[:4000],
        )


def _schema(labels: Sequence[str], several: bool) -> dict[str, Any]:
    one = {"type": "string", "enum": list(labels)}
    name, value = ("labels", {"type": "array", "items": one}) if several else ("label", one)
    schema = {"type": "object", "properties": {name: value}, "required": [name], "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def read_labels(text: str, labels: Sequence[str], several: bool) -> tuple[str, ...] | None:
    """The labels that an answer names; None where it says anything else.

    Capitals, spaces and signs around a label don't count; a label inside a sentence is none.
    """
    said = re.sub(r"^<think>.*?</think>", "", text.strip(), flags=re.DOTALL).strip()
    said = re.sub(r"^```(?:json)?\s*|\s*```$", "", said).strip()
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        value = said.splitlines() if several else said
    if isinstance(value, dict):
        value = value.get("labels" if several else "label", value.get("label", value.get("labels")))
    named = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in named):
        return None
    known = {_bare(label): label for label in labels}
    found = [known.get(_bare(name)) for name in named if _bare(name)]
    if several and [_bare(name) for name in named if _bare(name)] in ([], ["none"]):
        return ()
    if not found or None in found or (len(found) > 1 and not several):
        return None
    return tuple(dict.fromkeys(label for label in found if label is not None))


def _bare(label: str) -> str:
    """A label without what models like to put around it."""
    return " ".join(label.replace("_", " ").split()).strip(" \t-*•.“”\"'`:").casefold()
