"""What a quality metric is, and a number that knows how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: How a value is written: ``percent`` of a share from 0 to 1, ``points`` from 0 to 100, or a plain ``number``.
MetricFormat = Literal["percent", "points", "number"]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        value: The figure on the rows at hand.
        low: Lower bound; None where no interval can be given.
        high: Upper bound.
        n: How many rows (or runs) it stands on; never 0: where there are none there is no estimate.
        method: How the interval was found: ``"wilson"``, ``"exact"``, ``"bootstrap"``, ``"order-statistics"`` or
            ``"none"``.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    method: str = "none"


@dataclass(frozen=True)
class MetricInfo:
    """What a front end and a report say of a metric. `studio.metrics` holds the metrics themselves.

    Attributes:
        id: Its name in code and exports, such as ``"macro_f1"``.
        title: What a person reads first (marked with ``N_``), such as "Right answers".
        term: The field's word (marked with ``N_``), such as "accuracy".
        definition: What exactly it is, in a sentence (marked with ``N_``).
        format: See `MetricFormat`.
        high_is_good: Whether more is better.
        needs_reference: Whether it needs an expected answer for each row.
        options: What can be set, with defaults: a pattern, a schema.
    """

    id: str
    title: str
    term: str
    definition: str
    format: MetricFormat = "percent"
    high_is_good: bool = True
    needs_reference: bool = True
    options: Mapping[str, str] | None = None
