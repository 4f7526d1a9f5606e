"""What asking an endpoint would take: no machine of one's own, a price for each request, and another's limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from studio.decision.sizing import assumed, duration
from studio.domain.decision import Quantity, Sizing, SizingInputs
from studio.domain.endpoint import Price
from studio.domain.i18n import _, ngettext

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Asked:
    """What was measured of an endpoint at this computer, the network included.

    Attributes:
        host: Who answers.
        p50_s: Median time of an answer.
        p95_s: 95 of 100 answers took no longer; the median where too few were timed.
        network_s: The network's share of each; None where not measured.
        prompt_tokens: Tokens read for a request; None where the endpoint does not count.
        output_tokens: Tokens written for a request.
        price: What tokens cost; None where nobody typed it.
    """

    host: str
    p50_s: Quantity
    p95_s: Quantity
    network_s: float | None = None
    prompt_tokens: float | None = None
    output_tokens: float | None = None
    price: Price | None = None

    @property
    def cost(self) -> float | None:
        """What a request costs."""
        if self.price is None or self.prompt_tokens is None or self.output_tokens is None:
            return None
        return self.price.of(self.prompt_tokens, self.output_tokens)


def size_endpoint(candidate: int, asked: Asked, inputs: SizingInputs, compared_in: str = "") -> Sizing:
    """What a candidate behind an endpoint would take.

    Args:
        candidate: Its id.
        asked: What was measured.
        inputs: What the user asks.
        compared_in: Currency of the user's own machines; empty where none is named.
    """
    price, cost = asked.price, asked.cost
    used = {
        "requests_per_day": assumed(inputs.requests_per_day, ""),
        "peak_factor": assumed(inputs.peak_factor, ""),
        "latency_target_s": assumed(inputs.latency_target_s, "s"),
        "service_s": asked.p50_s,
    }
    if asked.network_s is not None:
        used["network_s"] = _measured(asked.network_s, "s")
    if asked.prompt_tokens is not None and asked.output_tokens is not None:
        used["tokens_read"] = _measured(asked.prompt_tokens, "tokens")
        used["tokens_written"] = _measured(asked.output_tokens, "tokens")
    if price is not None:
        used["price_read"] = assumed(price.input_per_million, price.currency)
        used["price_written"] = assumed(price.output_per_million, price.currency)
    currency = price.currency if price is not None else ""
    per_1000 = cost * 1000 if cost is not None else math.nan
    return Sizing(
        candidate,
        0,
        0.0,
        asked.p95_s,
        Quantity(per_1000, per_1000, per_1000, "measured", currency),
        None,
        used,
        _sentence(asked, inputs, compared_in),
        currency,
        machines=False,
    )


def _measured(value: float, unit: str) -> Quantity:
    return Quantity(value, value, value, "measured", unit)


def _sentence(asked: Asked, inputs: SizingInputs, compared_in: str) -> str:
    p95 = asked.p95_s.value
    parts = [
        _("No machine of yours: {host} answers, 95 of 100 within {seconds} from here, the network included.").format(
            host=asked.host, seconds=duration(p95)
        )
    ]
    if p95 > inputs.latency_target_s:
        parts.append(
            _("That is slower than you ask for ({seconds}).").format(seconds=duration(inputs.latency_target_s))
        )
    a_minute = math.ceil(inputs.requests_per_day / _DAY_S * max(inputs.peak_factor, 1.0) * 60)
    words = ngettext(
        "At the peak it gets {n} request a minute: its provider must allow that.",
        "At the peak it gets {n} requests a minute: its provider must allow that.",
        a_minute,
    )
    parts.append(words.format(n=f"{a_minute:,}"))
    if asked.price is None:
        parts.append(_("What it costs is not known: type its price under Models, Endpoints."))
    elif asked.cost is None:
        parts.append(_("What it costs is not known: the endpoint does not say how many tokens it counted."))
    elif compared_in and compared_in != asked.price.currency:
        sentence = _("Its price is in {one} and your machines' is in {other}, so that costs are not compared.")
        parts.append(sentence.format(one=asked.price.currency, other=compared_in))
    return " ".join(parts)
