"""The chapter of a report on why candidates answer as they do, from what was kept for it. Nothing runs again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.domain.characters import isolated
from studio.domain.i18n import _
from studio.domain.insight import ErrorGroup, Insights, LabelWords, PullingWord, Weighed, WordWeight
from studio.domain.report import Block, Table, Value
from studio.services.explaining_words import signed
from studio.services.insight_document import insights_document
from studio.services.insight_words import (
    WEIGHTS_METHOD,
    WORDS_METHOD,
    as_data,
    group_title,
    group_words,
    grouping_words,
    listed_words,
    weights_title,
)
from studio.services.report_material import Material

_MOST_LABELS, _MOST_WORDS, _MOST_PAIRS = 20, 5, 6


def insights(material: Material) -> list[Block]:
    """Kinds of mistakes, who gets right what another gets wrong, and words; none where nothing was kept."""
    found = material.session.kept.insights(material.scored.info.id)
    if found is None:
        return []
    blocks: list[Block] = []
    if found.groups:
        blocks.append(_groups(material, found))
    blocks += _pairs(material, found)
    if material.redact:
        return blocks
    for each in found.words:
        if each.labels and _named(material, each.candidate):
            blocks.append(_words(_named(material, each.candidate), each.candidate, each.labels))
    for weighed in found.weighed:
        if weighed.labels and _named(material, weighed.candidate):
            blocks.append(_weights(_named(material, weighed.candidate), weighed))
    return blocks


def insights_as_data(material: Material) -> dict[str, Any] | None:
    """The same as plain values; None where nothing was kept."""
    found = material.session.kept.insights(material.scored.info.id)
    return None if found is None else insights_document(found, material.scored.info, material.redact)


def _named(material: Material, candidate: int) -> str:
    """What a candidate is called; empty for one that is not there."""
    return next((each.title for each in material.scored.info.candidates if each.id == candidate), "")


def _groups(material: Material, found: Insights) -> Table:
    candidates = [each for each in material.scored.info.candidates if any(c.candidate == each.id for c in found.wrong)]
    columns = [_("Kind"), _("Rows"), *(each.title for each in candidates), _("What they have in common")]
    rows = []
    for number, group in enumerate(found.groups, 1):
        counts = [Value(f"{group.wrong_of(each.id):,}", group.wrong_of(each.id)) for each in candidates]
        title, common = group_title(group, as_data), group_words(group, found.metric, as_data)
        if material.redact:
            title, common = _quiet(number, group)
        rows.append((Value(title), Value(f"{group.rows:,}", group.rows), *counts, Value(common or "–")))
    return Table(
        "mistakes",
        _("Kinds of mistakes"),
        tuple(columns),
        tuple(rows),
        frozenset(range(1, len(columns) - 1)),
        note=grouping_words(found),
    )


def _quiet(number: int, group: ErrorGroup) -> tuple[str, str]:
    """A group without words of rows; labels are the product's own."""
    quiet = ErrorGroup("", (), group.expected, group.answered, group.confused, group.mistakes, 0, (), ())
    return _("Kind {n}").format(n=number), group_words(quiet, spelled=as_data)


def _pairs(material: Material, found: Insights) -> list[Block]:
    pairs = [p for p in found.pairs if _named(material, p.a) and _named(material, p.b)][:_MOST_PAIRS]
    if not pairs:
        return []

    def name(candidate: int) -> str:
        return _named(material, candidate)

    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            Value(name(p.a)),
            Value(name(p.b)),
            Value(f"{p.better_a:,}", p.better_a),
            Value(f"{p.better_b:,}", p.better_b),
            Value(f"{p.both:,}", p.both),
            Value("–" if found.by_degree else f"{p.neither:,}", None if found.by_degree else p.neither),
            Value(listed_words(p.words_a) or "–"),
            Value(listed_words(p.words_b) or "–"),
        )
        for p in pairs
    )
    columns: tuple[str, ...] = (
        "A",
        "B",
        _("Clearly better: A") if found.by_degree else _("Only A right"),
        _("Clearly better: B") if found.by_degree else _("Only B right"),
        _("About equal") if found.by_degree else _("Both right"),
        _("Both wrong"),
        _("Words where A stands out"),
        _("Words where B stands out"),
    )
    if material.redact or not any(p.words_a or p.words_b for p in pairs):
        rows, columns = tuple(row[:6] for row in rows), columns[:6]
    title = _("Who gets right what another gets wrong")
    return [Table("right-alone", title, columns, rows, frozenset({2, 3, 4, 5}))]


def _words(name: str, candidate: int, labels: Sequence[LabelWords]) -> Table:
    rows = tuple(
        (
            Value(as_data(label.label)),
            Value(f"{label.rows:,}", label.rows),
            Value(_counted(label.words)),
        )
        for label in labels[:_MOST_LABELS]
    )
    columns = (_("Answer"), _("Rows"), _("Words (rows with this answer / rows with the word)"))
    note = _(WORDS_METHOD)
    if len(labels) > _MOST_LABELS:
        note += " " + _("The {n} most frequent answers.").format(n=_MOST_LABELS)
    heading = _("{name}: words that go with each answer").format(name=name)
    return Table(f"words-{candidate}", heading, columns, rows, frozenset({1}), note=note)


def _counted(words: Sequence[PullingWord]) -> str:
    named = (f"{isolated(word.text)} ({word.given:,}/{word.rows:,})" for word in words[:_MOST_WORDS])
    return ", ".join(named) or "–"


def _weights(name: str, weighed: Weighed) -> Table:
    rows = tuple(
        (
            Value(label.label or _("the number")),
            Value(f"{label.rows:,}", label.rows),
            Value(_listed(label.towards)),
            Value(_listed(label.against)),
        )
        for label in weighed.labels[:_MOST_LABELS]
    )
    columns = (_("Answer"), _("Rows"), _("Speak for it"), _("Speak against it"))
    heading = weights_title(name, weighed.rows)
    return Table(f"weights-{weighed.candidate}", heading, columns, rows, frozenset({1}), note=_(WEIGHTS_METHOD))


def _listed(words: Sequence[WordWeight]) -> str:
    return ", ".join(f"{isolated(word.text)} {signed(word.weight, 2)}" for word in words[:_MOST_WORDS]) or "–"
