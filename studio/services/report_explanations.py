"""The chapter of a report with explanations of single answers that someone kept for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studio.domain.explanation import Explanation, Kind, Step
from studio.domain.i18n import _, ngettext
from studio.domain.kept import KeptExplanation
from studio.domain.report import Block, Facts, Picture, Shaded, Span, Table, Text, Value
from studio.services.explaining_document import document_of
from studio.services.explaining_words import method_words, sentences, signed
from studio.services.explanation_map import drawn_map
from studio.services.report_material import Material
from studio.tasks import find_task

#: Explanations that are printed, the newest; words of each that its table of numbers has, written words, sentences.
MOST, _MOST_WORDS, _MOST_STEPS, _MOST_PASSAGES = 20, 12, 60, 10
#: Source words told for each written word, and other tokens that could have stood there.
_LEANED_ON, _ALTERNATIVES = 3, 3
_LONGEST_PASSAGE, _LONGEST_ANSWER = 300, 60
#: Tokens less likely than this are no alternative.
_LEAST_LIKELY = 0.01


def kept_for(material: Material) -> tuple[KeptExplanation, ...]:
    """The explanations that a report of this evaluation prints: of its rows, and of what was asked in Try."""
    kept = material.session.kept.explanations(material.task.id)
    evaluation = material.scored.info.id
    return tuple(each for each in kept if each.evaluation in (None, evaluation))[-MOST:]


def explanations(material: Material) -> list[Block]:
    """Each with what it shows, what it says, how it was found, and the numbers; none where nothing was kept."""
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
    for number, each in enumerate(kept, 1):
        title = f"{number}. {_title(each, _expected(material, each))}"
        blocks += _SHOWN[each.explanation.kind](title, f"explained-{number}", each)
        blocks += [Text(words) for words in sentences(each.explanation, str)]
    methods = dict.fromkeys(method_words(each.explanation) for each in kept)
    blocks += [Text(words, "muted") for words in methods]
    numbers = _numbers(kept)
    return [*blocks, numbers] if numbers.rows else blocks


def explanations_as_data(material: Material) -> list[dict[str, Any]]:
    """The same as plain values; none where what users wrote is left out."""
    if material.redact:
        return []
    task = find_task(material.task.id)
    return [
        {**document_of(task, each.title, each.input, each.explanation), "row": each.position}
        for each in kept_for(material)
    ]


# -- titles ----------------------------------------------------------------------------------------------------------


def score_text(found: Explanation) -> str:
    """The score of the answer that was explained; empty where the answer is a number itself."""
    if found.kind == "words" and found.answer[:1].isdigit():
        return ""
    return f"{found.score * 100:.0f} %" if 0 <= found.score <= 1 else f"{found.score:.3g}"


def _title(kept: KeptExplanation, expected: str) -> str:
    answer = _cut(kept.explanation.answer, _LONGEST_ANSWER) or _("no answer")
    parts = [f"{kept.title}: {answer}" if kept.explanation.kind != "steps" else kept.title]
    parts.append(score_text(kept.explanation))
    if kept.position is not None:
        parts.append(_("row {n}").format(n=f"{kept.position + 1:,}"))
    if expected:
        parts.append(_("expected: {answer}").format(answer=_cut(expected, _LONGEST_ANSWER)))
    return " · ".join(part for part in parts if part)


def _expected(material: Material, kept: KeptExplanation) -> str:
    """The answer that was expected of the row it is about; empty where that is not known."""
    info = material.scored.info
    reference = info.settings.mapping.reference
    if kept.position is None or kept.evaluation != info.id or reference not in info.dataset.columns:
        return ""
    rows = material.session.datasets.rows(info.dataset.id, [kept.position])
    return rows[0].cells[info.dataset.columns.index(reference)].strip() if rows else ""


# -- what is shown -----------------------------------------------------------------------------------------------------


def _words(title: str, _id: str, kept: KeptExplanation) -> list[Block]:
    note = _("Green, underlined: speaks for the answer. Red, dotted: against it. The deeper, the more.")
    return [Shaded(title, spans_of(kept.explanation.text or kept.input, kept.explanation), note)]


def spans_of(text: str, found: Explanation) -> tuple[Span, ...]:
    """The text in stretches with what each did, the heaviest at 1 or −1."""
    heaviest = max((abs(weight) for weight in found.weights), default=0.0) or 1.0
    pairs = zip(found.parts, found.weights, strict=True)
    return _spans(text, [(part.start, part.end, weight / heaviest) for part, weight in pairs])


def _spans(text: str, stretches: Sequence[tuple[int, int, float]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    at = 0
    for start, end, weight in sorted(stretches):
        # A project may be anyone's: what does not lie in the text is passed over.
        if not at <= start < end <= len(text):
            continue
        if start > at:
            spans.append(Span(text[at:start]))
        spans.append(Span(text[start:end], weight))
        at = end
    if at < len(text):
        spans.append(Span(text[at:]))
    return tuple(spans)


def _steps(title: str, name: str, kept: KeptExplanation) -> list[Block]:
    found = kept.explanation
    note = _("Red, dotted: words that it was not sure of. The deeper, the less sure.")
    unsure = [(step.start, step.end, step.probability - 1) for step in found.steps]
    rows = tuple(
        (
            Value(step.text),
            Value(f"{step.probability * 100:.0f} %", step.probability),
            Value(_alternatives(step)),
            Value(_leaned_on(found, step)),
        )
        for step in found.steps[:_MOST_STEPS]
    )
    columns = (_("Word"), _("How likely"), _("Could have been"), _("Leaned on most"))
    shown: list[Block] = [Shaded(title, _spans(found.answer, unsure), note)]
    return [*shown, Table(name, "", columns, rows, frozenset({1}), long=True)] if rows else shown


def _alternatives(step: Step) -> str:
    """What else could have stood where the word was least sure."""
    written = [token for token in step.tokens if token.text.strip()]
    token = min(written, key=lambda each: each.probability, default=None)
    if token is None:
        return "–"
    others = [
        each
        for each in token.alternatives
        if each.probability >= _LEAST_LIKELY and each.text.strip() not in ("", token.text.strip())
    ]
    said = (f"{each.text.strip()} {each.probability * 100:.0f} %" for each in others[:_ALTERNATIVES])
    return ", ".join(said) or "–"


def _leaned_on(found: Explanation, step: Step) -> str:
    pairs = sorted(zip(found.parts, step.weights, strict=True), key=lambda pair: -pair[1])
    said = [f"{part.text} {signed(weight, 2)}" for part, weight in pairs[:_LEANED_ON] if weight > 0]
    return ", ".join(said) or "–"


def _picture(title: str, _id: str, kept: KeptExplanation) -> list[Block]:
    found = kept.explanation
    note = _("Green: without this part the score falls. Red: without it the score rises. The deeper, the more.")
    data = drawn_map(found)
    return [Picture(title, data, note)] if data else [Text(title)]


def _passages(title: str, name: str, kept: KeptExplanation) -> list[Block]:
    found = kept.explanation
    rows = tuple(
        (
            Value(_cut(each.text)),
            Value(f"{each.score:.3f}", each.score),
            Value(_("yes") if each.chosen else ""),
            Value(_cut(each.answer_without) or _("no answer")),
            Value(f"{each.score_without:.3f}", each.score_without),
        )
        for each in found.considered[:_MOST_PASSAGES]
    )
    columns = (_("Sentence looked at"), _("Score"), _("Answer stands there"), _("Answer without it"), _("Its score"))
    asked = Facts(((_("Question"), Value(_cut(kept.input))), (_("Answer"), Value(_cut(found.answer)))))
    return [asked, Table(name, title, columns, rows, frozenset({1, 4}))]


def _cut(text: str, most: int = _LONGEST_PASSAGE) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


_SHOWN: Mapping[Kind, Callable[[str, str, KeptExplanation], list[Block]]] = {
    "words": _words,
    "search": _words,
    "steps": _steps,
    "picture": _picture,
    "passages": _passages,
}


def _numbers(kept: Sequence[KeptExplanation]) -> Table:
    """The weights behind shades and maps, in one table for spreadsheets."""
    rows = []
    for number, each in enumerate(kept, 1):
        found = each.explanation
        if found.kind in ("steps", "passages"):
            continue
        for line, place in enumerate(found.heaviest[:_MOST_WORDS]):
            weight, first = found.weights[place], line == 0
            answer = " · ".join(part for part in (found.answer or _("no answer"), score_text(found)) if part)
            rows.append(
                (
                    Value(str(number), number),
                    Value(each.title if first else ""),
                    Value(answer if first else ""),
                    Value(found.parts[place].text),
                    Value(signed(weight, 3), weight),
                )
            )
    columns = (_("No."), _("Candidate"), _("Answer"), _("Part"), _("Score without it falls by"))
    return Table("explanations", _("Numbers behind the shades"), columns, tuple(rows), frozenset({0, 4}), long=True)
