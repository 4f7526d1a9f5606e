"""Explains labels and numbers by the words of the text they were given for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studio.domain.errors import InputError
from studio.domain.explanation import parts_of, remaining
from studio.domain.i18n import _
from studio.domain.prediction import Labels, Number, Output
from studio.domain.running import Inputs
from studio.domain.task import Task
from studio.services.explaining_asking import Asked, Asking, Shown

#: Parts that are looked at by themselves; longer texts go by groups of words.
_MOST_PARTS = 80


def no_words() -> InputError:
    """The error for a text of which nothing can be left out."""
    return InputError(_("There are no words in the text to leave out."))


class WordGame:
    """See `studio.services.explaining_asking.Game`."""

    def __init__(self, task: Task, inputs: Inputs, asking: Asking) -> None:
        self._asking, self._inputs, self._main = asking, inputs, task.inputs[0].name
        self._text = str(inputs[self._main])
        self.parts = parts_of(self._text, _MOST_PARTS)
        if not self.parts:
            raise no_words()
        output = self._outputs([frozenset()])[0]
        self.answer = answer_of(output)
        #: Whether what is explained is a label, not a number.
        self.labelled = isinstance(output, Labels)
        self.whole = self._asked(output)

    def ask(self, left_out: Sequence[frozenset[int]], asking: Asking | None = None) -> list[Asked]:
        """See `studio.services.explaining_asking.Game.ask`; ``asking`` asks another model the same."""
        return [self._asked(output) for output in self._outputs(left_out, asking)]

    def shown(self) -> Shown:
        """What is shown besides."""
        return Shown(self._text)

    def _asked(self, output: Output) -> Asked:
        # A number is another one without any word: that would say nothing.
        return Asked(score_of(output, self.answer), output.text if isinstance(output, Labels) else "")

    def _outputs(self, left_out: Sequence[frozenset[int]], asking: Asking | None = None) -> list[Output]:
        texts = [remaining(self._text, [self.parts[p] for p in each]) if each else self._text for each in left_out]
        return (asking or self._asking).outputs([{**self._inputs, self._main: text} for text in texts])


def answer_of(output: Output) -> str:
    """What is explained: of several labels that apply, the likeliest."""
    if isinstance(output, Labels) and output.scores:
        return output.scores[0].label
    return output.text if isinstance(output, Number) else ""


def score_of(output: Output, answer: str) -> float:
    """The score of the answer that is explained: a label's probability, or the number itself.

    Raises:
        InputError: There is none.
    """
    if isinstance(output, Labels):
        score = next((each.score for each in output.scores if each.label == answer), 0.0)
        if not math.isnan(score):
            return score
    if isinstance(output, Number):
        return output.value
    raise InputError(
        _("This model gives labels without probabilities, so nothing shows what a word did."),
        _("Choose a model that says how sure it is."),
    )
