"""Sample data that ships with the studio: small sets for each use case, free to use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.domain.dataset import ColumnMapping
from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _, language
from studio.domain.places import resources_folder

_PREFIX = "sample:"


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
    return tuple(_sample(entry) for entry in _index() if task is None or entry["task"] == task)


def find_sample(sample_id: str) -> SampleData:
    """The sample data of that id, with or without ``sample:`` in front. Raises `UnknownNameError`: there is none."""
    wanted = sample_id.removeprefix(_PREFIX)
    known = all_samples()
    for sample in known:
        if sample.id == wanted:
            return sample
    raise UnknownNameError(
        _("There is no sample data {name!r}.").format(name=wanted),
        _("Choose one of: {names}.").format(names=", ".join(_PREFIX + sample.id for sample in known)),
    )


def is_sample(name: str) -> bool:
    """Whether a name in a terminal means sample data rather than a file."""
    return name.startswith(_PREFIX)


def _folder() -> Path:
    return resources_folder() / "samples"


@lru_cache(maxsize=1)
def _index() -> list[dict[str, Any]]:
    index: list[dict[str, Any]] = json.loads((_folder() / "index.json").read_text(encoding="utf-8"))
    return index


def _sample(entry: Mapping[str, Any]) -> SampleData:
    means = entry["mapping"]
    return SampleData(
        id=entry["id"],
        task=entry["task"],
        title=_spoken(entry["title"]),
        description=_spoken(entry["description"]),
        path=_folder() / entry["file"],
        rows=entry["rows"],
        mapping=ColumnMapping(
            inputs=means["inputs"],
            reference=means.get("reference", ""),
            groups=tuple(means.get("groups", ())),
            id=means.get("id", ""),
            recorded=means.get("recorded", {}),
            recorded_latency=means.get("recorded_latency", {}),
        ),
        models=tuple(entry["models"]),
        licence=entry["licence"],
        attribution=entry["attribution"],
    )


def _spoken(words: Mapping[str, str]) -> str:
    return words.get(language()) or words["en"]
