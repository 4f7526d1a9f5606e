"""What embeddings say of rows that belong together: neighbours by cosine, and groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.domain.prediction import Findings
from studio.metrics._metric import Answers, Array, Measured, mean_of

#: Pairs of rows that are compared: all of ten thousand rows, of more only what some of them are near to.
_MOST_PAIRS = 100_000_000
_BLOCK_PAIRS = 4_000_000
#: Groups are looked for among so many rows at most, and as many groups.
_MOST_GROUPED = 20_000
_MOST_GROUPS = 1_000


@dataclass(frozen=True)
class Embedded:
    """The rows of an answer that have a vector.

    Attributes:
        rows: Their places among all rows.
        vectors: Of length 1, float32, shape ``(rows, dimension)``.
    """

    rows: Array
    vectors: Array


def embedded(answers: Answers) -> Embedded | None:
    """The vectors of an embedding model's answers; None where there are none. A recorded answer has none."""
    found = [
        (row, output.vector)
        for row, output in enumerate(answers.outputs)
        if isinstance(output, Findings) and output.vector
    ]
    width = len(found[0][1]) if found else 0
    kept = [(row, vector) for row, vector in found if len(vector) == width]
    if not kept:
        return None
    vectors = np.array([vector for _row, vector in kept], np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return Embedded(np.array([row for row, _vector in kept]), vectors / np.maximum(lengths, 1e-12))


#: From a block of rows: similarity to every row, −∞ for themselves, and which rows are relevant, to a value for each.
Judge = Callable[[Array, Array], Array]


def by_neighbours(answers: Answers, judge: Judge, share: bool = False) -> Measured:
    """A metric that asks of every row whether its neighbours are of its kind.

    Each row searches all others; those with the same expected answer are relevant. A row that is alone in its kind
    does not count, one without a vector counts as 0.

    Args:
        answers: What was answered.
        judge: See `Judge`.
        share: Whether a value is a hit or a miss.
    """
    known = embedded(answers)
    if known is None:
        return None
    _kinds, kinds = np.unique(np.array(answers.references, dtype=object).astype(str), return_inverse=True)
    mine = kinds[known.rows]
    sizes = np.bincount(kinds)
    values = np.where(sizes[kinds] > 1, 0.0, np.nan)
    shares = np.bincount(mine, minlength=len(sizes))
    # The only one of its kind that has a vector has nothing to find: that is the model's failure, and counts as 0.
    asking = np.flatnonzero(shares[mine] > 1)
    most = max(1, _MOST_PAIRS // len(mine))
    if len(asking) > most:
        # Spread over the data, the same for every candidate.
        left_out = np.ones(len(asking), bool)
        left_out[np.linspace(0, len(asking) - 1, most).astype(int)] = False
        values[known.rows[asking[left_out]]] = np.nan
        asking = asking[~left_out]
    step = max(1, _BLOCK_PAIRS // len(mine))
    for start in range(0, len(asking), step):
        block = asking[start : start + step]
        near = known.vectors[block] @ known.vectors.T
        near[np.arange(len(block)), block] = -np.inf
        relevant = mine[block][:, None] == mine[None, :]
        relevant[np.arange(len(block)), block] = False
        values[known.rows[block]] = judge(near, relevant)
    return mean_of(values, share)


def first_rank(near: Array, relevant: Array) -> Array:
    """Rank of the nearest relevant row, counted from 1."""
    best = np.where(relevant, near, -np.inf).max(1, keepdims=True)
    ranks: Array = 1 + ((near > best) & ~relevant).sum(1)
    return ranks


def groups_of(answers: Answers) -> tuple[Embedded, Array] | None:
    """Rows with vectors, and the group that each is put in.

    As many groups as there are different expected answers; without any, as many as separate best. Found once for all
    metrics of the same answers, as `functools.cached_property` would keep it.
    """
    kept: dict[str, tuple[Embedded, Array] | None] = vars(answers)
    if "_groups" not in kept:
        kept["_groups"] = _found_groups(answers)
    return kept["_groups"]


def _found_groups(answers: Answers) -> tuple[Embedded, Array] | None:
    from studio.runtime.embedding_themes import LEAST_TEXTS, group

    known = embedded(answers)
    if known is None:
        return None
    if len(known.rows) > _MOST_GROUPED:
        kept = np.linspace(0, len(known.rows) - 1, _MOST_GROUPED).astype(int)
        known = Embedded(known.rows[kept], known.vectors[kept])
    # Metrics that need no expected answer are given none: an empty one for each row.
    kinds = {answers.references[row] for row in known.rows} - {""} if answers.references else set()
    if len(known.rows) < LEAST_TEXTS or len(kinds) == 1 or len(kinds) > min(_MOST_GROUPS, len(known.rows) // 2):
        return None
    groups, _typical = group(known.vectors, len(kinds) or None)
    return known, groups


def shared_counts(one: Array, other: Array) -> Array:
    """How many rows are in each pair of a group of ``one`` and a group of ``other``, both numbered from 0."""
    width = int(other.max()) + 1
    counts: Array = np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width)
    return counts.reshape(-1, width).astype(np.float64)
