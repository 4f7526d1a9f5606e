"""What running a candidate would take: machines at the peak, and what 1,000 requests cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from studio.decision.queueing import Queue, servers_needed
from studio.domain.decision import HardwareProfile, Quantity, Sizing, SizingInputs
from studio.domain.i18n import _, ngettext

_DAY_S = 86_400.0
_YEAR_H = 8_766.0
#: Points of the distribution that stands for times of which only two percentiles are known.
_POINTS = 201
#: Volumes that a break-even is looked for among, requests a day.
_VOLUMES = tuple(10 ** (step / 20) for step in range(20, 181))


@dataclass(frozen=True)
class Times:
    """What single requests took on this computer.

    Attributes:
        service_s: Times; measured ones, or points of a distribution through measured percentiles.
        low: Factor by which they may be shorter (the lower bound of the median's interval / the median).
        high: Factor by which they may be longer.
    """

    service_s: tuple[float, ...]
    low: float
    high: float


def times_of(raw: Sequence[float], p50: tuple[float, float, float] | None, p95: float | None) -> Times | None:
    """The times of a candidate.

    Args:
        raw: Measured ones; may be empty.
        p50: The median with its bounds; None where not known.
        p95: The 95th percentile; None where not known.
    """
    if p50 is None or p50[0] <= 0:
        return None
    low, high = p50[1] / p50[0], p50[2] / p50[0]
    if len(raw) >= 20:
        return Times(tuple(raw), low, high)
    # A log-normal distribution through both percentiles: latencies are skewed.
    spread = math.log(max(p95 or p50[0], p50[0]) / p50[0]) / 1.6448536269514722
    from scipy.stats import norm

    levels = (np.arange(_POINTS) + 0.5) / _POINTS
    return Times(tuple(float(p50[0] * math.exp(spread * z)) for z in norm.ppf(levels)), low, high)


def size(
    candidate: int,
    times: Times,
    inputs: SizingInputs,
    hardware: HardwareProfile,
    tokens_per_request: float | None = None,
) -> Sizing:
    """What a candidate would take.

    Args:
        candidate: Its id.
        times: What single requests took here.
        inputs: What the user asks.
        hardware: The machine, which may be quicker or slower than this computer.
        tokens_per_request: Measured; None where not.
    """
    used = {
        "requests_per_day": assumed(inputs.requests_per_day, ""),
        "peak_factor": assumed(inputs.peak_factor, ""),
        "latency_target_s": assumed(inputs.latency_target_s, "s"),
        "speed": assumed(hardware.speed, ""),
        "service_s": _service(times, hardware),
    }
    plans = [_plan(times, factor, inputs, hardware) for factor in (1.0, times.low, times.high)]
    middle, cheap, dear = plans
    if middle is None:
        alone = float(np.quantile(times.service_s, 0.95)) / max(hardware.speed, 1e-9)
        words = _("Too slow: by itself, it already needs {seconds} for 95 of 100 requests.").format(
            seconds=duration(alone)
        )
        nothing = Quantity(math.inf, math.inf, math.inf, "measured", "s")
        return Sizing(candidate, 0, 0.0, nothing, nothing, None, used, words, hardware.currency)
    used["hourly"] = _hourly_quantity(hardware, inputs)
    costs = [_cost_per_1000(plan, inputs, hardware) for plan in (middle, cheap or middle, dear or middle)]
    cost = Quantity(costs[0], min(costs), max(costs), "assumed", hardware.currency)
    p95s = [plan.p95_s for plan in (middle, cheap or middle, dear or middle)]
    p95 = Quantity(p95s[0], min(p95s), max(p95s), "measured", "s")
    tokens = inputs.tokens_per_request or tokens_per_request or 0.0
    if inputs.api_price_per_million_tokens > 0:
        origin = inputs.tokens_per_request <= 0
        used["tokens_per_request"] = Quantity(tokens, tokens, tokens, "measured" if origin else "assumed", "tokens")
        used["api_price_per_million_tokens"] = assumed(inputs.api_price_per_million_tokens, hardware.currency)
    even = _break_even(times, inputs, hardware, tokens)
    return Sizing(
        candidate,
        middle.servers,
        middle.utilisation,
        p95,
        cost,
        even,
        used,
        _sentence(middle, inputs, hardware, cost),
        hardware.currency,
    )


@dataclass(frozen=True)
class _Plan:
    servers: int
    utilisation: float
    p95_s: float


def _plan(times: Times, factor: float, inputs: SizingInputs, hardware: HardwareProfile) -> _Plan | None:
    speed = max(hardware.speed, 1e-9)
    service = [seconds * factor / speed for seconds in times.service_s]
    per_s = inputs.requests_per_day / _DAY_S * max(inputs.peak_factor, 1.0)
    servers = servers_needed(per_s, service, inputs.latency_target_s)
    if servers is None:
        return None
    queue = Queue(per_s, service, servers)
    return _Plan(servers, queue.utilisation, queue.percentile_s())


def hourly(hardware: HardwareProfile, inputs: SizingInputs) -> float:
    """What one machine costs an hour: its rent, or its price over its life, and its electricity."""
    bought = hardware.price / (max(hardware.life_years, 0.1) * _YEAR_H) if hardware.price else 0.0
    return hardware.rent_per_hour + bought + hardware.power_w / 1000 * inputs.electricity_per_kwh


def _cost_per_1000(plan: _Plan, inputs: SizingInputs, hardware: HardwareProfile) -> float:
    """Machines stand there all day, whether they are busy or not."""
    return plan.servers * 24 * hourly(hardware, inputs) / max(inputs.requests_per_day, 1e-9) * 1000


def _break_even(times: Times, inputs: SizingInputs, hardware: HardwareProfile, tokens: float) -> float | None:
    """Fewest requests a day from which the machines cost less than the API; None where never, or not asked."""
    api = tokens * inputs.api_price_per_million_tokens / 1e6
    cost = hourly(hardware, inputs)
    if api <= 0 or cost <= 0:
        return None
    from dataclasses import replace

    for volume in _VOLUMES:
        plan = _plan(times, 1.0, replace(inputs, requests_per_day=volume), hardware)
        if plan is not None and plan.servers * 24 * cost <= volume * api:
            return float(volume)
    return None


def assumed(value: float, unit: str) -> Quantity:
    """A number that the user, or a provider's price list, says."""
    return Quantity(value, value, value, "assumed", unit)


def _service(times: Times, hardware: HardwareProfile) -> Quantity:
    median = float(np.median(times.service_s)) / max(hardware.speed, 1e-9)
    origin = "measured" if hardware.speed == 1 else "assumed"
    return Quantity(median, median * times.low, median * times.high, origin, "s")  # type: ignore[arg-type]


def _hourly_quantity(hardware: HardwareProfile, inputs: SizingInputs) -> Quantity:
    return assumed(hourly(hardware, inputs), hardware.currency)


def duration(value: float) -> str:
    """A time as a sentence says it."""
    return f"{value * 1000:.3g} ms" if value < 0.9995 else f"{value:.3g} s"


def _sentence(plan: _Plan, inputs: SizingInputs, hardware: HardwareProfile, cost: Quantity) -> str:
    words = ngettext(
        "{n} machine is enough: at the peak it is busy {busy} % of the time; 95 of 100 requests take {seconds}.",
        "{n} machines are enough: at the peak each is busy {busy} % of the time; 95 of 100 requests take {seconds}.",
        plan.servers,
    ).format(n=f"{plan.servers:,}", busy=round(100 * plan.utilisation), seconds=duration(plan.p95_s))
    if cost.value <= 0:
        return words + " " + _("Say what the hardware costs to see what 1,000 requests cost.")
    return words


def hardware_from(values: Mapping[str, object]) -> HardwareProfile | None:
    """A profile from stored values; None where they are none."""
    fields: dict[str, object] = {}
    for name, kind in HardwareProfile.__annotations__.items():
        value = values.get(name)
        if value is None:
            continue
        if kind == "float" and isinstance(value, (int, float)) and math.isfinite(value) and value >= 0:
            fields[name] = float(value)
        elif kind == "str" and isinstance(value, str):
            fields[name] = value
    if not fields.get("id") or not fields.get("name"):
        return None
    return HardwareProfile(**fields)  # type: ignore[arg-type]
