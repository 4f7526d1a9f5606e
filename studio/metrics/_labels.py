"""Sums over rows from which every figure of a classifier's labels follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.metrics._metric import Answers, Array, Measured, Parts
from studio.statistics.unseen import unseen

#: Beyond this they are no labels: somebody took a column of texts for one.
_MOST_LABELS = 2_000


@dataclass(frozen=True)
class LabelSums:
    """Counts of each label, shape ``(…, labels)`` each, and of all rows, shape ``(…,)``.

    Attributes:
        right: Rows of the label that were given it (true positives).
        given: Rows that were given the label.
        expected: Rows of the label (support).
        rows: All rows; those without an answer were given no label.
    """

    right: Array
    given: Array
    expected: Array
    rows: Array

    @property
    def seen(self) -> Array:
        """Which labels count: those that a row has or was given, as scikit-learn does."""
        seen: Array = (self.given + self.expected) > 0
        return seen

    def precision(self) -> Array:
        """Of rows given the label, the share that have it; 0 where none was given it."""
        return _share(self.right, self.given)

    def recall(self) -> Array:
        """Of rows with the label, the share that were given it; 0 where none has it."""
        return _share(self.right, self.expected)

    def f1(self) -> Array:
        """Harmonic mean of both; 0 where neither is defined."""
        return _share(2 * self.right, self.given + self.expected)


def _share(part: Array, whole: Array) -> Array:
    result: Array = np.divide(part, whole, out=np.zeros_like(part, np.float64), where=whole > 0)
    return result


def sums_of(table: Array, labels: int) -> LabelSums:
    """The counts that stand in a row of sums, see `label_parts`."""
    return LabelSums(
        table[..., :labels],
        table[..., labels : 2 * labels],
        table[..., 2 * labels : 3 * labels],
        table[..., 3 * labels],
    )


def label_parts(answers: Answers, figure: Callable[[LabelSums], Array], rare: bool = False) -> Measured:
    """A metric that follows from the counts of labels.

    Args:
        answers: What was answered.
        figure: The metric from the counts.
        rare: Whether a rare label is as heavy in it as a frequent one.
    """
    count = len(answers.labels)
    if not len(answers) or count > _MOST_LABELS:
        return None
    expected, given = answers.codes
    support = np.bincount(expected, minlength=count).tolist() if rare else [len(answers)]
    return Parts(
        answers.label_table,
        lambda sums: figure(sums_of(sums, count)),
        right=expected == given,
        unseen=unseen(support),
    )


def macro(values: Array, seen: Array) -> Array:
    """Mean over the labels that count, each as heavy as the others."""
    number = seen.sum(-1)
    result: Array = np.where(number > 0, (values * seen).sum(-1) / np.maximum(number, 1), np.nan)
    return result


def weighted(values: Array, weight: Array) -> Array:
    """Mean over the labels, each as heavy as it has rows."""
    total = weight.sum(-1)
    result: Array = np.where(total > 0, (values * weight).sum(-1) / np.maximum(total, 1), np.nan)
    return result
