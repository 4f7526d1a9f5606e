"""Area under the ROC curve, one label against the rest, mean over labels (Hand & Till 2001)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Array, Measured, Metric, Recomputed

#: Rows × labels up to which an interval is worth its time.
_AFFORDABLE = 60_000


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    if answers.scores is None or not answers.names:
        return None
    place = {name: number for number, name in enumerate(answers.names)}
    known = np.array([label in place for label in answers.references]) & np.isfinite(answers.scores).all(1)
    if not known.any():
        return None
    scores = answers.scores[known]
    expected = np.array([place[label] for label, ok in zip(answers.references, known, strict=True) if ok])
    if len(np.unique(expected)) < 2:
        return None

    def value(rows: Array) -> float:
        areas = _areas(scores[rows], expected[rows])
        return float(areas.mean()) if len(areas) else float("nan")

    return Recomputed(len(scores), value, scores.size <= _AFFORDABLE)


def _areas(scores: Array, expected: Array) -> Array:
    """For each label that some rows have and others not: the chance that a row of it scores higher than another.

    A tie counts half (Mann–Whitney).
    """
    from scipy.stats import rankdata

    labels = np.unique(expected)
    if len(labels) < 2:
        return np.empty(0)
    ranks = rankdata(scores[:, labels], axis=0)
    positive = expected[:, None] == labels[None, :]
    yes = positive.sum(0)
    areas: Array = ((ranks * positive).sum(0) - yes * (yes + 1) / 2) / (yes * (len(expected) - yes))
    return areas


METRIC = Metric(
    MetricInfo(
        "roc_auc",
        N_("Scores tell labels apart"),
        N_("ROC-AUC"),
        N_(
            "The chance that a row of a label gets a higher score for it than a row of another; mean over labels. "
            "0.5 is guessing."
        ),
        "number",
    ),
    "labels",
    _measure,
    bounds=(0.0, 1.0),
)
