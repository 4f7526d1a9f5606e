"""The model card: front matter of ``README.md`` as the Hugging Face Hub defines it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.errors import UnsafeModelError
from studio.library.safety import inside

_FRONT = re.compile(r"\A\ufeff?\s*---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
#: Front matter longer than this is none.
_MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class CardMetric:
    """One figure that the card states (``model-index``).

    Attributes:
        task: Pipeline tag it was measured for.
        dataset: Name of the data set.
        name: Metric, such as ``"accuracy"``.
        value: The figure, as the card states it.
    """

    task: str
    dataset: str
    name: str
    value: float


@dataclass(frozen=True)
class Card:
    """What a model card states; empty where it doesn't. Nothing is guessed.

    Attributes:
        licence: Licence id, such as ``"apache-2.0"``.
        licence_link: Where the licence text is, for ``license: other``.
        languages: Language codes.
        pipeline_tag: What the Hub thinks the model is for.
        base_model: Ids of models it was made from.
        metrics: Figures of ``model-index``.
        name: What its author calls the model (``model-index``).
        problem: Why the front matter could not be read, as technical text; empty where it could.
    """

    licence: str = ""
    licence_link: str = ""
    languages: tuple[str, ...] = ()
    pipeline_tag: str = ""
    base_model: tuple[str, ...] = ()
    metrics: tuple[CardMetric, ...] = ()
    name: str = ""
    problem: str = ""


def read_card(folder: Path) -> Card:
    """The card of a model's folder. A broken card is an empty one with a ``problem``; nothing is raised."""
    try:
        path = inside(folder, "README.md")
        if not path.is_file():
            return Card()
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_MOST_CHARACTERS)
    except (OSError, UnsafeModelError) as error:
        return Card(problem=str(error))
    return parse_card(text)


def parse_card(text: str) -> Card:
    """The card in a README's text; see `read_card`."""
    import yaml

    match = _FRONT.match(text)
    if not match:
        return Card()
    front_text = match[1]
    try:
        # An alias can stand for a gigabyte ("billion laughs"); cards have no use for them.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(front_text)):
            return Card(problem="the front matter uses YAML aliases")
        # BaseLoader keeps every scalar as text: `no` is Norwegian here, not False.
        front = yaml.load(front_text, Loader=yaml.BaseLoader)  # builds texts, lists and dicts only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return Card(problem=str(error))
    if not isinstance(front, dict):
        return Card(problem="the front matter is no mapping")
    return Card(
        licence=_text(front.get("license")) or ", ".join(_texts(front.get("license"))),
        licence_link=_text(front.get("license_link")),
        languages=_texts(front.get("language")),
        pipeline_tag=_text(front.get("pipeline_tag")),
        base_model=_texts(front.get("base_model")),
        metrics=tuple(_metrics(front.get("model-index"))),
        name=next((_text(entry.get("name")) for entry in _dicts(front.get("model-index"))), ""),
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(text for text in (_text(v) for v in values) if text)


def _metrics(index: Any) -> list[CardMetric]:
    found = []
    for entry in _dicts(index):
        for result in _dicts(entry.get("results")):
            task, dataset = result.get("task"), result.get("dataset")
            for metric in _dicts(result.get("metrics")):
                try:
                    value = float(metric.get("value", ""))
                except (TypeError, ValueError):
                    continue
                found.append(
                    CardMetric(
                        _text(task.get("type")) if isinstance(task, dict) else "",
                        _text(dataset.get("name")) if isinstance(dataset, dict) else "",
                        _text(metric.get("type")) or _text(metric.get("name")),
                        value,
                    )
                )
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
