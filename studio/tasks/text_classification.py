"""Text classification: which of a fixed set of labels fits a text."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import CHOICES, Field, Option, Sample, Task
from studio.tasks._labels import is_classifier, open_by_meaning
from studio.tasks._text import check_text


def _open(spec: LoadSpec) -> Runner:
    if is_classifier(spec.folder) is False:
        return open_by_meaning(spec, CHOICES)
    if spec.backend == "pytorch":
        from studio.baseline.eager import open_classification

        return open_classification(spec)
    from studio.runtime.encoder import TextClassifier

    return TextClassifier(spec)


def _remote(spec: LoadSpec) -> Runner:
    from studio.remote.labels import RemoteClassifier

    return RemoteClassifier(spec, CHOICES)


def _read(text: str) -> Inputs:
    return {"text": text}


#: Labels differ from model to model, so an example belongs to those that were made for its kind of message.
_SUPPORT = ("starter/support-intents-tiny", "starter/support-intents-small")
_ASSISTANT = ("starter/clinc150-tiny", "starter/clinc150-minilm")
_MOOD = ("starter/sentiment-tiny", "starter/sentiment-minilm")

TASK = Task(
    id="text-classification",
    title=N_("Text classification"),
    purpose=N_("Sorts messages into labels you know in advance: the right support queue, the intent, the mood."),
    inputs=(Field("text", "text", N_("Text"), N_("Paste a customer's message")),),
    output="labels",
    place=10,
    options=(
        Option(
            CHOICES,
            "list",
            (),
            N_("Labels to choose from"),
            N_(
                "For endpoints and embedding models, which know no labels of their own: one on each line. Empty: those "
                "that the data expects. Other models know theirs."
            ),
        ),
        Option(
            "top_k", "int", None, N_("Labels to show"), N_("Show only so many labels, best first."), low=1, high=1000
        ),
    ),
    metrics=("accuracy", "macro_f1", "balanced_accuracy"),
    samples=(
        Sample(N_("Cancel an order"), {"text": "I want to cancel order 4411"}, models=_SUPPORT, answer="cancel order"),
        Sample(
            N_("Refund"),
            {"text": "I was charged twice and want my money back"},
            models=_SUPPORT,
            answer="get refund",
        ),
        Sample(
            N_("Invoice"),
            {"text": "where can I download my invoice?"},
            models=_SUPPORT,
            answer="get invoice",
        ),
        Sample(N_("Weather"), {"text": "will it rain in Paris tomorrow"}, models=_ASSISTANT, answer="weather"),
        Sample(
            N_("A card is lost"),
            {"text": "i think i left my credit card somewhere, what should i do"},
            models=_ASSISTANT,
            answer="report lost card",
        ),
        Sample(
            N_("Praise"), {"text": "The update is great, everything feels faster!"}, models=_MOOD, answer="positive"
        ),
        Sample(
            N_("A complaint"),
            {"text": "I am so disappointed, the app keeps losing my notes."},
            models=_MOOD,
            answer="negative",
        ),
    ),
    architectures=("ForSequenceClassification",),
    pipeline_tags=("sentiment-analysis",),
    export_task="text-classification",
    runs_told=("feature-extraction",),
    open=_open,
    remote=_remote,
    read_text=_read,
    check=check_text,
)
