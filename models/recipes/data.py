"""Reads the labelled data sets, and says where each comes from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from card import Data


@dataclass(frozen=True)
class DataSet:
    """Where the rows are, which columns count, and who made them.

    Attributes:
        folder: Folder under ``--data`` with ``train.csv`` and ``validation.csv``.
        text: Column with the text.
        label: Column with the label; its values become the model's labels as they are.
        about: Source and licence, for the model card.
    """

    folder: str
    text: str
    label: str
    about: Data


@dataclass(frozen=True)
class Row:
    """One labelled text; the entity is what the message names (an order number, say), empty where it names none."""

    text: str
    label: str
    entity_type: str = ""
    entity_value: str = ""


SUPPORT = DataSet(
    "intents-support",
    "utterance",
    "intent",
    Data(
        "bitext/customer-support-intent-detection-training-dataset",
        "https://github.com/bitext/customer-support-intent-detection-training-dataset",
        "CDLA-Sharing-1.0",
        "Bitext Innovations International, Inc.",
    ),
)
CLINC150 = DataSet(
    "intents-clinc150",
    "text",
    "label",
    Data(
        "clinc/oos-eval",
        "https://github.com/clinc/oos-eval",
        "CC BY 3.0",
        'Larson et al., "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction", EMNLP 2019.',
    ),
)
GOEMOTIONS = DataSet(
    "sentiment-goemotions",
    "text",
    "label",
    Data(
        "monologg/GoEmotions-pytorch",
        "https://github.com/monologg/GoEmotions-pytorch",
        "Apache-2.0",
        'Demszky et al., "GoEmotions", ACL 2020, Google Research; regrouped by monologg/GoEmotions-pytorch. '
        "Only comments with one of negative, neutral and positive are used.",
    ),
)


def read_rows(data: Path, part: DataSet, split: str) -> list[Row]:
    """The rows of one split, without empty ones."""
    with (data / part.folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Row(row[part.text], row[part.label], row.get("entity_type") or "", row.get("entity_value") or "")
            for row in csv.DictReader(file)
            if row[part.text].strip()
        ]
