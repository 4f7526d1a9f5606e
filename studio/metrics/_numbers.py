"""What metrics of predicted numbers have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from studio.domain.prediction import Number
from studio.metrics._metric import Answers, Array


def wanted_and_given(answers: Answers) -> tuple[Array, Array] | None:
    """Expected and predicted numbers, shape ``(rows,)`` each, NaN where either is none; None where no row has both."""
    wanted = _numbers(answers.references)
    given = _numbers(answers.texts)
    for place, output in enumerate(answers.outputs):
        if isinstance(output, Number):
            # The whole number; its text is rounded for people.
            given[place] = output.value
    both = np.isfinite(wanted) & np.isfinite(given)
    if not both.any():
        return None
    return np.where(both, wanted, np.nan), np.where(both, given, np.nan)


def _numbers(texts: Sequence[str | None]) -> Array:
    return np.array([number_in(text) for text in texts], np.float64)


def number_in(text: str | None) -> float:
    """A cell as a number; a comma may stand for the decimal point. NaN where it is none."""
    try:
        return float((text or "").strip().replace(",", "."))
    except ValueError:
        return math.nan
