"""Writes a model card: front matter that tools read, and text that people read."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import yaml

NOTICE = "Trained on little data, for trying the studio; for a product, add a model from the Hub."
_FIGURES = (
    "Printed by the training command below, on the PyTorch weights. The epoch that did best on this data is the one "
    "kept, so expect slightly less on other data."
)


@dataclass(frozen=True)
class Data:
    """A data set a model was trained on, with what its licence asks to be said."""

    name: str
    source: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Card:
    """What a card says. Every figure comes from the recipe's own run."""

    title: str
    task: str
    languages: Sequence[str]
    can: str
    cannot: Sequence[str]
    data: Sequence[Data]
    parameters: int
    command: str
    seed: int
    seconds: float
    figures: Mapping[str, float]
    examples: Sequence[tuple[str, str]]
    failures: Sequence[tuple[str, str, str]] = ()


def write_card(folder: Path, card: Card) -> None:
    """Write ``folder/README.md``."""
    metric_rows = [{"type": name, "value": round(value, 4)} for name, value in card.figures.items()]
    front = {
        "language": list(card.languages),
        "license": "apache-2.0",
        "pipeline_tag": card.task,
        "library_name": "transformers",
        "tags": ["onnx", "starter"],
        "datasets": [data.name for data in card.data],
        "metrics": list(card.figures),
        "model-index": [
            {
                "name": card.title,
                "results": [
                    {
                        "task": {"type": card.task},
                        "dataset": {"name": f"{card.data[0].name}, validation", "type": card.data[0].name},
                        "metrics": metric_rows,
                    }
                ],
            }
        ],
    }
    lines = ["---", yaml.safe_dump(front, sort_keys=False, allow_unicode=True).strip(), "---", "", f"# {card.title}", ""]
    lines += [f"**{NOTICE}**", "", card.can, "", "## What it cannot do", ""]
    lines += [f"- {sentence}" for sentence in card.cannot]
    lines += ["", "## Figures on validation data", "", _FIGURES, ""]
    lines += ["| metric | value |", "|---|---|", *(f"| {name} | {value:.4f} |" for name, value in card.figures.items())]
    if card.examples:
        lines += ["", "## Examples from the validation data", "", "| input | answer |", "|---|---|"]
        lines += [f"| {_cell(a)} | {_cell(b)} |" for a, b in card.examples]
    if card.failures:
        lines += ["", "## Known failures", "", "| input | answer | expected |", "|---|---|---|"]
        lines += [f"| {_cell(a)} | {_cell(b)} | {_cell(c)} |" for a, b, c in card.failures]
    lines += ["", "## Training", "", f"- Parameters: {card.parameters:,}", f"- Seed: {card.seed}"]
    lines += [f"- Time: {card.seconds / 60:.1f} minutes on {_hardware()}", "- Command:", "", f"      {card.command}", ""]
    lines += ["## Data and licences", ""]
    lines += [f"- {d.name}: {d.source}, {d.licence}. {d.attribution}" for d in card.data]
    lines += ["", "The weights are released under Apache-2.0.", ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return f"{torch.get_num_threads()} of {os.cpu_count()} CPU cores ({platform.machine()})"
