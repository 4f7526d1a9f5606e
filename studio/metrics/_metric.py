"""What a metric is: what each row adds to it, and the figure from the sums.

Most figures, macro-F1, BLEU and chrF among them, depend on their rows only through sums. So a metric gives the summands
of each row once, and any number of resamples and groups costs one matrix product (`studio.statistics.bootstrap`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.metric import MetricInfo
from studio.domain.prediction import Output
from studio.domain.task import OutputKind

Array = NDArray[Any]


@dataclass(frozen=True)
class Answers:
    """What one candidate answered, row by row, as metrics see it.

    Attributes:
        references: The expected answers; empty for none.
        texts: The answers (for a classifier the label); None where there is none, which counts as wrong.
        names: Labels of the scores, as references name them.
        scores: Probabilities, shape ``(rows, names)``, NaN where a row has none; None where the candidate gives none.
        language: Language of the references where it matters to a tokenizer: ``"zh"``, ``"ja"``, ``"ko"`` or empty.
        outputs: The whole answers, for kinds of output that are more than labels or text; empty for those two. A
            recorded answer is a `GeneratedText` whatever the kind.
        seconds: What each row took; a row of a batch its share of it. NaN where that is not known.
    """

    references: Sequence[str]
    texts: Sequence[str | None]
    names: tuple[str, ...] = ()
    scores: Array | None = None
    language: str = ""
    outputs: Sequence[Output | None] = ()
    seconds: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label that a reference or an answer has, in order."""
        return tuple(sorted({*self.references, *(text for text in self.texts if text is not None)}))

    @cached_property
    def codes(self) -> tuple[Array, Array]:
        """Places in `labels` of references and answers, shape ``(rows,)`` each; -1 for no answer."""
        place = {label: number for number, label in enumerate(self.labels)}
        expected = np.array([place[label] for label in self.references], np.int64)
        given = np.array([-1 if text is None else place[text] for text in self.texts], np.int64)
        return expected, given

    @cached_property
    def label_table(self) -> Repeating:
        """What each row adds to the counts of labels: right, given and expected for each of `labels`, then rows.

        One for all metrics, which are resampled together by it.
        """
        from scipy.sparse import csr_matrix

        expected, given = self.codes
        count = len(self.labels)
        kinds, ids = np.unique(expected * (count + 1) + given + 1, return_inverse=True)
        expected, given = kinds // (count + 1), kinds % (count + 1) - 1
        rows = np.arange(len(kinds))
        answered = given >= 0
        right = answered & (given == expected)
        row = np.concatenate([rows[right], rows[answered], rows, rows])
        column = np.concatenate(
            [expected[right], count + given[answered], 2 * count + expected, np.full(len(rows), 3 * count)]
        )
        return Repeating(ids, csr_matrix((np.ones(len(row)), (row, column)), shape=(len(rows), 3 * count + 1)))


@dataclass(frozen=True, eq=False)
class Repeating:
    """A table of few different rows: a hundred thousand answers of thirty labels are some hundred kinds of them.

    Attributes:
        ids: Kind of each row, shape ``(rows,)``.
        kinds: What a row of each kind adds, a sparse matrix of scipy, shape ``(kinds, parts)``.
    """

    ids: Array
    kinds: Any

    def __getitem__(self, places: Array) -> Repeating:
        return Repeating(self.ids[places], self.kinds)

    def sums(self, block: Array) -> Array:
        """Sums over rows that were drawn ``block`` times, shape ``(draws, rows)`` → ``(draws, parts)``."""
        counts = np.stack([np.bincount(self.ids, drawn, self.kinds.shape[0]) for drawn in block])
        return np.asarray((self.kinds.T @ counts.T).T, np.float64)

    def sum(self, _axis: int) -> Array:
        """Sums over all rows, shape ``(parts,)``."""
        counts = np.bincount(self.ids, minlength=self.kinds.shape[0]).astype(np.float64)
        return np.asarray(self.kinds.T @ counts, np.float64)

    def toarray(self) -> Array:
        """All rows, shape ``(rows, parts)``."""
        return np.asarray(self.kinds[self.ids].toarray(), np.float64)


@dataclass(frozen=True)
class Parts:
    """A metric on some answers, ready for resampling.

    Attributes:
        table: What each row adds, shape ``(rows, parts)``: an array, or `Repeating`.
        value: The figure from sums, shape ``(…, parts)`` → ``(…,)``; NaN where it is undefined.
        share: Whether the figure is a share of rows, hit or miss, so that Wilson's interval is right for it: then the
            first part is the hit and the second the row.
        signature: How exactly it was computed, where its field has such a word.
        right: Whether each row is right, where the columns of ``table`` differ between candidates, so that rows which
            tell two candidates apart can be counted; None where tables can be compared themselves.
        unseen: What share of the figure rows like none of these could take without being noticed, see
            `studio.statistics.unseen`; None for what the number of rows says.
    """

    table: Any
    value: Callable[[Array], Array]
    share: bool = False
    signature: str = ""
    right: Array | None = None
    unseen: float | None = None

    def of_rows(self, places: Array, tables: dict[int, Any]) -> Parts:
        """The same on some of the rows.

        Args:
            places: Which.
            tables: Tables of these rows by the identity of the whole ones: metrics share theirs, and so do the parts.
        """
        key = id(self.table)
        if key not in tables:
            tables[key] = self.table[places]
        # How rare a label is among these rows is not known any more; the number of rows speaks.
        return replace(self, table=tables[key], right=None if self.right is None else self.right[places], unseen=None)


@dataclass(frozen=True)
class Recomputed:
    """A metric that does not add up over rows.

    Attributes:
        n: How many rows count.
        value: The figure of rows given by their numbers among those that count.
        affordable: Whether it is quick enough to be computed on resamples, for an interval.
    """

    n: int
    value: Callable[[Array], float]
    affordable: bool = True


#: None: the answers give nothing to compute it from.
Measured = Parts | Recomputed | None


@dataclass(frozen=True)
class Metric:
    """A quality metric. One file in ``studio/metrics`` declares one, as ``METRIC``.

    Attributes:
        info: What people see of it.
        output: Kind or kinds of output that it judges.
        measure: Prepares it on answers, with options as `MetricInfo.options` names them. Raises `InputError` where an
            option can't be used.
        rowwise: Whether the mean over rows is the figure, so that each row has a value of its own.
        compared: Whether more or less of it is better, so that candidates are compared by it.
        bounds: Smallest and largest value there is; None for the usual ones of its format.
        named_only: Whether only tasks that name it use it: it says little elsewhere, and takes its time.
    """

    info: MetricInfo
    output: OutputKind | tuple[OutputKind, ...]
    measure: Callable[[Answers, Mapping[str, str]], Measured]
    rowwise: bool = False
    compared: bool = True
    bounds: tuple[float, float] | None = None
    named_only: bool = False

    @property
    def outputs(self) -> tuple[OutputKind, ...]:
        """Kinds of output that it judges."""
        return self.output if isinstance(self.output, tuple) else (self.output,)

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest value; infinite where there is none."""
        usual = {"percent": (0.0, 1.0), "points": (0.0, 100.0), "number": (-math.inf, math.inf)}
        return self.bounds or usual[self.info.format]


def mean_of(values: Sequence[float] | Array, share: bool = False) -> Parts | None:
    """A metric that is the mean of one value a row; rows with NaN don't count."""
    column = np.asarray(values, np.float64)
    counts = np.isfinite(column)
    if not counts.any():
        return None
    table = np.stack([np.where(counts, column, 0.0), counts.astype(np.float64)], 1)
    return Parts(table, ratio, share)


def ratio(sums: Array) -> Array:
    """First part / second part."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = sums[..., 0] / sums[..., 1]
    return result
