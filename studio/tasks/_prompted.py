"""A runner that is asked with a prompt template, around one that is asked in another task's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from studio.domain.attribution import Force, Question, Reply
from studio.domain.prediction import Prediction
from studio.domain.prompt import TEXT, fill, pairs
from studio.domain.running import Inputs, Options, Placement


def prompt_of(inputs: Inputs, options: Options) -> str:
    """What the model is asked: the template filled with the text and the variables; without one the text itself is it.

    Raises:
        InputError: A variable has no value.
    """
    values = pairs(inputs.get("variables", ()))
    template = str(options.get("template") or "")
    if template.strip():
        return fill(template, {**values, TEXT: inputs["text"]})
    return fill(inputs["text"], values)


class Prompted:
    """An open model; see `studio.domain.running.Runner`.

    Args:
        inner: Who answers.
        ask: Its inputs for a prompt.
        own: Options that it takes beside those of the task.
    """

    def __init__(self, inner: Any, ask: Callable[[str], Inputs], own: Options) -> None:
        self._inner, self._ask, self._own = inner, ask, own

    @property
    def placement(self) -> Placement:
        found: Placement = self._inner.placement
        return found

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer a prompt."""
        asked = self._ask(prompt_of(inputs, options))
        prediction: Prediction = self._inner.run(asked, {**options, **self._own}, on_text, cancelled)
        return prediction

    def prompt_ids(self, inputs: Inputs, options: Options) -> list[int]:
        """Token ids of the prompt that `run` would read."""
        ids: list[int] = self._inner.prompt_ids(self._ask(prompt_of(inputs, options)), {**options, **self._own})
        return ids

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> Any:
        """See `studio.library.fidelity`."""
        return self._inner.answer_logits(prompt, answer)

    def explain(self, question: Question, cancelled: Callable[[], bool]) -> Reply:
        """See `studio.domain.running.ExplainingRunner`."""
        options = {**question.options, **self._own}
        if isinstance(question, Force):
            sources = tuple(self._ask(prompt_of(inputs, question.options)) for inputs in question.sources)
            asked: Question = replace(question, sources=sources, options=options)
        else:
            asked = replace(question, inputs=self._ask(prompt_of(question.inputs, question.options)), options=options)
        reply: Reply = self._inner.explain(asked, cancelled)
        return reply
