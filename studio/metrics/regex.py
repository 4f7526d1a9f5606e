"""Regular expression: the answer holds a pattern, such as an order number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of

#: An unlucky pattern takes exponential time on a long text.
_LONGEST = 5_000


def _measure(answers: Answers, options: Mapping[str, str]) -> Measured:
    pattern = options.get("pattern", "")
    if not pattern:
        return None
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise InputError(_("{pattern} is no regular expression.").format(pattern=pattern), detail=str(error)) from error
    found = [float(text is not None and compiled.search(text[:_LONGEST]) is not None) for text in answers.texts]
    return mean_of(found, share=True)


METRIC = Metric(
    MetricInfo(
        "regex",
        N_("Holds the pattern"),
        N_("regular expression"),
        N_("Share of answers in which the regular expression is found."),
        needs_reference=False,
        options={"pattern": ""},
    ),
    "text",
    _measure,
    rowwise=True,
)
