"""Writes a model card: front matter that tools read, and text that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

NOTICE = "Trained on little data, for trying the studio; for a product, add a model from the Hub."


@dataclass(frozen=True)
class Data:
    """A data set or a model that a model was made from, with what its licence asks to be said."""

    name: str
    source: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Training:
    """How a model was trained, as the recipe recorded it; ``note`` says where the run differed from the command."""

    parameters: int
    seed: int
    seconds: float
    hardware: str
    note: str = ""


@dataclass(frozen=True)
class Card:
    """What a card says. Every figure is one that a recipe's command prints.

    Attributes:
        title: The model's name for people.
        task: Pipeline tag of the Hub.
        languages: Language codes.
        can: What it can do, in a sentence or two.
        cannot: What it can't do, a sentence each.
        data: What it was trained on, the data it is measured on first.
        base: The pretrained model it started from, if any.
        training: See `Training`.
        commands: How it was trained, exported and measured.
        figures: Precision → metric → value, on the validation data.
        figures_note: What a reader must know about the figures.
        rows: How many rows they were measured on.
        examples: Heading of a table, and its rows.
        failures: Input, answer and what was expected, for some rows it gets wrong.
        sections: Heading → lines of Markdown, for what only some models have.
    """

    title: str
    task: str
    languages: Sequence[str]
    can: str
    cannot: Sequence[str]
    data: Sequence[Data]
    training: Training
    commands: Sequence[str]
    figures: Mapping[str, Mapping[str, float]]
    figures_note: str
    rows: int
    base: Data | None = None
    examples: Sequence[Sequence[str]] = ()
    failures: Sequence[tuple[str, str, str]] = ()
    sections: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_card(folder: Path, card: Card) -> None:
    """Write ``folder/README.md``."""
    front = yaml.safe_dump(_front_matter(card), sort_keys=False, allow_unicode=True).strip()
    lines = ["---", front, "---", "", f"# {card.title}", "", f"**{NOTICE}**", "", card.can, ""]
    lines += ["## What it cannot do", "", *(f"- {sentence}" for sentence in card.cannot), ""]
    names = list(dict.fromkeys(name for values in card.figures.values() for name in values))
    lines += [f"## Figures on validation data ({card.rows} rows)", "", card.figures_note, ""]
    lines += _table(
        ("metric", *card.figures),
        [
            (name, *(_number(values[name]) if name in values else "" for values in card.figures.values()))
            for name in names
        ],
    )
    if card.examples:
        lines += ["", "## Examples from the validation data", "", *_table(card.examples[0], card.examples[1:])]
    if card.failures:
        lines += ["", "## Known failures", "", *_table(("input", "answer", "expected"), card.failures)]
    for heading, body in card.sections.items():
        lines += ["", f"## {heading}", "", *body]
    training = card.training
    lines += ["", "## Training", "", f"- Parameters: {training.parameters:,}", f"- Seed: {training.seed}"]
    lines += [f"- Time: {training.seconds / 60:.0f} minutes on {training.hardware}"]
    lines += [*([f"- {training.note}"] if training.note else []), "- Commands:", ""]
    lines += [f"      {command}" for command in card.commands]
    made_from = [*card.data, *([card.base] if card.base else [])]
    lines += [
        "",
        "## Data and licences",
        "",
        *(f"- {d.name}: {d.source}, {d.licence}. {d.attribution}" for d in made_from),
    ]
    lines += ["", "The weights are released under Apache-2.0.", ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _front_matter(card: Card) -> dict[str, Any]:
    about = card.data[0]
    task = {"type": card.task}
    results = [
        {
            "task": dict(task),  # the same object twice would become a YAML alias, which readers refuse
            "dataset": {"name": f"{about.name}, validation", "type": about.name},
            "metrics": [
                {"type": name, "name": f"{name} ({precision})", "value": value} for name, value in values.items()
            ],
        }
        for precision, values in card.figures.items()
    ]
    front: dict[str, Any] = {
        "language": list(card.languages),
        "license": "apache-2.0",
        "pipeline_tag": card.task,
        "library_name": "transformers",
        "tags": ["onnx", "starter"],
        "datasets": [data.name for data in card.data],
        "model-index": [{"name": card.title, "results": results}],
    }
    if card.base:
        front["base_model"] = card.base.name
    return front


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]


def _number(value: float) -> str:
    return f"{value:.4f}" if value <= 1 else f"{value:.2f}"
