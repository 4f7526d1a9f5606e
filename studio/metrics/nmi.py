"""Normalised mutual information (arithmetic mean, Strehl and Ghosh 2002) of k-means groups and expected answers."""

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
    return Recomputed(len(kinds), lambda rows: mutual_information(kinds[rows], groups[rows]))


def mutual_information(kinds: Array, groups: Array) -> float:
    """What one grouping tells about the other, as a share of the mean of what each holds."""
    counts = shared_counts(kinds, groups)
    joint = counts / counts.sum()
    one, other = joint.sum(1), joint.sum(0)
    both = joint > 0
    shared = (joint[both] * np.log(joint[both] / np.outer(one, other)[both])).sum()
    held = (_entropy(one) + _entropy(other)) / 2
    # Two groupings of one group each are the same.
    return 1.0 if held == 0 else float(max(0.0, shared / held))


def _entropy(shares: Array) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())


METRIC = Metric(
    MetricInfo(
        "nmi",
        N_("Themes tell the labels"),
        N_("normalised mutual information"),
        N_(
            "How much the theme of a text says about its label, 0 to 1. Themes are found by k-means, as many as there "
            "are different expected answers."
        ),
        "number",
    ),
    "findings",
    _measure,
    bounds=(0.0, 1.0),
)
