"""The chapter of a report with explanations of single answers that someone kept for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.domain.explanation import Explanation
from studio.domain.i18n import _, ngettext
from studio.domain.kept import KeptExplanation
from studio.domain.report import Block, Shaded, Span, Table, Text, Value
from studio.services.explaining import METHOD, document_of, sentences
from studio.services.insight_words import readable
from studio.services.report_material import Material
from studio.tasks import find_task

#: Explanations that are printed, the newest, and heaviest words of each in the table of numbers.
MOST, _MOST_WORDS = 20, 12


def kept_for(material: Material) -> tuple[KeptExplanation, ...]:
    """The explanations that a report of this evaluation prints: of its rows, and of what was asked in Try."""
    kept = material.session.kept.explanations(material.task.id)
    evaluation = material.scored.info.id
    return tuple(each for each in kept if each.evaluation in (None, evaluation))[-MOST:]


def explanations(material: Material) -> list[Block]:
    """Each with its words shaded, what it says, and the numbers; none where nothing was kept."""
    kept = kept_for(material)
    if not kept:
        return []
    if material.redact:
        return [
            Text(
                ngettext(
                    "{n} explanation is left out: it quotes what users wrote.",
                    "{n} explanations are left out: they quote what users wrote.",
                    len(kept),
                ).format(n=len(kept)),
                "muted",
            )
        ]
    blocks: list[Block] = []
    for each in kept:
        blocks.append(_shaded(each))
        blocks += [Text(words) for words in sentences(each.explanation)]
    blocks.append(Text(_(METHOD), "muted"))
    blocks.append(_numbers(kept))
    return blocks


def explanations_as_data(material: Material) -> list[dict[str, Any]]:
    """The same as plain values; none where what users wrote is left out."""
    if material.redact:
        return []
    task = find_task(material.task.id)
    return [
        {**document_of(task, each.title, each.input, each.explanation), "row": each.position}
        for each in kept_for(material)
    ]


def _shaded(kept: KeptExplanation) -> Shaded:
    found = kept.explanation
    title = f"{kept.title}: {readable(found.answer)} · {score_text(found)}"
    if kept.position is not None:
        title += " · " + _("row {n}").format(n=f"{kept.position + 1:,}")
    note = _("Green, underlined: speaks for the answer. Red, dotted: against it. The deeper, the more.")
    return Shaded(title, spans_of(kept.input, found), note)


def score_text(found: Explanation) -> str:
    """The score of the answer that was explained."""
    if 0 <= found.score <= 1 and not found.answer[:1].isdigit():
        return f"{found.score * 100:.0f} %"
    return f"{found.score:.3g}"


def spans_of(text: str, found: Explanation) -> tuple[Span, ...]:
    """The text in stretches with what each did, the heaviest at 1 or −1."""
    heaviest = max((abs(weight) for weight in found.weights), default=0.0) or 1.0
    spans: list[Span] = []
    at = 0
    for part, weight in sorted(zip(found.parts, found.weights, strict=False), key=lambda pair: pair[0].start):
        # A project may be anyone's: parts that don't lie in the text are passed over.
        if not at <= part.start < part.end <= len(text):
            continue
        if part.start > at:
            spans.append(Span(text[at : part.start]))
        spans.append(Span(text[part.start : part.end], weight / heaviest))
        at = part.end
    if at < len(text):
        spans.append(Span(text[at:]))
    return tuple(spans)


def _numbers(kept: Sequence[KeptExplanation]) -> Table:
    rows = []
    for number, each in enumerate(kept, 1):
        found = each.explanation
        pairs = sorted(zip(found.parts, found.weights, strict=False), key=lambda pair: -abs(pair[1]))
        for place, (part, weight) in enumerate(pairs[:_MOST_WORDS]):
            first = place == 0
            rows.append(
                (
                    Value(str(number), number),
                    Value(each.title if first else ""),
                    Value(f"{readable(found.answer)} · {score_text(found)}" if first else ""),
                    Value(part.text),
                    Value(f"{weight:+.3f}", weight),
                )
            )
    columns = (_("No."), _("Candidate"), _("Answer"), _("Word"), _("Score without it falls by"))
    return Table("explanations", _("Numbers behind the shades"), columns, tuple(rows), frozenset({0, 4}), long=True)
