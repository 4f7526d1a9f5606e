"""The learning curve: how good a head is with fewer examples, and what more of them would bring.

Hestness et al. 2017 and Rosenfeld et al. 2020: the error falls as a power of the number of examples. The fit is to the
error at growing sizes; its spread over repeated draws gives the interval of what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.running import never_cancelled
from studio.teaching.head import fit_labels

Array = NDArray[Any]

_SIZES = 6
_DRAWS = 4
#: Two-sided 95 %.
_Z = 1.96


@dataclass(frozen=True)
class Point:
    """Share of right answers with so many examples: the mean over draws, and their standard deviation."""

    examples: int
    accuracy: float
    spread: float


@dataclass(frozen=True)
class Curve:
    """Attributes:
    points: By growing number of examples.
    doubled: Expected change in the share of right answers with twice the examples; None where nothing can be said.
    margin: Half the width of its 95 % interval.
    room: Share of wrong answers of the model itself: no more can be gained.
    """

    points: tuple[Point, ...]
    doubled: float | None = None
    margin: float | None = None
    room: float = 1.0


def learning_curve(
    vectors: Array,
    labels: Sequence[str],
    judged: tuple[Array, Sequence[str]],
    seed: int = 0,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Curve:
    """Fit heads on growing parts of the examples and judge each on the same rows.

    Args:
        vectors: Embeddings of the examples that are learned from.
        labels: Their labels.
        judged: Embeddings and labels of rows that none of them learns from.
        seed: Of the draws.
        cancelled: Asked between fits.
    """
    n, kinds = len(labels), len(set(labels))
    smallest = max(2 * kinds, 8)
    if n < 2 * smallest or len(judged[1]) < 10:
        return Curve(())
    sizes = sorted({round(size) for size in np.geomspace(smallest, n, _SIZES)})
    wanted = np.asarray(judged[1])
    empty: tuple[Array, list[str]] = (vectors[:0], [])
    points: list[Point] = []
    every: list[list[float]] = []
    for size in sizes:
        shares = []
        for draw in range(_DRAWS if size < n else 1):
            if cancelled():
                return Curve(tuple(points))
            places = _draw(labels, size, np.random.default_rng([seed, size, draw]))
            head = fit_labels(vectors[places], [labels[place] for place in places], empty, seed)
            shares.append(float((np.asarray(head.answers(judged[0])) == wanted).mean()))
        points.append(Point(size, float(np.mean(shares)), float(np.std(shares))))
        every.append(shares)
    return Curve(tuple(points), *_expected(sizes, every, n, len(wanted), seed))


def _draw(labels: Sequence[str], size: int, chance: np.random.Generator) -> list[int]:
    """So many examples by chance, at least one of each label."""
    order = chance.permutation(len(labels)).tolist()
    first = {labels[place]: place for place in reversed(order)}
    kept = list(first.values())
    taken = set(kept)
    return [*kept, *(place for place in order if place not in taken)][: max(size, len(kept))]


def _expected(
    sizes: Sequence[int], shares: Sequence[Sequence[float]], n: int, judged: int, seed: int
) -> tuple[float | None, float | None]:
    """What twice the examples bring: the power law through the errors, refitted on resampled draws."""
    if len(sizes) < 4:
        return None, None
    chance = np.random.default_rng([seed, 1])
    found = []
    for _repeat in range(200):
        errors = np.array([1 - chance.choice(each, len(each)).mean() for each in shares])
        # Also the judged rows are a sample.
        errors = np.clip(chance.binomial(judged, np.clip(errors, 0, 1)) / judged, 0.5 / judged, 1)
        # Later sizes say more about what comes next.
        slope, height = np.polyfit(np.log(sizes), np.log(errors), 1, w=np.sqrt(sizes))
        now, later = (np.exp(height + slope * np.log(m)) for m in (n, 2 * n))
        found.append(float(np.clip(now, 0, 1) - np.clip(later, 0, 1)))
    return float(np.mean(found)), float(_Z * np.std(found))
