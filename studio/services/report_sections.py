"""The chapters of a report from what the project holds: what was decided, the evidence, and how to do it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.decision.questions import questions_for
from studio.domain.decision import Criterion, Decision
from studio.domain.evaluation import CandidateScores, Evaluation
from studio.domain.i18n import N_, _
from studio.domain.metric import Estimate
from studio.domain.report import Block, Chart, Facts, Point, Table, Text, Tone, Value
from studio.domain.task import Task
from studio.services.deciding import describe, money
from studio.services.evaluation_figures import evaluation_figure, interval_text
from studio.services.evaluation_standing import best
from studio.services.evaluation_words import pair_words, winner_words
from studio.services.figures import seconds
from studio.services.licences import licence_light
from studio.services.project_session import ProjectSession
from studio.services.report_words import STATE_TONES, TONES

_MOST_LABELS, _MOST_CONFUSIONS = 30, 15


@dataclass(frozen=True)
class Material:
    """What sections are made of.

    Attributes:
        session: The project.
        task: The use case.
        scored: The evaluation.
        decision: What is decided about it.
        models: What is known of its models (`studio.services.report_models`).
    """

    session: ProjectSession
    task: Task
    scored: Evaluation
    decision: Decision
    models: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class SectionPlan:
    """A chapter.

    Attributes:
        id: What it is chosen by.
        title: Heading (marked with ``N_``).
        build: Its blocks; none where there is nothing to say.
    """

    id: str
    title: str
    build: Callable[[Material], list[Block]]


# -- decision ------------------------------------------------------------------------------------------------------


def _verdicts(material: Material) -> list[Block]:
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


def _ranking(material: Material) -> list[Block]:
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


def _brief(material: Material) -> list[Block]:
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


# -- evidence ------------------------------------------------------------------------------------------------------

_SPEED = (
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "ttft_p50_s",
    "rows_per_s",
    "decode_tokens_per_s",
    "peak_memory_mb",
    "energy_wh_per_1000",
)


def _metrics(material: Material) -> list[Block]:
    scored = material.scored
    if not scored.scores or not scored.headline:
        return []
    figure = evaluation_figure(scored.headline)
    percent = figure.most == 1.0
    points = tuple(
        Point(_title(scored, each), estimate.value, estimate.low, estimate.high)
        for each in scored.scores
        if (estimate := each.metrics.get(scored.headline)) is not None
    )
    words = winner_words(scored)
    blocks: list[Block] = [Text(words)] if words else []
    blocks.append(
        Chart(
            "headline",
            "bars",
            f"{_(figure.title)} ({_(figure.term)})",
            _(figure.title),
            points,
            percent=percent,
            note=_("The line across the end of a bar is the 95 % interval."),
        )
    )
    blocks.append(_figures(scored, scored.metrics, "metrics", _("Quality")))
    return blocks


def _speed(material: Material) -> list[Block]:
    scored = material.scored
    known = tuple(key for key in _SPEED if any(key in each.speed for each in scored.scores))
    if not known:
        return []
    blocks: list[Block] = []
    plane = _plane(scored)
    if plane is not None:
        blocks.append(plane)
    blocks.append(_figures(scored, known, "speed", _("Speed and memory")))
    return blocks


def _plane(scored: Evaluation) -> Chart | None:
    if not scored.headline:
        return None
    figure = evaluation_figure(scored.headline)
    points = []
    for each in scored.scores:
        quality = each.metrics.get(scored.headline)
        latency = each.speed.get("latency_p95_s") or each.speed.get("latency_p50_s")
        memory = each.speed.get("peak_memory_mb")
        if quality is not None and latency is not None:
            points.append(
                Point(
                    _title(scored, each),
                    quality.value,
                    quality.low,
                    quality.high,
                    latency.value * 1000,
                    memory.value if memory else None,
                    each.candidate in scored.pareto,
                )
            )
    if len(points) < 2:
        return None
    return Chart(
        "trade-off",
        "plane",
        _("Quality against speed"),
        _(figure.title),
        tuple(points),
        _("p95 latency, ms"),
        figure.most == 1.0,
        _("Higher is better, left is faster, larger needs more memory. Filled: none is better in all three."),
    )


def _figures(scored: Evaluation, keys: tuple[str, ...], table: str, title: str) -> Table:
    columns = [_("Figure")]
    for each in scored.scores:
        columns += [_title(scored, each), _("95 % interval")]
    rows = []
    for key in keys:
        figure, leader = evaluation_figure(key), best(scored, key)
        cells = [Value(f"{_(figure.title)} ({_(figure.term)})")]
        for each in scored.scores:
            estimate = {**each.metrics, **each.speed}.get(key)
            cells += _estimate(estimate, key, leader == each.candidate)
        rows.append(tuple(cells))
    numeric = frozenset(range(1, len(columns)))
    return Table(table, title, tuple(columns), tuple(rows), numeric)


def _estimate(estimate: Estimate | None, key: str, leads: bool) -> list[Value]:
    if estimate is None:
        return [Value("–"), Value("")]
    figure = evaluation_figure(key)
    return [
        Value(figure.text(estimate.value), estimate.value, "good" if leads else ""),
        Value(interval_text(figure, estimate), None, "muted"),
    ]


def _comparisons(material: Material) -> list[Block]:
    scored = material.scored
    shown = [pair for pair in scored.comparisons if pair.metric in (scored.headline, "latency_p50_s")]
    if not shown:
        return []
    rows = []
    named = (*material.task.metrics, "latency_p50_s", "latency_p95_s")
    for pair in (pair for pair in scored.comparisons if pair.metric in named):
        figure = evaluation_figure(pair.metric)
        winner = scored.candidate(pair.winner).title if pair.winner is not None else _("no clear winner")
        rows.append(
            (
                Value(_(figure.title)),
                Value(scored.candidate(pair.a).title),
                Value(scored.candidate(pair.b).title),
                Value(figure.difference(pair.difference), pair.difference),
                Value(_("{low} to {high}").format(low=figure.difference(pair.low), high=figure.difference(pair.high))),
                Value(f"{pair.p_adjusted:.3g}", pair.p_adjusted),
                Value(f"{pair.n:,}", pair.n),
                Value(winner, None, "good" if pair.winner is not None else "muted"),
                Value(f"{pair.further_rows:,}" if pair.further_rows else "–", pair.further_rows),
            )
        )
    columns = (
        _("Figure"),
        "A",
        "B",
        "A − B",
        _("95 % interval"),
        _("p (Holm)"),
        _("Rows"),
        _("Better"),
        _("More rows to tell"),
    )
    blocks: list[Block] = [Text(pair_words(scored, pair)) for pair in shown]
    note = _("Tested on the same rows: exact McNemar for shares, paired bootstrap for others; Holm over all pairs.")
    blocks.append(Table("comparisons", "", columns, tuple(rows), frozenset({3, 5, 6, 8}), note=note))
    return blocks


def _groups(material: Material) -> list[Block]:
    scored = material.scored
    keys = list(dict.fromkeys(key for each in scored.scores for key in each.slices))
    if not keys or not scored.headline:
        return []
    figure = evaluation_figure(scored.headline)
    columns = [_("Group"), _("Rows")]
    for each in scored.scores:
        columns += [_title(scored, each), _("95 % interval")]
    rows = []
    for key in keys:
        known = [each.slices.get(key, {}).get(scored.headline) for each in scored.scores]
        n = max((estimate.n for estimate in known if estimate), default=0)
        cells = [Value(f"{key.column} = {key.value or '–'}"), Value(f"{n:,}", n)]
        for estimate in known:
            cells += _estimate(estimate, scored.headline, False)
        rows.append(tuple(cells))
    return [Table("groups", _(figure.title), tuple(columns), tuple(rows), frozenset(range(1, len(columns))))]


def _errors(material: Material) -> list[Block]:
    """Where classifiers are wrong: labels mixed up most often, and whether confidence can be trusted."""
    blocks: list[Block] = []
    for each in material.scored.scores:
        wrong = [(a, b, n) for a, b, n in each.confusion if a != b][:_MOST_CONFUSIONS]
        title = _title(material.scored, each)
        if wrong:
            rows = tuple((Value(a), Value(b or _("no answer")), Value(str(n), n)) for a, b, n in wrong)
            columns = (_("Expected"), _("Answered"), _("Rows"))
            heading = _("{name}: mixed up most often").format(name=title)
            blocks.append(Table(f"confusions-{each.candidate}", heading, columns, rows, frozenset({2})))
        if each.reliability:
            points = tuple(
                Point(f"{b.low:.1f}–{b.high:.1f}", b.accuracy, None, None, b.confidence, b.n) for b in each.reliability
            )
            blocks.append(
                Chart(
                    f"reliability-{each.candidate}",
                    "reliability",
                    _("{name}: confidence").format(name=title),
                    _("Share right"),
                    points,
                    _("How sure it says it is"),
                    True,
                    _("On the line, it is right as often as it says; below it, it is too sure of itself."),
                )
            )
    return blocks


def _labels(material: Material) -> list[Block]:
    blocks: list[Block] = []
    for each in material.scored.scores:
        if not each.labels:
            continue
        rows = tuple(
            (
                Value(label.label),
                _share(label.precision),
                _share(label.recall),
                _share(label.f1),
                Value(str(label.support), label.support),
            )
            for label in each.labels[:_MOST_LABELS]
        )
        columns = (_("Label"), _("precision"), _("recall"), "F1", _("Rows"))
        note = _("The {n} most frequent labels.").format(n=_MOST_LABELS) if len(each.labels) > _MOST_LABELS else ""
        heading = _("{name}: by label").format(name=_title(material.scored, each))
        blocks.append(Table(f"labels-{each.candidate}", heading, columns, rows, frozenset({1, 2, 3, 4}), note=note))
    return blocks


def _share(value: float | None) -> Value:
    return Value("–") if value is None else Value(f"{value * 100:.1f} %", value)


# -- running it ----------------------------------------------------------------------------------------------------


def _sizing(material: Material) -> list[Block]:
    decision, scored = material.decision, material.scored
    if not decision.sizing:
        return []
    rows = []
    for each in decision.sizing:
        cost = each.cost_per_1000
        priced = 0 < cost.value < float("inf")
        rows.append(
            (
                Value(scored.candidate(each.candidate).title),
                Value(f"{each.instances:,}" if each.instances else "–", each.instances or None),
                Value(f"{each.utilisation * 100:.0f} %", each.utilisation),
                Value(seconds(each.p95_s.value) if each.instances else "–"),
                Value(money(cost.value, each.currency) if priced else _("needs a price")),
                Value(f"{each.break_even_per_day:,.0f}" if each.break_even_per_day else "–", each.break_even_per_day),
            )
        )
    columns = (
        _("Candidate"),
        _("Machines at the peak"),
        _("Busy"),
        _("p95 with waiting"),
        _("Cost of 1,000 requests"),
        _("Cheaper than the API from requests a day"),
    )
    inputs = []
    for name, quantity in decision.sizing[0].inputs.items():
        origin = _("measured") if quantity.origin == "measured" else _("assumed")
        inputs.append(
            (
                Value(_(_INPUTS.get(name, name))),
                Value(f"{quantity.value:g} {quantity.unit}".strip(), quantity.value),
                Value(origin),
            )
        )
    return [
        *(Text(f"{scored.candidate(each.candidate).title}: {each.sentence}") for each in decision.sizing),
        Table("sizing", "", columns, tuple(rows), frozenset({1, 2, 3, 4, 5})),
        Table(
            "sizing-inputs",
            _("What went in"),
            (_("Figure"), _("Value"), _("Measured or assumed")),
            tuple(inputs),
            frozenset({1}),
        ),
    ]


_INPUTS = {
    "requests_per_day": N_("Requests a day"),
    "peak_factor": N_("Peak hour ÷ mean hour"),
    "latency_target_s": N_("Latency target"),
    "speed": N_("Speed compared with this computer"),
    "service_s": N_("Median time of a request"),
    "hourly": N_("Cost of a machine an hour"),
    "tokens_per_request": N_("Tokens of a request"),
    "api_price_per_million_tokens": N_("API price for a million tokens"),
}


def _reproduce(material: Material) -> list[Block]:
    scored = material.scored
    info = scored.info
    data = info.dataset
    facts = [
        (_("Data"), Value(f"{data.name} ({data.source})")),
        (_("Rows"), Value(f"{info.rows:,}", info.rows)),
        (_("SHA-256 of the data"), Value(data.fingerprint)),
        (
            _("Licence of the data"),
            Value(" · ".join(each for each in (data.licence, data.attribution) if each) or _("not stated")),
        ),
        (_("Started (UTC)"), Value(info.started.strftime("%Y-%m-%d %H:%M"))),
        (
            _("Options"),
            Value(", ".join(f"{k} = {v}" for k, v in info.settings.options.items() if v is not None) or "–"),
        ),
        (_("Seed"), Value(str(info.settings.seed), info.settings.seed)),
    ]
    models = []
    for entry in material.models:
        light = licence_light(entry["licence"])
        tone: Tone = "bad" if light.light == "restricted" else "warn" if light.light == "conditions" else "good"
        trained = ", ".join(entry["data"]) or "–"
        hashes = ", ".join(f"{name} {digest[:12]}…" for name, digest in entry["files"].items()) or "–"
        models.append(
            (Value(entry["id"]), Value(entry["licence"] or _(light.words), None, tone), Value(trained), Value(hashes))
        )
    candidates = []
    for candidate in info.candidates:
        placement = candidate.placement
        candidates.append(
            (
                Value(candidate.title),
                Value(candidate.candidate.precision if candidate.candidate else _("recorded")),
                Value(placement.provider.removesuffix("ExecutionProvider") if placement else "–"),
                Value(str(placement.threads) if placement else "–", placement.threads if placement else None),
                Value(str(candidate.facts.batch_size), candidate.facts.batch_size),
                Value(f"{candidate.failed:,}", candidate.failed),
            )
        )
    environment = tuple(
        (Value(name), Value("–" if value is None else f"{value:,.0f}" if isinstance(value, float) else str(value)))
        for name, value in sorted(info.environment.items())
    )
    signatures = {name: text for each in scored.scores for name, text in each.signatures.items()}
    blocks: list[Block] = [
        Facts(tuple(facts)),
        Table(
            "candidates",
            _("Candidates"),
            (
                _("Candidate"),
                _("Precision"),
                _("Ran on"),
                _("Threads"),
                _("Rows together"),
                _("Rows without an answer"),
            ),
            tuple(candidates),
            frozenset({3, 4, 5}),
        ),
    ]
    if models:
        columns = (_("Model"), _("Licence"), _("Data it was measured on"), _("SHA-256 of its files"))
        blocks.append(Table("models", _("Models"), columns, tuple(models)))
    if signatures:
        blocks.append(Facts(tuple((_(evaluation_figure(name).term), Value(text)) for name, text in signatures.items())))
    blocks.append(Table("environment", _("Computer and versions"), (_("Name"), _("Value")), environment))
    return blocks


def _title(scored: Evaluation, scores: CandidateScores) -> str:
    return scored.candidate(scores.candidate).title


SECTIONS: tuple[SectionPlan, ...] = (
    SectionPlan("criteria", N_("Criteria and verdicts"), _verdicts),
    SectionPlan("recommendation", N_("Recommendation"), _ranking),
    SectionPlan("brief", N_("Product brief"), _brief),
    SectionPlan("quality", N_("Quality"), _metrics),
    SectionPlan("speed", N_("Speed and memory"), _speed),
    SectionPlan("comparisons", N_("Is the difference real?"), _comparisons),
    SectionPlan("groups", N_("Groups"), _groups),
    SectionPlan("errors", N_("Where it goes wrong"), _errors),
    SectionPlan("labels", N_("Every label"), _labels),
    SectionPlan("sizing", N_("What running it takes"), _sizing),
    SectionPlan("reproduce", N_("How to do it again"), _reproduce),
)
