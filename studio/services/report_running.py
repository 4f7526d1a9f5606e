"""Chapters of a report on what running it takes, and how to do the evaluation again."""

from __future__ import annotations

from studio.domain.i18n import N_, _
from studio.domain.report import Block, Facts, Table, Text, Tone, Value
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
    inputs = []
    # Of candidates on machines and of those behind endpoints other numbers go in: the first of each has them all.
    went_in = {name: quantity for each in reversed(decision.sizing) for name, quantity in each.inputs.items()}
    for name, quantity in went_in.items():
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
    "network_s": N_("Of that, the network"),
    "tokens_read": N_("Tokens read"),
    "tokens_written": N_("Tokens written"),
    "price_read": N_("Price of a million tokens read"),
    "price_written": N_("Price of a million tokens written"),
}


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
