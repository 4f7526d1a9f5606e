"""Chapters of a report on what was decided: criteria with verdicts, the recommendation, the product brief."""

from __future__ import annotations

from studio.decision.questions import questions_for
from studio.domain.decision import Criterion
from studio.domain.i18n import N_, _
from studio.domain.report import Block, Facts, Table, Text, Tone, Value
from studio.services.deciding import describe
from studio.services.report_material import Material
from studio.services.report_words import STATE_TONES, TONES


def verdicts(material: Material) -> list[Block]:
    decision, scored = material.decision, material.scored
    if not decision.criteria:
        return []
    shown = describe()
    blocks: list[Block] = [
        Table(
            "verdicts",
            "",
            (_("Candidate"), _("Verdict"), _("Why")),
            tuple(
                (
                    Value(scored.candidate(each.candidate).title),
                    Value(_(each.overall), None, TONES[each.overall]),
                    Value(each.sentence),
                )
                for each in decision.verdicts
            ),
        )
    ]
    columns = [_("Criterion"), _("Asked for"), _("Weight")]
    columns += [scored.candidate(each.candidate).title for each in decision.verdicts]
    rows = []
    for number, criterion in enumerate(decision.criteria):
        cells = [Value(_criterion_title(criterion)), Value(_asked(criterion)), Value(_(criterion.weight))]
        for verdict in decision.verdicts:
            judged = verdict.criteria[number]
            value = shown(criterion.metric).text(judged.estimate.value) if judged.estimate else "–"
            cells.append(Value(f"{value} · {_(judged.state)}", None, STATE_TONES[judged.state]))
        rows.append(tuple(cells))
    blocks.append(Table("criteria", _("Criteria"), tuple(columns), tuple(rows)))
    if decision.changes:
        blocks.append(_changes(material))
    return blocks


def _changes(material: Material) -> Table:
    rows = []
    for change in material.decision.changes:
        known = change.after or change.before
        assert known is not None
        rows.append(
            (
                Value(change.at.strftime("%Y-%m-%d %H:%M")),
                Value(_criterion_title(known)),
                Value(_asked(change.before) if change.before else _("not there")),
                Value(_asked(change.after) if change.after else _("removed")),
            )
        )
    return Table(
        "changes",
        _("Changed after results were there"),
        (_("When (UTC)"), _("Criterion"), _("Before"), _("After")),
        tuple(rows),
    )


def _criterion_title(criterion: Criterion) -> str:
    title = describe()(criterion.metric).title
    if criterion.slice is None:
        return title
    return f"{title} ({criterion.slice.column} = {criterion.slice.value})"


def _asked(criterion: Criterion) -> str:
    text = describe()(criterion.metric).text(criterion.threshold)
    words = _("at least {value}") if criterion.direction == "at least" else _("at most {value}")
    asked = words.format(value=text)
    if criterion.minimum_rows:
        asked += ", " + _("on {n} rows or more").format(n=f"{criterion.minimum_rows:,}")
    return asked


def ranking(material: Material) -> list[Block]:
    recommendation, scored = material.decision.recommendation, material.scored
    if recommendation is None or len(recommendation.standings) < 2:
        return []
    rows = []
    for place, standing in enumerate(recommendation.standings, start=1):
        by = standing.dominated_by
        rows.append(
            (
                Value(str(place), place),
                Value(scored.candidate(standing.candidate).title),
                Value(f"{standing.score:.2f}", standing.score),
                Value(f"{standing.first_share * 100:.0f} %", standing.first_share),
                Value("–" if by is None else scored.candidate(by).title),
            )
        )
    weights = ", ".join(f"{_(_AXES[axis])} {weight * 100:.0f} %" for axis, weight in recommendation.weights.items())
    return [
        Text(recommendation.sentence),
        Table(
            "ranking",
            "",
            (_("Place"), _("Candidate"), _("Score"), _("First when weights move"), _("Beaten on every axis by")),
            tuple(rows),
            frozenset({0, 2, 3}),
            note=_("Weights: {weights}.").format(weights=weights),
        ),
    ]


_AXES = {"quality": N_("quality"), "latency": N_("latency"), "memory": N_("memory"), "cost": N_("cost")}


def brief(material: Material) -> list[Block]:
    brief = material.decision.brief
    questions = questions_for(material.task.id)
    texts = tuple(
        (_(question.question), Value(brief.answers[question.id]))
        for question in questions
        if question.kind == "text" and brief.answers.get(question.id)
    )
    blocks: list[Block] = [Facts(texts)] if texts else []
    checks = []
    for question in questions:
        answer, note = brief.answers.get(question.id, ""), brief.notes.get(question.id, "")
        if question.kind == "check" and (answer or note):
            tone: Tone = "good" if answer == "yes" else "bad" if answer == "no" else "warn"
            said = {"yes": _("yes"), "no": _("no")}.get(answer, _("open"))
            checks.append((Value(_(question.question)), Value(said, None, tone), Value(note)))
    if checks:
        blocks.append(Table("checklist", _("Checklist"), (_("Question"), _("Answer"), _("Note")), tuple(checks)))
    return blocks
