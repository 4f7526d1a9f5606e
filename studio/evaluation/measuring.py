"""Figures with their intervals: every metric of every candidate, on all rows and on groups of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.metric import Estimate
from studio.metrics._metric import Measured, Metric, Parts, Recomputed, Repeating
from studio.statistics.bootstrap import RESAMPLES, Resampled, recomputed, weights
from studio.statistics.proportions import wilson
from studio.statistics.unseen import unseen, widened

Array = NDArray[Any]


@dataclass(frozen=True)
class Figure:
    """A metric on one candidate's rows.

    Attributes:
        metric: Which.
        positions: The rows it stands on, ascending.
        measured: What each adds, see `studio.metrics`.
    """

    metric: Metric
    positions: Array
    measured: Measured

    def of_rows(self, places: Array, tables: dict[int, Any]) -> Figure:
        """The same on some of the rows, by their places; see `studio.metrics` for ``tables``."""
        assert isinstance(self.measured, Parts)
        return Figure(self.metric, self.positions[places], self.measured.of_rows(places, tables))


def sums_of(table: Any) -> Array:
    """The sums over all rows, dense, shape ``(parts,)``."""
    return np.asarray(table.sum(0), np.float64).reshape(-1)


def resample(figures: Sequence[Figure], seed: int, count: int = RESAMPLES) -> list[Resampled]:
    """All figures on the same draws; they must stand on equally many rows, so that pairs stay pairs."""
    if not figures:
        return []
    parts = [figure.measured for figure in figures]
    found: list[list[Array]] = [[] for _figure in figures]
    tables = {id(part.table): part.table for part in parts if isinstance(part, Parts)}
    for block in weights(len(figures[0].positions), seed, count):
        # Metrics that share their table share the sums as well.
        sums = {
            key: table.sums(block) if isinstance(table, Repeating) else block @ table for key, table in tables.items()
        }
        for values, part in zip(found, parts, strict=True):
            assert isinstance(part, Parts)
            values.append(part.value(sums[id(part.table)]))
    return [
        Resampled(float(part.value(sums_of(part.table))), np.concatenate(values))  # type: ignore[union-attr]
        for part, values in zip(parts, found, strict=True)
    ]


def estimates(
    figures: Sequence[Figure], seed: int, count: int = RESAMPLES, check: Callable[[], None] = lambda: None
) -> tuple[list[Estimate | None], list[Resampled | None]]:
    """Each figure with its interval; beside it the resamples that pairs are compared by, where it was resampled.

    Args:
        figures: Of any candidates.
        seed: Of the bootstrap.
        count: How many resamples.
        check: Called now and then; may raise to stop.
    """
    found: list[Estimate | None] = [None] * len(figures)
    drawn: list[Resampled | None] = [None] * len(figures)
    together: dict[int, list[int]] = {}
    for place, figure in enumerate(figures):
        check()
        measured = figure.measured
        if isinstance(measured, Recomputed):
            found[place] = _recomputed(figure.metric, measured, seed)
        elif isinstance(measured, Parts) and measured.share:
            hits, n = (float(v) for v in sums_of(measured.table)[:2])
            found[place] = Estimate(hits / n, *wilson(hits, round(n)), round(n), "wilson")
        elif isinstance(measured, Parts):
            together.setdefault(len(figure.positions), []).append(place)
    for places in together.values():
        check()
        for place, resampled in zip(places, resample([figures[p] for p in places], seed, count), strict=True):
            drawn[place] = resampled
            found[place] = _bootstrapped(figures[place], resampled)
    return found, drawn


def _bootstrapped(figure: Figure, resampled: Resampled) -> Estimate | None:
    if not np.isfinite(resampled.value):
        return None
    assert isinstance(figure.measured, Parts)
    return _estimate(figure.metric, resampled, len(figure.positions), figure.measured.unseen)


def _recomputed(metric: Metric, measured: Recomputed, seed: int) -> Estimate | None:
    if not measured.affordable:
        value = measured.value(np.arange(measured.n))
        return Estimate(value, None, None, measured.n) if np.isfinite(value) else None
    resampled = recomputed(measured.n, measured.value, seed)
    if not np.isfinite(resampled.value):
        return None
    return _estimate(metric, resampled, measured.n, None)


def _estimate(metric: Metric, resampled: Resampled, n: int, share: float | None) -> Estimate:
    interval = resampled.interval()
    if interval is None:
        return Estimate(resampled.value, None, None, n)
    room = unseen([n]) if share is None else share
    low, high = widened(resampled.value, *interval, room, metric.range)
    return Estimate(resampled.value, low, high, n, "bootstrap")


def groups_of(values: Sequence[str], most: int) -> Mapping[str, Array]:
    """Rows by value of a column, the most frequent values first and no more than ``most``."""
    found: dict[str, list[int]] = {}
    for position, value in enumerate(values):
        found.setdefault(value.strip(), []).append(position)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return {value: np.array(positions) for value, positions in ordered[:most]}
