"""Which rows of an evaluation to look at: different, wrong, better or worse than the baseline, found and sorted.

An index of a few bytes a row and candidate stays in memory, the texts stay in the project: 100,000 rows are filtered
in a few milliseconds and read page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from studio.domain.evaluation import SliceKey

if TYPE_CHECKING:
    import numpy as np

#: Which rows. ``different``: candidates don't say the same. ``wrong``: any is wrong. ``errors``: any has no answer.
#: ``rated``: a person voted or said something. ``improved``, ``worsened``: any other than the baseline is better or
#: worse than it there.
RowFilter = Literal["all", "different", "wrong", "errors", "improved", "worsened", "rated", "starred"]
ROW_FILTERS: tuple[RowFilter, ...] = get_args(RowFilter)
#: What rows are sorted by; all but ``position`` are of one candidate.
RowOrder = Literal["position", "confidence", "latency", "score"]


@dataclass(frozen=True)
class Cell:
    """A cell of a confusion matrix: rows with that reference to which the candidate gave that answer."""

    candidate: int
    reference: str
    predicted: str


@dataclass(frozen=True)
class Pick:
    """Rows that someone pointed at elsewhere, with what to call them."""

    title: str
    positions: frozenset[int]


@dataclass(frozen=True)
class RowQuery:
    """Which rows, in which order.

    Attributes:
        filter: See `RowFilter`.
        candidate: Only this one counts for ``wrong``, ``errors``, ``improved`` and ``worsened``, and its figures
            sort; None: any candidate, and the first that has figures.
        search: Text that the row's cells or an answer must hold, whatever its case.
        order: See `RowOrder`.
        descending: The largest first. Rows without the figure come last either way.
        cell: Only rows of this cell.
        group: Only rows of this group.
        picked: Only these rows.
    """

    filter: RowFilter = "all"
    candidate: int | None = None
    search: str = ""
    order: RowOrder = "position"
    descending: bool = False
    cell: Cell | None = None
    group: SliceKey | None = None
    picked: Pick | None = None


@dataclass(frozen=True)
class CandidateRows:
    """What the index knows of one candidate, one value a row.

    Attributes:
        candidate: Its id.
        answer: A number that is the same for the same answer, also of another candidate; -1 for none.
        failed: Whether there is a failure instead of an answer.
        score: How good the answer is by itself (1 and 0 for right and wrong); NaN where not known.
        confidence: Probability of the label it chose; NaN where there is none.
        latency_s: NaN where not measured.
    """

    candidate: int
    answer: np.ndarray[Any, Any]
    failed: np.ndarray[Any, Any]
    score: np.ndarray[Any, Any]
    confidence: np.ndarray[Any, Any]
    latency_s: np.ndarray[Any, Any]


@dataclass(frozen=True)
class RowsFound:
    """What a query found.

    Attributes:
        positions: Of the rows, in the order asked for.
        order: Places of these rows within the index.
    """

    positions: np.ndarray[Any, Any]
    order: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True)
class RowIndex:
    """The rows of an evaluation as far as finding them needs.

    Attributes:
        positions: Of the rows that take part, ascending.
        candidates: In the evaluation's order.
        binary: Whether scores are right (1) or wrong (0) only; else no row is "wrong", just better or worse.
        references: For classifiers, a number for each row's reference label, see ``names``; empty else.
        names: Texts of these numbers and of ``answer``: for classifiers only, empty else.
        baseline: Id of the candidate that others are compared with.
        starred: Positions that must never fail.
        rated: Positions that a person said something about.
        groups: Column name → value of each row.
    """

    positions: np.ndarray[Any, Any]
    candidates: tuple[CandidateRows, ...]
    binary: bool
    references: np.ndarray[Any, Any] | None = None
    names: Mapping[str, int] = field(default_factory=dict)
    baseline: int | None = None
    starred: frozenset[int] = frozenset()
    rated: frozenset[int] = frozenset()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def marked(
        self,
        baseline: int | None,
        starred: frozenset[int],
        rated: frozenset[int],
    ) -> RowIndex:
        """The same rows with other marks."""
        return replace(self, baseline=baseline, starred=starred, rated=rated)

    @property
    def filters(self) -> tuple[RowFilter, ...]:
        """Those that make sense here."""
        several = len(self.candidates) > 1
        useless = {
            "different": not several,
            "wrong": not self.binary or not self._scored,
            "improved": not several or self.baseline is None or not self._scored,
            "worsened": not several or self.baseline is None or not self._scored,
        }
        return tuple(each for each in ROW_FILTERS if not useless.get(each, False))

    @property
    def orders(self) -> tuple[RowOrder, ...]:
        """Those that some candidate has figures for."""
        import numpy as np

        def known(figures: Callable[[CandidateRows], Any]) -> bool:
            return any(bool(np.isfinite(figures(each)).any()) for each in self.candidates)

        found: list[RowOrder] = ["position"]
        if known(lambda each: each.confidence):
            found.append("confidence")
        if known(lambda each: each.latency_s):
            found.append("latency")
        if not self.binary and known(lambda each: each.score):
            found.append("score")
        return tuple(found)

    @property
    def _scored(self) -> bool:
        import numpy as np

        return any(bool(np.isfinite(each.score).any()) for each in self.candidates)

    def counts(self, candidate: int | None = None) -> dict[RowFilter, int]:
        """How many rows each filter has."""
        return {each: int(self._mask(each, candidate).sum()) for each in self.filters}

    def find(self, query: RowQuery, holds: Callable[[str], Iterable[int]] | None = None) -> RowsFound:
        """The rows that a query asks for.

        Args:
            query: What to find.
            holds: Positions of rows that hold a text; needed where the query searches.
        """
        import numpy as np

        mask = self._mask(query.filter, query.candidate)
        if query.cell is not None:
            mask = mask & self._cell_mask(query.cell)
        if query.group is not None:
            values = self.groups.get(query.group.column, ())
            mask = mask & np.fromiter((value == query.group.value for value in values), bool, len(mask))
        if query.picked is not None:
            mask = mask & self._at(query.picked.positions)
        if query.search and holds is not None:
            mask = mask & self._at(holds(query.search))
        places = np.flatnonzero(mask)
        if query.order != "position":
            places = _sorted(places, self._figures(query), query.descending)
        elif query.descending:
            places = places[::-1]
        return RowsFound(self.positions[places], places)

    def _figures(self, query: RowQuery) -> np.ndarray[Any, Any]:
        import numpy as np

        def of(candidate: CandidateRows) -> np.ndarray[Any, Any]:
            if query.order == "confidence":
                return candidate.confidence
            return candidate.latency_s if query.order == "latency" else candidate.score

        chosen = [each for each in self.candidates if query.candidate in (None, each.candidate)]
        return next((of(each) for each in chosen if np.isfinite(of(each)).any()), of(chosen[0]))

    def _mask(self, kind: RowFilter, candidate: int | None) -> np.ndarray[Any, Any]:
        import numpy as np

        nothing = np.zeros(len(self.positions), bool)
        if kind == "all":
            return ~nothing
        if kind == "starred":
            return self._at(self.starred)
        if kind == "rated":
            return self._at(self.rated)
        if kind == "different":
            # A row that one has not come to yet is no difference.
            first = self.candidates[0] if self.candidates else None
            return _any(
                (
                    (each.answer != first.answer) & _done(each) & _done(first)
                    for each in self.candidates[1:]
                    if first is not None
                ),
                nothing,
            )
        chosen = [each for each in self.candidates if candidate in (None, each.candidate)]
        if kind == "errors":
            return _any((each.failed for each in chosen), nothing)
        if kind == "wrong":
            return _any((each.score < 0.5 for each in chosen), nothing)
        base = next((each for each in self.candidates if each.candidate == self.baseline), None)
        others = [each for each in chosen if each is not base]
        if base is None:
            return nothing
        if kind == "improved":
            return _any((each.score > base.score for each in others), nothing)
        return _any((each.score < base.score for each in others), nothing)

    def _cell_mask(self, cell: Cell) -> np.ndarray[Any, Any]:
        import numpy as np

        found = next((each for each in self.candidates if each.candidate == cell.candidate), None)
        if found is None or self.references is None:
            return np.zeros(len(self.positions), bool)
        reference, predicted = self.names.get(cell.reference, -2), self.names.get(cell.predicted, -1)
        return np.asarray((self.references == reference) & (found.answer == predicted))

    def _at(self, positions: Iterable[int]) -> np.ndarray[Any, Any]:
        import numpy as np

        wanted = np.fromiter(positions, np.int64)
        return np.isin(self.positions, wanted)


def _done(rows: CandidateRows) -> np.ndarray[Any, Any]:
    done: np.ndarray[Any, Any] = (rows.answer >= 0) | rows.failed
    return done


def _any(masks: Iterable[np.ndarray[Any, Any]], nothing: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    for mask in masks:
        nothing = nothing | mask
    return nothing


def _sorted(places: np.ndarray[Any, Any], figures: np.ndarray[Any, Any], descending: bool) -> np.ndarray[Any, Any]:
    """By figure; equal ones keep their order, unknown ones come last."""
    import numpy as np

    values = figures[places]
    ranked = np.argsort(-values if descending else values, kind="stable")
    return places[ranked]
