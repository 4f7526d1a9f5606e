"""The words of a report: its first page, what formats need around it, and text of others made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar

from studio import __version__
from studio.domain.decision import CandidateVerdict, Decision
from studio.domain.evaluation import Evaluation
from studio.domain.i18n import _
from studio.domain.report import Summary, Tone
from studio.services.evaluation_words import winner_words

T = TypeVar("T")

TONES: Mapping[str, Tone] = {"GO": "good", "NOT PROVEN": "warn", "NO-GO": "bad"}
STATE_TONES: Mapping[str, Tone] = {"met": "good", "not proven": "warn", "missed": "bad"}
#: Characters that turn the direction of what follows, or can't stand in XML; and words in an isolate that ends, which
#: turn nothing but themselves (`studio.domain.characters.isolated`).
_UNSAFE_CHARACTERS = (
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff"
)
_UNSAFE = re.compile(f"\u2068[^{_UNSAFE_CHARACTERS}]*\u2069|[{_UNSAFE_CHARACTERS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: A text longer than this is cut in every format.
_LONGEST = 4_000


def words() -> dict[str, str]:
    """What formats say themselves, in the language of now."""
    return {
        "summary": _("Summary"),
        "decision": _("Decision"),
        "why": _("Why"),
        "risks": _("Risks"),
        "next_step": _("Next step"),
        "rows": _("Rows"),
        "filter": _("Show rows that contain …"),
        "interval": _("95 % interval"),
        "more": _("Not shown here but in the Excel file: {n} more rows."),
    }


def footer(day: date) -> str:
    """Where the report comes from."""
    return _(
        "Made with Prototype Studio {version} on {date}. All models ran on this computer unless said otherwise."
    ).format(version=__version__, date=day.isoformat())


def summary_of(scored: Evaluation, decision: Decision) -> Summary:
    """The first page: what to do, why, what could go wrong, and what comes next."""
    chosen = _chosen(decision)
    if chosen is None:
        best = winner_words(scored)
        return Summary(
            _("No decision yet"),
            "warn",
            best or _("Nothing was scored yet."),
            (),
            _("Set acceptance criteria: say what good enough means."),
        )
    name = scored.candidate(chosen.candidate).title
    if not decision.criteria:
        return Summary(
            _("No decision yet"),
            "warn",
            winner_words(scored),
            chosen.risks,
            _("Set acceptance criteria: say what good enough means."),
        )
    why = [decision.recommendation.sentence] if decision.recommendation else [chosen.sentence]
    return Summary(
        f"{_(chosen.overall)}: {name}",
        TONES[chosen.overall],
        " ".join(why),
        chosen.risks,
        _next_step(chosen),
    )


def _chosen(decision: Decision) -> CandidateVerdict | None:
    """The candidate that the decision is about: the recommended one, else the one that is nearest."""
    verdicts = {each.candidate: each for each in decision.verdicts}
    if decision.recommendation and decision.recommendation.candidate is not None:
        return verdicts.get(decision.recommendation.candidate)
    order = {"GO": 0, "NOT PROVEN": 1, "NO-GO": 2}
    standing = [each.candidate for each in decision.recommendation.standings] if decision.recommendation else []

    def key(verdict: CandidateVerdict) -> tuple[int, bool, int, int]:
        place = standing.index(verdict.candidate) if verdict.candidate in standing else len(standing)
        return order[verdict.overall], verdict.further_rows is None, verdict.further_rows or 0, place

    return min(decision.verdicts, key=key, default=None)


def _next_step(verdict: CandidateVerdict) -> str:
    if verdict.overall == "GO":
        return _("Build a pilot with it, and watch the same figures on real use.")
    if verdict.overall == "NO-GO":
        return _("Try another model, or change the product so that less is asked of it.")
    if verdict.further_rows:
        return _("Evaluate about {n} more rows.").format(n=f"{verdict.further_rows:,}")
    return _("Measure what is missing, then decide.")


def clean(value: T) -> T:
    """A report whose texts are safe in every format: no control characters, no hidden turns, none endless."""
    result: T = _clean(value)
    return result


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_clean(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _clean(getattr(value, field.name)) for field in fields(value)})
    return value


def _harmless(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else "\ufffd"


def clean_text(text: str) -> str:
    """One text made safe; see `clean`."""
    text = _SURROGATE.sub("\ufffd", _UNSAFE.sub(_harmless, text)).replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text)
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST] + _(" … ({n} more characters)").format(n=f"{len(text) - _LONGEST:,}")
