"""A model whose answers follow from the text, and which crashes or refuses where the text says so."""

from __future__ import annotations

import json
import os
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.domain.errors import InputError
from studio.domain.prediction import Labels, LabelScore, LabelTable, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement, Runner

LABELS = ("long", "short")


class Fickle:
    """Says whether a text is long. ``CRASH`` ends the process, ``REFUSE`` is an error, ``SLOW`` takes a second."""

    placement = Placement("CPUExecutionProvider", ("CPUExecutionProvider",))

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        long = self._score(inputs["text"])
        scores = sorted((LabelScore("long", long), LabelScore("short", 1 - long)), key=lambda s: -s.score)
        return Prediction(Labels(tuple(scores)), Timing(0.001))

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable:
        numbers = array("f")
        for inputs in batch:
            long = self._score(inputs["text"])
            numbers.extend((long, 1 - long))
        return LabelTable(LABELS, numbers.tobytes())

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        return tuple(len(inputs["text"]) for inputs in batch)

    def _score(self, text: str) -> float:
        if "CRASH" in text:
            os._exit(7)
        if "REFUSE" in text:
            raise InputError("This can't be read.")
        if "SLOW" in text:
            time.sleep(1)
        return 0.75 if len(text) > 12 else 0.25


def open_fickle(spec: LoadSpec) -> Runner:
    """Opened inside a worker process."""
    return Fickle()


def write_model(folder: Path) -> None:
    """A folder that the library takes for a ready classifier."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").write_bytes(b"x")
    config = {
        "model_type": "bert",
        "architectures": ["BertForSequenceClassification"],
        "id2label": dict(enumerate(LABELS)),
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
