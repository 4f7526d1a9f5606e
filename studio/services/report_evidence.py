"""Chapters of a report with the evidence: figures, whether differences are real, and where candidates go wrong."""

from __future__ import annotations

from studio.domain.evaluation import Evaluation
from studio.domain.i18n import _
from studio.domain.metric import Estimate
from studio.domain.report import Block, Chart, Point, Table, Text, Value
from studio.services.evaluation_figures import evaluation_figure, interval_text
from studio.services.evaluation_standing import best
from studio.services.evaluation_words import pair_words, winner_words
from studio.services.report_material import Material, title_of

_MOST_LABELS, _MOST_CONFUSIONS = 30, 15

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


def metrics(material: Material) -> list[Block]:
    scored = material.scored
    if not scored.scores or not scored.headline:
        return []
    figure = evaluation_figure(scored.headline)
    percent = figure.most == 1.0
    points = tuple(
        Point(title_of(scored, each), estimate.value, estimate.low, estimate.high)
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


def speed(material: Material) -> list[Block]:
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
                    title_of(scored, each),
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
        columns += [title_of(scored, each), _("95 % interval")]
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


def comparisons(material: Material) -> list[Block]:
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


def groups(material: Material) -> list[Block]:
    scored = material.scored
    keys = list(dict.fromkeys(key for each in scored.scores for key in each.slices))
    if not keys or not scored.headline:
        return []
    figure = evaluation_figure(scored.headline)
    columns = [_("Group"), _("Rows")]
    for each in scored.scores:
        columns += [title_of(scored, each), _("95 % interval")]
    rows = []
    for key in keys:
        known = [each.slices.get(key, {}).get(scored.headline) for each in scored.scores]
        n = max((estimate.n for estimate in known if estimate), default=0)
        cells = [Value(f"{key.column} = {key.value or '–'}"), Value(f"{n:,}", n)]
        for estimate in known:
            cells += _estimate(estimate, scored.headline, False)
        rows.append(tuple(cells))
    return [Table("groups", _(figure.title), tuple(columns), tuple(rows), frozenset(range(1, len(columns))))]


def errors(material: Material) -> list[Block]:
    """Where classifiers are wrong: labels mixed up most often, and whether confidence can be trusted."""
    blocks: list[Block] = []
    for each in material.scored.scores:
        wrong = [(a, b, n) for a, b, n in each.confusion if a != b][:_MOST_CONFUSIONS]
        title = title_of(material.scored, each)
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


def labels(material: Material) -> list[Block]:
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
        heading = _("{name}: by label").format(name=title_of(material.scored, each))
        blocks.append(Table(f"labels-{each.candidate}", heading, columns, rows, frozenset({1, 2, 3, 4}), note=note))
    return blocks


def _share(value: float | None) -> Value:
    return Value("–") if value is None else Value(f"{value * 100:.1f} %", value)
