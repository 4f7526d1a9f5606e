"""Adjusted Rand index (Hubert and Arabie 1985) of the groups that k-means finds, against the expected answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Recomputed
from studio.metrics._vectors import groups_of, shared_counts


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    found = groups_of(answers)
    if found is None:
        return None
    known, groups = found
    _names, kinds = np.unique([answers.references[row] for row in known.rows], return_inverse=True)
    return Recomputed(len(kinds), lambda rows: adjusted_rand(kinds[rows], groups[rows]))


def adjusted_rand(kinds: Array, groups: Array) -> float:
    """How often two rows are together in both groupings or in neither, corrected for chance."""
    counts = shared_counts(kinds, groups)
    pairs = (counts * (counts - 1)).sum() / 2
    rows, columns = ((sums * (sums - 1)).sum() / 2 for sums in (counts.sum(1), counts.sum(0)))
    total = counts.sum() * (counts.sum() - 1) / 2
    if total == 0:
        return float("nan")
    chance, most = rows * columns / total, (rows + columns) / 2
    return 1.0 if most == chance else float((pairs - chance) / (most - chance))


METRIC = Metric(
    MetricInfo(
        "ari",
        N_("Themes match the labels, pair by pair"),
        N_("adjusted Rand index"),
        N_(
            "Whether two texts that belong together are in one theme and others are not: 1 is perfect, 0 is chance. "
            "Themes are found by k-means, as many as there are different expected answers."
        ),
        "number",
    ),
    "findings",
    _measure,
    bounds=(-0.5, 1.0),
)
