"""Which rows without an answer are most worth labelling next.

A row is worth more, the less sure the model is of it (margin of its two best labels, Scheffer et al. 2001), the less
it is like what is labelled or chosen already (greedy k-centre, Sener and Savarese 2018), and the more other rows are
like it (density, Settles and Craven 2008), so that a single oddity does not win. Without a model, each of so many
clusters gives its most typical row (Hacohen et al. 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.domain.running import never_cancelled

Array = NDArray[Any]

#: Neighbours whose likeness tells how typical a row is.
_NEAR = 10
#: Less likeness than this to everything labelled is worth telling a person.
_UNLIKE = 0.35
#: A lead of the best label that is a tie to a reader.
_TIE = 0.25
#: Less than this for the best label is no belief.
_UNSURE = 0.5
#: Two rows that are more alike than this say the same.
_ALIKE = 0.6
_BLOCK = 1024

Why = Literal["torn", "unsure", "unlike", "typical", "rest"]


@dataclass(frozen=True)
class Suggestion:
    """A row that is worth labelling.

    Attributes:
        place: Of the row among those that were offered.
        kind: Why: ``torn`` between two labels, ``unsure`` of its best one, ``unlike`` all that is labelled, or
            ``typical`` of rows that are alike; ``rest`` where none of these holds.
        alike: How many other rows are much like it.
        uncertainty: 0 where the best label leads by everything, 1 where two are equal; None without a model.
        likeness: Cosine to the nearest row that is labelled or was suggested before it; None for the first of all.
    """

    place: int
    kind: Why
    alike: int
    uncertainty: float | None = None
    likeness: float | None = None


def suggest(
    vectors: Array,
    scores: Array | None,
    labelled: Array | None,
    n: int,
    seed: int = 0,
    cancelled: Callable[[], bool] = never_cancelled,
) -> tuple[Suggestion, ...]:
    """The rows that are most worth labelling, the best first.

    Args:
        vectors: float, shape ``(rows, dimension)``: the rows without an answer, each different.
        scores: float, shape ``(rows, labels)``: probabilities by a model; None without one.
        labelled: Vectors of the rows that have an answer; None or empty for none.
        n: How many to suggest, at most.
        seed: Of the clusters.
        cancelled: Asked between steps.
    """
    n = min(n, len(vectors))
    if n < 1:
        return ()
    vectors = _unit(vectors)
    known = _unit(labelled) if labelled is not None and len(labelled) else None
    nearest = None if known is None else _nearest(vectors, known)
    density, alike = _density(vectors)
    if scores is None and known is None:
        order = _typical(vectors, n, seed)
        return tuple(Suggestion(place, "typical", int(alike[place])) for place in order)
    uncertainty = None if scores is None else _uncertainty(scores)
    worth = density if uncertainty is None else density * (0.05 + uncertainty)
    likeness = np.full(len(vectors), -1.0) if nearest is None else nearest.copy()
    free = np.ones(len(vectors), bool)
    found: list[Suggestion] = []
    for _turn in range(n):
        if cancelled():
            break
        gain = np.where(free, worth * np.clip(1 - likeness, 1e-6, 2), -1.0)
        place = int(gain.argmax())
        near = None if nearest is None and not found else float(likeness[place])
        kind = _kind(
            None if scores is None else scores[place], None if nearest is None else nearest[place], int(alike[place])
        )
        unsure = None if uncertainty is None else float(uncertainty[place])
        found.append(Suggestion(place, kind, int(alike[place]), unsure, near))
        free[place] = False
        likeness = np.maximum(likeness, vectors @ vectors[place])
    return tuple(found)


def _kind(scores: Array | None, nearest: float | None, alike: int) -> Why:
    if scores is not None and len(scores) > 1:
        best, second = np.sort(scores)[::-1][:2]
        # Two that lead nothing but a crowd are no choice between two.
        if best - second <= _TIE and best + second >= _UNSURE:
            return "torn"
        if best < _UNSURE:
            return "unsure"
    if nearest is not None and nearest < _UNLIKE:
        return "unlike"
    return "typical" if alike else "rest"


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _uncertainty(scores: Array) -> Array:
    """One less the lead of the best label, 0 to 1; shape ``(rows,)``."""
    if scores.shape[1] < 2:
        return np.zeros(len(scores))
    best = np.sort(scores, axis=1)[:, ::-1]
    return np.asarray(np.clip(1 - (best[:, 0] - best[:, 1]), 0, 1))


def _nearest(vectors: Array, known: Array) -> Array:
    """Cosine of each row to the nearest known one, shape ``(rows,)``."""
    found = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        found[start : start + _BLOCK] = (vectors[start : start + _BLOCK] @ known.T).max(axis=1)
    return found


def _density(vectors: Array) -> tuple[Array, Array]:
    """How like a row is to its nearest others, 0 to 1, and how many are much like it; shapes ``(rows,)``."""
    n = len(vectors)
    if n < 2:
        return np.ones(n), np.zeros(n, np.int64)
    near = min(_NEAR, n - 1)
    density, alike = np.empty(n), np.empty(n, np.int64)
    for start in range(0, n, _BLOCK):
        likeness = vectors[start : start + _BLOCK] @ vectors.T
        inside = np.arange(len(likeness))
        likeness[inside, start + inside] = -1.0
        density[start : start + _BLOCK] = np.partition(likeness, n - near, axis=1)[:, n - near :].mean(axis=1)
        alike[start : start + _BLOCK] = (likeness > _ALIKE).sum(axis=1)
    return np.clip(density, 0.05, 1), alike


def _typical(vectors: Array, n: int, seed: int) -> Sequence[int]:
    """The row nearest to the centre of each of ``n`` clusters, the largest cluster first."""
    from sklearn.cluster import KMeans

    if n >= len(vectors):
        return list(range(len(vectors)))
    fitted = KMeans(n, n_init=1, random_state=seed).fit(vectors)
    sizes = np.bincount(fitted.labels_, minlength=n)
    order: list[int] = []
    for cluster in np.argsort(-sizes, kind="stable"):
        inside = np.flatnonzero(fitted.labels_ == cluster)
        if len(inside):
            order.append(int(inside[(vectors[inside] @ fitted.cluster_centers_[cluster]).argmax()]))
    return order
