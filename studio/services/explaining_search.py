"""Explains a hit of a search: which words, of the query and of the text that was found, make the two alike."""

from __future__ import annotations

from collections.abc import Sequence

from studio.domain.errors import InputError
from studio.domain.explanation import Part, parts_within, remaining
from studio.domain.i18n import _
from studio.domain.prediction import Findings
from studio.domain.running import Inputs
from studio.domain.task import Task
from studio.services.explaining_asking import Asked, Asking, Shown
from studio.services.explaining_text import no_words

_MOST_PARTS = 80


class SearchGame:
    """See `studio.services.explaining_asking.Game`. Its text is the query, and below it the text that was found."""

    def __init__(self, task: Task, inputs: Inputs, asking: Asking) -> None:
        self._asking = asking
        self._query, texts = str(inputs.get("query") or ""), tuple(inputs.get("texts") or ())
        if not self._query.strip() or not texts:
            raise InputError(
                _("Only a text that was found can be explained."), _("Search for something in a collection of texts.")
            )
        found = asking.output(inputs, top_k=1, themes=False)
        if not isinstance(found, Findings) or not found.hits:
            raise InputError(_("Nothing was found that could be explained."))
        self.answer = " ".join(texts[found.hits[0].place].split())
        asked, hit = parts_within((self._query, self.answer), _MOST_PARTS)
        self._before = len(self._query) + 1
        if not asked:
            raise no_words()
        self._of_query = len(asked)
        self._alone = (*asked, *hit)
        self.parts = (*asked, *(Part(part.text, part.start + self._before, part.end + self._before) for part in hit))
        self.whole = Asked(self._likeness(frozenset()), self.answer)

    def ask(self, left_out: Sequence[frozenset[int]]) -> list[Asked]:
        """See `studio.services.explaining_asking.Game.ask`."""
        return [Asked(self._likeness(each), self.answer) for each in left_out]

    def shown(self) -> Shown:
        """Both texts."""
        return Shown(f"{self._query}\n{self.answer}")

    def _likeness(self, left_out: frozenset[int]) -> float:
        query = [self._alone[place] for place in left_out if place < self._of_query]
        hit = [self._alone[place] for place in left_out if place >= self._of_query]
        inputs = {
            "query": remaining(self._query, query) if query else self._query,
            "texts": (remaining(self.answer, hit) if hit else self.answer,),
        }
        found = self._asking.output(inputs, top_k=1, themes=False)
        assert isinstance(found, Findings)
        return found.hits[0].score
