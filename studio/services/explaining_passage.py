"""Explains an answer from a document: what was considered, what else it would say, and the words of the question."""

from __future__ import annotations

from collections.abc import Sequence

from studio.domain.errors import InputError
from studio.domain.explanation import Considered, parts_of, remaining
from studio.domain.i18n import _
from studio.domain.prediction import FoundPassage
from studio.domain.running import Inputs
from studio.domain.task import Task
from studio.services.explaining_asking import Asked, Asking, Shown
from studio.services.explaining_text import no_words

_MOST_PARTS = 40
#: Passages that are taken out one by one.
_MOST_CONSIDERED = 5


class PassageGame:
    """See `studio.services.explaining_asking.Game`. The answer scores nothing where another one is given."""

    def __init__(self, task: Task, inputs: Inputs, asking: Asking) -> None:
        self._asking, self._inputs = asking, inputs
        self._question, self._document = str(inputs["question"]), str(inputs["document"])
        self.parts = parts_of(self._question, _MOST_PARTS)
        if not self.parts:
            raise no_words()
        self._found = self._run(inputs)
        self.answer = self._found.text
        self.whole = Asked(self._found.score, self.answer)

    def ask(self, left_out: Sequence[frozenset[int]]) -> list[Asked]:
        """See `studio.services.explaining_asking.Game.ask`."""
        found = []
        for each in left_out:
            question = remaining(self._question, [self.parts[place] for place in each])
            answer = self._run({**self._inputs, "question": question})
            found.append(Asked(answer.score if answer.text == self.answer else 0.0, answer.text))
        return found

    @property
    def further(self) -> int:
        """How often `shown` asks."""
        return min(_MOST_CONSIDERED, len(self._found.passages))

    def shown(self) -> Shown:
        """What was considered, and what would be said without each of it."""
        return Shown(self._question, considered=tuple(self._considered()))

    def _considered(self) -> list[Considered]:
        considered = []
        passages = self._found.passages[:_MOST_CONSIDERED]
        for passage in passages:
            rest = self._document[: passage.start] + self._document[passage.end :]
            other = self._run({**self._inputs, "document": rest}) if rest.strip() else FoundPassage("", 0.0, -1, -1)
            chosen = passage.start <= self._found.start < passage.end
            considered.append(Considered(passage.text, passage.score, chosen, other.text, other.score))
        return considered

    def _run(self, inputs: Inputs) -> FoundPassage:
        output = self._asking.output(inputs)
        if not isinstance(output, FoundPassage):
            raise InputError(_("This answer can't be explained."))
        return output
