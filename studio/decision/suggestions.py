"""Where to begin: criteria and briefs for common products. Numbers are a start to argue about, not advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.decision.verdict import COST, CRITICAL_ROWS, ERROR_RATE
from studio.domain.decision import Criterion, Direction, Weight
from studio.domain.i18n import N_


@dataclass(frozen=True)
class Template:
    """A product that many build.

    Attributes:
        id: Key.
        task: Task id.
        title: What a person reads (marked with ``N_``).
        answers: Answers of the brief by question id (marked with ``N_``).
        criteria: What good enough could mean.
    """

    id: str
    task: str
    title: str
    answers: Mapping[str, str] = field(default_factory=dict)
    criteria: tuple[Criterion, ...] = ()


def _criterion(
    metric: str, direction: Direction, threshold: float, weight: Weight = "must", minimum_rows: int = 0
) -> Criterion:
    return Criterion(f"{metric}-{weight}", metric, direction, threshold, weight, None, minimum_rows)


_SPEED = (
    _criterion("latency_p95_s", "at most", 0.5, "should"),
    _criterion("peak_memory_mb", "at most", 2000, "should"),
)
_ANY = (_criterion(ERROR_RATE, "at most", 0.01), *_SPEED)
_SUGGESTED: Mapping[str, tuple[Criterion, ...]] = {
    "text-classification": (
        _criterion("accuracy", "at least", 0.85, minimum_rows=200),
        _criterion("macro_f1", "at least", 0.8, "should"),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        _criterion("ece", "at most", 0.1, "should"),
        *_SPEED,
    ),
    "translation": (
        _criterion("chrf", "at least", 50, minimum_rows=100),
        _criterion("bleu", "at least", 30, "should"),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        _criterion("latency_p95_s", "at most", 2.0, "should"),
        _criterion("peak_memory_mb", "at most", 2000, "should"),
    ),
    "chat": (
        _criterion("rouge_l", "at least", 0.4, minimum_rows=100),
        _criterion(ERROR_RATE, "at most", 0.01),
        _criterion("ttft_p50_s", "at most", 1.0),
        _criterion("decode_tokens_per_s", "at least", 10, "should"),
        _criterion("peak_memory_mb", "at most", 4000, "should"),
    ),
    "text-generation": (
        _criterion("rouge_l", "at least", 0.4, minimum_rows=100),
        _criterion(ERROR_RATE, "at most", 0.01),
        _criterion("ttft_p50_s", "at most", 1.0, "should"),
        _criterion("peak_memory_mb", "at most", 4000, "should"),
    ),
    "zero-shot-classification": (
        _criterion("accuracy", "at least", 0.75, minimum_rows=200),
        _criterion("macro_f1", "at least", 0.7, "should"),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        *_SPEED,
    ),
    "question-answering": (
        _criterion("contains", "at least", 0.7, minimum_rows=100),
        _criterion("recall_at_5", "at least", 0.9, "should"),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        _criterion("latency_p95_s", "at most", 1.0, "should"),
        _criterion("peak_memory_mb", "at most", 2000, "should"),
    ),
    "feature-extraction": (
        _criterion("recall_at_5", "at least", 0.8, minimum_rows=100),
        _criterion("mrr", "at least", 0.6, "should"),
        *_SPEED,
    ),
    "regression": (
        _criterion("spearman", "at least", 0.7, minimum_rows=100),
        _criterion("mae", "at most", 0.5, "should"),
        *_SPEED,
    ),
    "image-classification": (
        _criterion("accuracy", "at least", 0.85, minimum_rows=200),
        _criterion("balanced_accuracy", "at least", 0.8, "should"),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        *_SPEED,
    ),
    "zero-shot-image-classification": (
        _criterion("accuracy", "at least", 0.75, minimum_rows=200),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        *_SPEED,
    ),
    "automatic-speech-recognition": (
        _criterion("wer", "at most", 0.1, minimum_rows=100),
        _criterion("real_time_factor", "at most", 0.5),
        _criterion(CRITICAL_ROWS, "at least", 1.0),
        _criterion("peak_memory_mb", "at most", 2000, "should"),
    ),
}

TEMPLATES: tuple[Template, ...] = (
    Template(
        "support-triage",
        "text-classification",
        N_("Support triage"),
        {
            "problem": N_("Messages to support wait in one inbox until somebody sorts them by hand."),
            "users": N_("Support agents, who find each message in the queue of their team."),
            "why_ai": N_("People word the same wish in many ways; rules by keyword miss them or catch the wrong ones."),
            "wrong_cost": N_("A message in the wrong queue waits longer; an urgent one may be seen too late."),
            "wrong_seen": N_("The agent who opens it, within the hour."),
            "fallback": N_("Below the agreed confidence, the message goes to the inbox that people read."),
        },
        (
            _criterion("accuracy", "at least", 0.9, minimum_rows=300),
            _criterion(CRITICAL_ROWS, "at least", 1.0),
            _criterion("macro_f1", "at least", 0.85, "should"),
            _criterion("latency_p95_s", "at most", 0.2, "should"),
        ),
    ),
    Template(
        "support-chat",
        "chat",
        N_("Support chat"),
        {
            "problem": N_("Customers ask the same questions at all hours, and wait for an agent."),
            "users": N_("Customers on the website, directly."),
            "why_ai": N_("Questions come in free text; a list of answers is not found or not read."),
            "wrong_cost": N_("A wrong promise about money or delivery costs trust, and may have to be kept."),
            "wrong_seen": N_("The customer, at once; we, only if conversations are read."),
            "fallback": N_("After two answers that did not help, or on request, a person takes over."),
        },
        (
            _criterion("rouge_l", "at least", 0.5, minimum_rows=200),
            _criterion(ERROR_RATE, "at most", 0.01),
            _criterion(CRITICAL_ROWS, "at least", 1.0),
            _criterion("ttft_p50_s", "at most", 1.0),
        ),
    ),
    Template(
        "localisation",
        "translation",
        N_("Localisation"),
        {
            "problem": N_("Product texts appear in other languages weeks after the original."),
            "users": N_("Translators, who correct a draft instead of beginning with nothing."),
            "why_ai": N_("Whole sentences have to be translated; a dictionary of terms alone is no draft."),
            "wrong_cost": N_("A wrong number or unit in a description leads to returns."),
            "wrong_seen": N_("The translator, before it is published."),
            "fallback": N_("A translator reads every text; texts with legal force are not translated by machine."),
        },
        (
            _criterion("chrf", "at least", 55, minimum_rows=200),
            _criterion(CRITICAL_ROWS, "at least", 1.0),
            _criterion("latency_p95_s", "at most", 3.0, "should"),
        ),
    ),
)


def suggested_criteria(task: str) -> tuple[Criterion, ...]:
    """Criteria to begin with for a use case."""
    return _SUGGESTED.get(task, _ANY)


def templates_for(task: str) -> tuple[Template, ...]:
    """Products of a use case that many build."""
    return tuple(template for template in TEMPLATES if template.task == task)


#: Figures that only criteria have, with the format of their values.
OWN_FIGURES = (CRITICAL_ROWS, ERROR_RATE, COST)
