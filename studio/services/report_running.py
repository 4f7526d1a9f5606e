"""Chapters of a report on what running it takes, and how to do the evaluation again."""

from __future__ import annotations

from studio.domain.comparison import Candidate
from studio.domain.decision import Sizing
from studio.domain.evaluation import Evaluation, EvaluationInfo
from studio.domain.i18n import N_, _
from studio.domain.report import Block, Facts, Table, Text, Tone, Value
from studio.services.cluster_words import cluster_sentences
from studio.services.evaluation_figures import evaluation_figure
from studio.services.figures import money, seconds
from studio.services.licences import licence_light
from studio.services.report_material import Material


def sizing(material: Material) -> list[Block]:
    decision, scored = material.decision, material.scored
    if not decision.sizing:
        return []
    rows = []
    for each in decision.sizing:
        cost = each.cost_per_1000
        priced = 0 < cost.value < float("inf")
        timed = bool(each.instances) or not each.machines
        machines = f"{each.instances:,}" if each.instances else "–" if each.machines else _("none of yours")
        busy = Value(f"{each.utilisation * 100:.0f} %", each.utilisation) if each.machines else Value("–")
        rows.append(
            (
                Value(scored.candidate(each.candidate).title),
                Value(machines, each.instances or None),
                busy,
                Value(seconds(each.p95_s.value) if timed else "–"),
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
    # On machines and behind endpoints other numbers go in; one candidate of each kind shows them.
    shown = [next((each for each in decision.sizing if each.machines is machines), None) for machines in (True, False)]
    return [
        *(Text(f"{scored.candidate(each.candidate).title}: {each.sentence}") for each in decision.sizing),
        Table("sizing", "", columns, tuple(rows), frozenset({1, 2, 3, 4, 5})),
        *(_went_in(each, scored) for each in shown if each is not None),
    ]


def _went_in(sizing: Sizing, scored: Evaluation) -> Table:
    """The numbers that a sizing was made of."""
    rows = []
    for name, quantity in sizing.inputs.items():
        origin = _("measured") if quantity.origin == "measured" else _("assumed")
        value = seconds(quantity.value) if quantity.unit == "s" else f"{quantity.value:g} {quantity.unit}".strip()
        rows.append((Value(_(_INPUTS.get(name, name))), Value(value, quantity.value), Value(origin)))
    title = _("What went in: {name}").format(name=scored.candidate(sizing.candidate).title)
    columns = (_("Figure"), _("Value"), _("Measured or assumed"))
    return Table("sizing-inputs" if sizing.machines else "endpoint-inputs", title, columns, tuple(rows), frozenset({1}))


_INPUTS = {
    "requests_per_day": N_("Requests a day"),
    "peak_factor": N_("Peak hour ÷ mean hour"),
    "latency_target_s": N_("Latency target"),
    "speed": N_("Speed compared with this computer"),
    "service_s": N_("Median time of a request"),
    "cluster_rows_per_s": N_("Rows a second of the Ray cluster"),
    "hourly": N_("Cost of a machine an hour"),
    "tokens_per_request": N_("Tokens of a request"),
    "api_price_per_million_tokens": N_("API price for a million tokens"),
    "network_s": N_("Of that, the network"),
    "tokens_read": N_("Tokens read"),
    "tokens_written": N_("Tokens written"),
    "price_read": N_("Price of a million tokens read"),
    "price_written": N_("Price of a million tokens written"),
}


def _clusters(info: EvaluationInfo) -> list[Block]:
    """What the nodes of a Ray cluster did for the candidates that ran on one."""
    rows: list[tuple[Value, ...]] = []
    blocks: list[Block] = []
    for candidate in info.candidates:
        share = candidate.facts.cluster
        if share is None:
            continue
        blocks += [Text(f"{candidate.title}: {sentence}") for sentence in cluster_sentences(share)]
        rows += [
            (
                Value(candidate.title),
                Value(f"{node.name} ({node.cpu})"),
                Value(f"{node.processors:g}", node.processors),
                Value(str(node.workers), node.workers),
                Value(f"{node.rows:,}", node.rows),
                Value(_("yes") if node.timed else _("no")),
            )
            for node in share.nodes
        ]
    if rows:
        columns = (_("Candidate"), _("Node"), _("Processors"), _("Workers"), _("Rows"), _("Latencies measured"))
        blocks.append(Table("nodes", _("Nodes of the Ray cluster"), columns, tuple(rows), frozenset({2, 3, 4})))
    return blocks


def _precision(candidate: Candidate | None) -> str:
    if candidate is None:
        return _("recorded")
    return _("endpoint") if candidate.remote else candidate.precision


def reproduce(material: Material) -> list[Block]:
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
            Value(", ".join(f"{k} = {v}" for k, v in info.settings.options.items() if v not in (None, (), "")) or "–"),
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
        threads = placement.threads if placement else 0
        candidates.append(
            (
                Value(candidate.title),
                Value(_precision(candidate.candidate)),
                Value(placement.provider.removesuffix("ExecutionProvider") if placement else "–"),
                Value(str(threads) if threads else "–", threads or None),
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
    blocks += _clusters(info)
    if models:
        columns = (_("Model"), _("Licence"), _("Data it was measured on"), _("SHA-256 of its files"))
        blocks.append(Table("models", _("Models"), columns, tuple(models)))
    if signatures:
        blocks.append(Facts(tuple((_(evaluation_figure(name).term), Value(text)) for name, text in signatures.items())))
    blocks.append(Table("environment", _("Computer and versions"), (_("Name"), _("Value")), environment))
    return blocks
