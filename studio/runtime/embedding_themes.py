"""Groups of texts that say something alike: k-means on the directions of their embeddings.

Spherical k-means (Dhillon and Modha 2001) from k-means++ seeds (Arthur and Vassilvitskii 2007); where nobody says how
many groups, as many as give the best silhouette (Rousseeuw 1987) by cosine distance. What all texts of a collection
share (being messages to one shop, say) is taken away first, as Mu and Viswanath 2018 do for words: groups come out more
even, and nearer to those that people make.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled
from studio.runtime.embedding_vectors import Array, unit

#: Fewer texts than this have no themes worth the name.
LEAST_TEXTS = 8
#: Most themes that are looked for where nobody says how many: more is no overview any more.
_MOST_THEMES = 15
#: Texts that decide how many themes there are: each number of them is tried.
_SAMPLE = 800
_TRIES = 3
_STEPS = 60


def group(
    vectors: Array, count: int | None = None, seed: int = 0, cancelled: Callable[[], bool] = never_cancelled
) -> tuple[Array, Array]:
    """Group texts.

    Args:
        vectors: Embeddings of length 1, float32, shape ``(texts, dimension)``.
        count: How many groups; None for as many as separate best.
        seed: Of the places where groups begin.
        cancelled: Asked between steps.

    Returns:
        The group of each text, int64, shape ``(texts,)``, numbered from 0 without gaps; and how typical each text is
        of its group: the cosine to its middle, float32.

    Raises:
        StoppedError: ``cancelled`` became true.
    """
    own = unit(vectors - vectors.mean(0))
    count = best_count(own, seed, cancelled) if count is None else count
    groups, centres = _best_of(own, max(1, min(count, len(own))), seed, cancelled)
    typical = np.einsum("ij,ij->i", own, centres[groups])
    _used, groups = np.unique(groups, return_inverse=True)
    return groups.astype(np.int64), typical


def best_count(vectors: Array, seed: int = 0, cancelled: Callable[[], bool] = never_cancelled) -> int:
    """How many groups separate best, by the silhouette of a sample; between 2 and 15."""
    chance = np.random.default_rng(seed)
    sample = vectors
    if len(vectors) > _SAMPLE:
        sample = vectors[np.sort(chance.choice(len(vectors), _SAMPLE, replace=False))]
    most = min(_MOST_THEMES, len(sample) // 3)
    found: dict[int, float] = {}
    for count in range(2, max(2, most) + 1):
        groups, _centres = _best_of(sample, count, seed, cancelled)
        found[count] = float(silhouettes(sample, groups).mean())
    return max(found, key=lambda count: (found[count], -count))


def silhouettes(vectors: Array, groups: Array) -> Array:
    """Silhouette of each text by cosine distance; 0 where it is alone in its group, as scikit-learn has it.

    With vectors of length 1 the distances to all texts of a group add up to its size less one product, so this takes
    no distance of pairs.

    Args:
        vectors: Embeddings of length 1, shape ``(texts, dimension)``.
        groups: Group of each text, numbered from 0.
    """
    width = int(groups.max()) + 1
    sizes = np.bincount(groups, minlength=width).astype(np.float64)
    totals = np.zeros((width, vectors.shape[1]))
    order = np.argsort(groups, kind="stable")
    used = np.flatnonzero(sizes)
    totals[used] = np.add.reduceat(vectors[order].astype(np.float64), np.searchsorted(groups[order], used), axis=0)
    sums = sizes - vectors @ totals.T
    rows = np.arange(len(groups))
    own = sizes[groups]
    inside = sums[rows, groups] / np.maximum(own - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(sizes > 0, sums / sizes, np.inf)
    means[rows, groups] = np.inf
    nearest = means.min(1)
    widest = np.maximum(inside, nearest)
    with np.errstate(divide="ignore", invalid="ignore"):
        values: Array = np.where((own > 1) & (widest > 0) & np.isfinite(nearest), (nearest - inside) / widest, 0.0)
    return values


def _best_of(vectors: Array, count: int, seed: int, cancelled: Callable[[], bool]) -> tuple[Array, Array]:
    best: tuple[float, Array, Array] | None = None
    for attempt in range(_TRIES):
        chance = np.random.default_rng((seed, attempt))
        groups, centres, fit = _once(vectors, count, chance, cancelled)
        if best is None or fit > best[0]:
            best = (fit, groups, centres)
    assert best is not None
    return best[1], best[2]


def _once(
    vectors: Array, count: int, chance: np.random.Generator, cancelled: Callable[[], bool]
) -> tuple[Array, Array, float]:
    centres = _seeds(vectors, count, chance)
    groups = np.full(len(vectors), -1)
    for _step in range(_STEPS):
        if cancelled():
            raise StoppedError(_("Stopped before it answered."))
        near = vectors @ centres.T
        chosen = near.argmax(1)
        fit = near[np.arange(len(vectors)), chosen]
        for empty in np.flatnonzero(np.bincount(chosen, minlength=count) == 0):
            # A group that lost all its texts begins again at the one that fits worst where it is.
            lone = fit.argmin()
            chosen[lone], fit[lone] = empty, 1.0
        if (chosen == groups).all():
            break
        groups = chosen
        order = np.argsort(groups, kind="stable")
        # Every group has a text, so that each run of equal numbers is one of them.
        sums = np.add.reduceat(vectors[order], np.searchsorted(groups[order], np.arange(count)), axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 1e-9, sums / np.maximum(lengths, 1e-9), centres).astype(np.float32)
    return groups, centres, float((vectors @ centres.T).max(1).sum())


def _seeds(vectors: Array, count: int, chance: np.random.Generator) -> Array:
    chosen = [int(chance.integers(len(vectors)))]
    apart = _apart(vectors, vectors[chosen[0]])
    while len(chosen) < count:
        total = apart.sum()
        if total <= 1e-6:
            # All texts that are left say the same as a middle that there is.
            chosen.append(len(chosen) % len(vectors))
            continue
        chosen.append(int(chance.choice(len(vectors), p=apart / total)))
        apart = np.minimum(apart, _apart(vectors, vectors[chosen[-1]]))
    return vectors[chosen].astype(np.float32)


def _apart(vectors: Array, centre: Array) -> Array:
    distance: Array = np.maximum(0, 1 - (vectors @ centre).astype(np.float64))
    return distance
