"""Regression: a number predicted from a text, such as stars or a priority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.domain.i18n import N_
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Sample, Task
from studio.tasks._text import check_text


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.eager import open_regression

        return open_regression(spec)
    from studio.runtime.encoder import TextRegressor

    return TextRegressor(spec)


def _read(text: str) -> Inputs:
    return {"text": text}


def _gives_one_number(config: Mapping[str, Any], _pipeline_tag: str) -> bool:
    """As transformers has it: one output, and nothing that says it is a yes or no."""
    named = config.get("id2label")
    outputs = len(named) if isinstance(named, dict) else config.get("num_labels")
    return outputs == 1 and config.get("problem_type") in (None, "regression")


TASK = Task(
    id="regression",
    title=N_("Scores from text"),
    purpose=N_("Predicts a number from a text: the stars of a review, the priority of a ticket, a risk."),
    inputs=(Field("text", "text", N_("Text"), N_("Paste a review or a message")),),
    output="number",
    place=110,
    options=(),
    metrics=("mae", "rmse", "r2", "spearman"),
    samples=(
        Sample(N_("A good review"), {"text": "Arrived early, fits well, I would buy it again."}),
        Sample(N_("A bad review"), {"text": "The zip broke on the first day and nobody answers my mails."}),
    ),
    architectures=("ForSequenceClassification",),
    claims=_gives_one_number,
    export_task="text-classification",
    open=_open,
    read_text=_read,
    check=check_text,
)
