"""Text classification: which of a fixed set of labels fits a text."""

from __future__ import annotations

from studio.domain.i18n import N_
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
    title=N_("Text classification"),
    purpose=N_("Sorts messages into labels you know in advance: the right support queue, the intent, the mood."),
    inputs=(Field("text", "text", N_("Text"), N_("Paste a customer's message")),),
    output="labels",
    options=(
        Option(
            "top_k", "int", None, N_("Labels to show"), N_("Show only so many labels, best first."), low=1, high=1000
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    samples=(
        Sample(
            N_("Cancel an order"),
            {"text": "I want to cancel order 4411"},
            models=("starter/support-intents-tiny", "starter/support-intents-small"),
            answer="cancel order",
        ),
        Sample(N_("Refund"), {"text": "Where is my refund? I sent the shoes back two weeks ago."}),
        Sample(N_("Invoice"), {"text": "could you please send me the invoice from last month"}),
    ),
    architectures=("ForSequenceClassification",),
    pipeline_tags=("sentiment-analysis",),
    export_task="text-classification",
    open=_open,
    read_text=_read,
    check=check_text,
)
