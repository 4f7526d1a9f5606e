"""Text classification: which of a fixed set of labels fits a text."""

from __future__ import annotations

from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task
from studio.tasks._text import check_text


def _open(spec: LoadSpec) -> Runner:
    if spec.backend == "pytorch":
        from studio.baseline.eager import open_classification

        return open_classification(spec)
    from studio.runtime.encoder import TextClassifier

    return TextClassifier(spec)


def _read(text: str) -> Inputs:
    return {"text": text}


TASK = Task(
    id="text-classification",
    title="Text classification",
    purpose="Sorts messages into labels you know in advance: the right support queue, the intent, the mood.",
    inputs=(Field("text", "text", "Text", "Paste a customer's message"),),
    output="labels",
    options=(
        Option("top_k", "int", None, "Labels to show", "Show only so many labels, best first.", low=1, high=1000),
    ),
    metrics=("accuracy", "macro_f1"),
    samples=(
        Sample(
            "Cancel an order",
            {"text": "I want to cancel order 4411"},
            models=("starter/support-intents-tiny", "starter/support-intents-small"),
        ),
        Sample("Refund", {"text": "Where is my refund? I sent the shoes back two weeks ago."}),
        Sample("Invoice", {"text": "could you please send me the invoice from last month"}),
    ),
    architectures=("ForSequenceClassification",),
    pipeline_tags=("sentiment-analysis",),
    export_task="text-classification",
    open=_open,
    read_text=_read,
    check=check_text,
)
