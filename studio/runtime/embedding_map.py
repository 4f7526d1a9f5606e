"""Texts as points on a plane, alike ones close together: t-SNE (van der Maaten and Hinton 2008).

Only some hundred texts go through it, for its cost is the square of their number; the others are put between those
that they are most alike to.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled
from studio.runtime.embedding_vectors import Array

#: Texts that are placed by t-SNE itself.
_LANDMARKS = 450
_STEPS = 300
#: Steps in which the attraction is exaggerated, so that groups form before they spread.
_EARLY = 80
_NEIGHBOURS = 4


def plane(
    vectors: Array, groups: Array, seed: int = 0, cancelled: Callable[[], bool] = never_cancelled
) -> list[tuple[float, float]]:
    """Two coordinates for each text, 0 to 1, on one scale.

    Args:
        vectors: Embeddings of length 1, float32, shape ``(texts, dimension)``.
        groups: The group of each text; every group gets landmarks.
        seed: Of the choice of landmarks.
        cancelled: Asked between steps.

    Raises:
        StoppedError: ``cancelled`` became true.
    """
    chosen = _landmarks(groups, seed)
    placed = _tsne(vectors[chosen], cancelled)
    points = placed if len(chosen) == len(vectors) else _between(vectors, vectors[chosen], placed, cancelled)
    low, high = points.min(0), points.max(0)
    widest = max(float((high - low).max()), 1e-9)
    centred = np.clip((points - (low + high) / 2) / widest + 0.5, 0, 1)
    return [(round(float(x), 4), round(float(y), 4)) for x, y in centred]


def _landmarks(groups: Array, seed: int) -> Array:
    if len(groups) <= _LANDMARKS:
        return np.arange(len(groups))
    chance = np.random.default_rng(seed)
    shuffled = chance.permutation(len(groups))
    # In turn from every group, so that a small theme is on the map as well.
    turn = np.empty(len(groups), np.int64)
    for number in np.unique(groups):
        members = shuffled[groups[shuffled] == number]
        turn[members] = np.arange(len(members)) * len(groups) // len(members)
    chosen: Array = np.sort(np.argsort(turn, kind="stable")[:_LANDMARKS])
    return chosen


def _between(vectors: Array, landmarks: Array, placed: Array, cancelled: Callable[[], bool]) -> Array:
    """Where a text belongs among the landmarks that it is most alike to; in blocks, to spare memory."""
    points = np.empty((len(vectors), 2))
    for start in range(0, len(vectors), 2_000):
        _check(cancelled)
        near = vectors[start : start + 2_000] @ landmarks.T
        best = np.argpartition(-near, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
        weights = np.exp(20 * (np.take_along_axis(near, best, 1) - near.max(1, keepdims=True)))
        points[start : start + 2_000] = (placed[best] * weights[:, :, None]).sum(1) / weights.sum(1, keepdims=True)
    return points


def _tsne(vectors: Array, cancelled: Callable[[], bool]) -> Array:
    n = len(vectors)
    if n < 4:
        return np.stack([np.arange(n, dtype=np.float64), np.zeros(n)], 1)
    wanted = _affinities(np.maximum(0, 2 - 2 * (vectors @ vectors.T)).astype(np.float64), min(20.0, (n - 1) / 3))
    centred = vectors - vectors.mean(0)
    _left, _sizes, axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    # The signs of principal components are a matter of chance; the largest part decides them.
    axes = axes[:2] * np.sign(axes[:2][np.arange(2), np.abs(axes[:2]).argmax(1)])[:, None]
    points: Array = centred @ axes.T
    points *= 1e-2 / max(1e-12, float(points.std()))
    speed, gain = np.zeros_like(points), np.ones_like(points)
    rate = max(n / 12, 50.0)
    for step in range(_STEPS):
        _check(cancelled)
        squares = (points**2).sum(1)
        weight = 1 / (1 + np.maximum(0, squares[:, None] + squares[None] - 2 * points @ points.T))
        np.fill_diagonal(weight, 0)
        pull = (wanted * (12 if step < _EARLY else 1) - weight / weight.sum()) * weight
        slope = 4 * (pull.sum(1)[:, None] * points - pull @ points)
        gain = np.maximum(np.where(np.sign(slope) == np.sign(speed), gain * 0.8, gain + 0.2), 0.01)
        speed = (0.5 if step < _EARLY else 0.8) * speed - rate * gain * slope
        points = points + speed
        points -= points.mean(0)
    return points


def _affinities(squares: Array, perplexity: float) -> Array:
    """How likely each text picks another as its neighbour, made symmetric; each with about ``perplexity`` of them."""
    n = len(squares)
    np.fill_diagonal(squares, np.inf)
    low, high = np.zeros(n), np.full(n, np.inf)
    sharp = np.ones(n)
    nearest = squares.min(1, keepdims=True)
    for _step in range(40):
        chances = np.exp(-(squares - nearest) * sharp[:, None])
        chances /= chances.sum(1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.nansum(np.where(chances > 0, chances * np.log(chances), 0), 1)
        broad = entropy > np.log(perplexity)
        low, high = np.where(broad, sharp, low), np.where(broad, high, sharp)
        sharp = np.where(np.isinf(high), sharp * 2, (low + high) / 2)
    joint: Array = (chances + chances.T) / (2 * n)
    return joint


def _check(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise StoppedError(_("Stopped before it answered."))
