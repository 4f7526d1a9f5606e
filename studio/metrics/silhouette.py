"""Silhouette (Rousseeuw 1987) of the groups that k-means finds, by cosine distance, as scikit-learn computes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._vectors import groups_of


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    found = groups_of(answers)
    if found is None:
        return None
    from studio.runtime.embedding_themes import silhouettes

    known, groups = found
    if groups.max() < 1:
        return None
    values = np.full(len(answers), np.nan)
    values[known.rows] = silhouettes(known.vectors, groups)
    return mean_of(values)


METRIC = Metric(
    MetricInfo(
        "silhouette",
        N_("Themes are apart"),
        N_("silhouette"),
        N_(
            "How much nearer each text is to its own theme than to the next one, −1 to 1, by cosine distance. Themes "
            "are found by k-means, as many as separate best."
        ),
        "number",
        needs_reference=False,
    ),
    "findings",
    _measure,
    rowwise=True,
    bounds=(-1.0, 1.0),
)
