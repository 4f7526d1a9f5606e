"""The chapter of a report on privacy: what left the computer, to whom, and what it cost."""

from __future__ import annotations

from studio.domain.evaluation import EvaluatedCandidate
from studio.domain.i18n import _
from studio.domain.report import Block, Table, Text, Value
from studio.services.figures import money, seconds
from studio.services.report_material import Material
from studio.services.sending import sending_words


def privacy(material: Material) -> list[Block]:
    """Who got the rows; that nobody did is said as well."""
    remote = [each for each in material.scored.info.candidates if each.candidate is not None and each.candidate.remote]
    sent = [each for each in remote if each.sends_data]
    blocks: list[Block] = []
    if sent:
        hosts = list(dict.fromkeys(each.candidate.device for each in sent if each.candidate is not None))
        words = _("{names}: every row was sent to {hosts} to be answered, where it could be read and kept.")
        blocks.append(Text(words.format(names=", ".join(each.title for each in sent), hosts=", ".join(hosts)), "warn"))
        if len(sent) < len(material.scored.info.candidates):
            blocks.append(Text(_("The rows did not leave this computer for the other candidates.")))
    elif remote:
        words = _("The studio sent nothing to another computer; {names} answered through another program on this one.")
        blocks.append(Text(words.format(names=", ".join(each.title for each in remote)), "good"))
    else:
        blocks.append(Text(_("Nothing left this computer: every candidate answered on it."), "good"))
    if remote:
        blocks.append(_table(remote))
    return blocks


def _table(remote: list[EvaluatedCandidate]) -> Table:
    columns = (
        _("Candidate"),
        _("Answered by"),
        _("Rows asked"),
        _("Tokens read / written"),
        _("Price of a million tokens, read / written"),
        _("Cost of these rows"),
        _("Cost of 1,000 requests"),
        _("Network's share of an answer"),
    )
    note = _(
        "Tokens as the endpoint counts them; prices as they were typed. The network's share is the time of a request "
        "that computes nothing, there and back."
    )
    return Table("endpoints", "", columns, tuple(_row(each) for each in remote), frozenset(range(2, 8)), note=note)


def _row(each: EvaluatedCandidate) -> tuple[Value, ...]:
    facts, price = each.facts, each.price
    place = each.placement.remote if each.placement else None
    network_s = place.network_s if place else None
    assert each.candidate is not None
    counted = facts.counted > 0
    cost = price.of(facts.prompt_tokens, facts.output_tokens) if price and counted else None
    per_1000 = each.cost_per_1000
    none = Value("–")
    return (
        Value(each.title),
        Value(sending_words(each.candidate), None, "warn" if each.sends_data else ""),
        Value(f"{each.done:,}", each.done),
        Value(f"{facts.prompt_tokens:,} / {facts.output_tokens:,}") if counted else none,
        Value(f"{price.input_per_million:,g} / {price.output_per_million:,g} {price.currency}") if price else none,
        Value(money(cost, price.currency), cost) if price and cost is not None else none,
        Value(money(per_1000, price.currency), per_1000) if price and per_1000 is not None else none,
        Value(seconds(network_s), network_s) if network_s is not None else none,
    )
