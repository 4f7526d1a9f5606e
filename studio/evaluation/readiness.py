"""Whether data is fit to evaluate on: what is in it, what is odd about it, and how much it can prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

#: ``good``: as it should be. ``info``: worth knowing. ``warning``: the figures may mislead. ``problem``: can't run so.
Severity = Literal["good", "info", "warning", "problem"]


@dataclass(frozen=True)
class Note:
    """One thing to know about the data.

    Attributes:
        kind: What it is about, such as ``"duplicates"``.
        severity: See `Severity`.
        figures: The numbers and names in its sentence.
        positions: Some of the rows that it is about, to be looked at.
    """

    kind: str
    severity: Severity
    figures: Mapping[str, int | float | str] = field(default_factory=dict)
    positions: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        """The note in the user's language."""
        raise NotImplementedError


@dataclass(frozen=True)
class UnknownLabel:
    """A label of the data that a model does not have.

    Attributes:
        label: As the data writes it.
        rows: How many rows have it.
        suggestion: The model's label that it probably means; empty for none.
    """

    label: str
    rows: int
    suggestion: str = ""


@dataclass(frozen=True)
class Readiness:
    """What can be said of a data set before it is run.

    Attributes:
        rows: All rows.
        with_reference: Rows with an expected answer.
        labels: For classifiers, every expected label and its number of rows, the most frequent first.
        notes: What to know, the worst first.
        unknown_labels: Labels that no candidate's model has, after the label mapping.
        known_labels: Labels that the candidates' models have.
        smallest_difference: The smallest difference in right answers that the rows can prove, as a share; None where
            nothing is scored.
    """

    rows: int
    with_reference: int
    labels: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()
    unknown_labels: tuple[UnknownLabel, ...] = ()
    known_labels: tuple[str, ...] = ()
    smallest_difference: float | None = None
