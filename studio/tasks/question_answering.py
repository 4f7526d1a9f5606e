"""Question answering: an answer that stands in a document, with its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.running import Inputs, LoadSpec, Runner
from studio.domain.task import Field, Option, Sample, Task
from studio.tasks._documents import sample_document

_READERS = "ForQuestionAnswering"


def _open(spec: LoadSpec) -> Runner:
    from studio.runtime.folder import read_json

    named = read_json(spec.folder, "config.json").get("architectures")
    reads = isinstance(named, list) and any(str(name).endswith(_READERS) for name in named)
    if reads and spec.backend == "pytorch":
        from studio.baseline.extractive import EagerReader

        return EagerReader(spec)
    if reads:
        from studio.runtime.extractive import ExtractiveReader

        return ExtractiveReader(spec)
    from studio.runtime.answer_sentence import SentenceAnswerer

    if spec.backend == "pytorch":
        from studio.baseline.embedding import EagerEmbedder

        return SentenceAnswerer(EagerEmbedder(spec))
    from studio.runtime.embedding import Embedder

    return SentenceAnswerer(Embedder(spec))


def _read(text: str) -> Inputs:
    """A question; its document comes from a field of its own."""
    return {"question": text, "document": ""}


def _check(inputs: Inputs) -> None:
    """Refuse a question or a document that has nothing in it.

    Raises:
        InputError: One of them is no text, empty, or made of spaces and invisible characters only.
    """
    if not _visible(inputs.get("question")):
        raise InputError(_("There is no question."), _("Ask something that the document answers."))
    if not _visible(inputs.get("document")):
        raise InputError(
            _("There is no document to look for the answer in."),
            _("Paste a text, or choose a file: TXT, MD, PDF, DOCX."),
        )


def _visible(text: object) -> bool:
    return isinstance(text, str) and any(c.isprintable() and not c.isspace() for c in text)


def _probes(_folder: Path) -> Sequence[Inputs]:
    """Questions that a conversion is compared with its original on; never changed, or recorded figures mean nothing."""
    from studio.domain.extractive import FIDELITY_DOCUMENT, FIDELITY_QUESTIONS

    return [{"question": question, "document": FIDELITY_DOCUMENT} for question in FIDELITY_QUESTIONS]


_SHOP = sample_document("shop-faq.md")
_KETTLE = sample_document("kettle-manual.md")
_TRAVEL = sample_document("travel-policy.md")
_MEMBERS = sample_document("membership-zh.md")

TASK = Task(
    id="question-answering",
    title=N_("Answers from documents"),
    purpose=N_("Finds the answer to a question in your handbook, FAQ or contract, and shows where it stands."),
    inputs=(
        Field("question", "text", N_("Question"), N_("Ask something that the document answers")),
        Field("document", "document", N_("Document"), N_("Paste a text, or drop a file: TXT, MD, PDF, DOCX")),
    ),
    output="passage",
    options=(
        Option(
            "passages",
            "int",
            5,
            N_("Passages to read"),
            N_("So many passages that suit the question best are read closely. More finds more and takes longer."),
            low=1,
            high=50,
        ),
        Option(
            "max_answer_tokens",
            "int",
            30,
            N_("Longest answer"),
            N_("For readers: the answer has at most so many tokens. Embedding models answer with a whole sentence."),
            low=1,
            high=200,
        ),
        Option(
            "least_score",
            "float",
            0.0,
            N_("Least score"),
            N_("A best answer that scores lower counts as none: better no answer than a wrong one. 0 takes any."),
            low=0,
            high=1,
        ),
        Option(
            "always_answer",
            "bool",
            False,
            N_("Always answer"),
            N_("For readers that may say that a document has no answer: take their best answer all the same."),
        ),
    ),
    metrics=("contains", "exact_match", "token_f1", "recall_at_5", "mrr"),
    samples=(
        Sample(
            N_("A refund"),
            {"question": "When do I get my money back?", "document": _SHOP},
            answer="within 7 days",
        ),
        Sample(
            N_("An error code"),
            {"question": "What does E3 on the display mean?", "document": _KETTLE},
            answer="The electronics are too hot.",
        ),
        Sample(
            N_("A hotel in Paris"),
            {"question": "How expensive may a hotel in Paris be?", "document": _TRAVEL},
            answer="220 euros",
        ),
        Sample(
            N_("Not in the document"),
            {"question": "Who founded the company?", "document": _SHOP},
        ),
        Sample(
            N_("A Chinese handbook"),
            {"question": "积分多久失效？", "document": _MEMBERS},
            answer="18 个月",
        ),
    ),
    architectures=(_READERS,),
    export_task="question-answering",
    runs_also=("feature-extraction",),
    place=40,
    probes=_probes,
    open=_open,
    read_text=_read,
    check=_check,
)
