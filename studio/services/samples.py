"""Sample data that ships with the studio: small sets for each use case, free to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.domain.dataset import ColumnMapping


@dataclass(frozen=True)
class SampleData:
    """One sample data set.

    Attributes:
        id: What a terminal names it, as in ``--data sample:support``.
        task: Task id that it is for.
        title: What a person calls it (in the user's language).
        description: What is in it, in a sentence (in the user's language).
        path: Its file.
        rows: How many rows it has.
        mapping: What its columns mean.
        models: Models that its labels or languages fit; empty where any does.
        licence: Licence id.
        attribution: Whom to name.
    """

    id: str
    task: str
    title: str
    description: str
    path: Path
    rows: int
    mapping: ColumnMapping
    models: tuple[str, ...] = ()
    licence: str = ""
    attribution: str = ""


def all_samples(task: str | None = None) -> tuple[SampleData, ...]:
    """Every sample data set, or those of one task, in the order to offer them."""
    raise NotImplementedError


def find_sample(sample_id: str) -> SampleData:
    """The sample data of that id, with or without ``sample:`` in front. Raises `UnknownNameError`: there is none."""
    raise NotImplementedError
