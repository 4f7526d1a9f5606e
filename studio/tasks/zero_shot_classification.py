"""Zero-shot classification: which of the labels that a person types fits a text, without any training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.domain.i18n import N_
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task
from studio.tasks._labels import is_classifier, open_by_meaning
from studio.tasks._text import check_text

_ID = "zero-shot-classification"


def _open(spec: LoadSpec) -> Runner:
    if not is_classifier(spec.folder):
        return open_by_meaning(spec, "labels")
    if spec.backend == "pytorch":
        from studio.baseline.zero_shot import EagerEntailment

        return EagerEntailment(spec)
    from studio.runtime.zero_shot_nli import EntailmentClassifier

    return EntailmentClassifier(spec)


def _remote(spec: LoadSpec) -> Runner:
    from studio.remote.labels import RemoteClassifier

    return RemoteClassifier(spec, "labels")


def _claims(config: Mapping[str, Any], pipeline_tag: str) -> bool:
    """A classifier whose card says so; without a card, one that tells entailment."""
    if pipeline_tag:
        return pipeline_tag == _ID
    named = config.get("id2label")
    return isinstance(named, dict) and any(str(label).lower().startswith("entail") for label in named.values())


def _read(text: str) -> Inputs:
    return {"text": text}


_QUEUES = ("money back", "delivery", "account and password", "praise")
_CAUSES = ("technical problem", "question about prices", "delivery", "praise")
_WISHES = ("payment", "delivery", "the app", "praise")

TASK = Task(
    id=_ID,
    title=N_("Your own labels"),
    purpose=N_("Sorts texts into labels that you type, without any training or examples."),
    inputs=(Field("text", "text", N_("Text"), N_("Paste a customer's message")),),
    output="labels",
    options=(
        Option(
            "labels",
            "list",
            (),
            N_("Labels"),
            N_("What a text may be about, one on each line: a few plain words each, in the language of the model."),
            advanced=False,
        ),
        Option(
            "multi_label",
            "bool",
            False,
            N_("Several may fit"),
            N_("Score each label by itself, so that several or none can fit, instead of all against each other."),
            advanced=False,
        ),
        Option(
            "hypothesis_template",
            "text",
            "",
            N_("Sentence for labels"),
            N_(
                "Each label is put into this sentence where {} stands. Empty for the usual one: “This example is {}.” "
                "for models made for this, the bare label for embedding models."
            ),
        ),
        Option(
            "top_k", "int", None, N_("Labels to show"), N_("Show only so many labels, best first."), low=1, high=1000
        ),
    ),
    metrics=("accuracy", "macro_f1", "balanced_accuracy"),
    samples=(
        Sample(
            N_("Which queue"),
            {"text": "I sent the shoes back two weeks ago and still have not been paid."},
            options={"labels": _QUEUES},
            answer="money back",
        ),
        Sample(
            N_("What it is about"),
            {"text": "Since the update the app crashes whenever I open my basket."},
            options={"labels": _CAUSES},
            answer="technical problem",
        ),
        Sample(
            N_("Two things at once"),
            {"text": "I was charged twice and the parcel has not come yet."},
            options={"labels": _WISHES, "multi_label": True},
            answer="payment, delivery",
        ),
    ),
    architectures=("ForSequenceClassification",),
    claims=_claims,
    runs_also=("feature-extraction",),
    export_task="text-classification",
    open=_open,
    remote=_remote,
    read_text=_read,
    check=check_text,
    place=60,
)
