"""The figures of an evaluation as people read them: quality metrics, speed and memory under one roof.

What each means is defined in ``docs/measuring.md``; single answers have `studio.services.figures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from studio.domain.i18n import N_, _
from studio.domain.metric import Estimate, MetricFormat
from studio.services.figures import megabytes, seconds


@dataclass(frozen=True)
class EvaluationFigure:
    """One figure.

    Attributes:
        key: Metric id, or a key of `studio.domain.evaluation.CandidateScores.speed`.
        title: What a person reads first (marked with ``N_``).
        term: The field's word (marked with ``N_``).
        definition: What exactly it is (marked with ``N_``).
        text: How a value is written, with its unit.
        difference: How a difference of two values is written, with its sign.
        high_is_good: Whether more is better.
        most: The highest value there can be.
        quality: Whether it is about what was answered, not how fast.
    """

    key: str
    title: str
    term: str
    definition: str
    text: Callable[[float], str]
    difference: Callable[[float], str]
    high_is_good: bool = False
    most: float = float("inf")
    quality: bool = False


def percent(value: float) -> str:
    """A share of rows."""
    return f"{value * 100:.1f} %"


def _signed(text: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: ("+" if value > 0 else "−" if value < 0 else "±") + text(abs(value))


def _percent_points(value: float) -> str:
    return _("{n} points").format(n=f"{value * 100:.1f}")


def _plain(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


_TEXTS: dict[MetricFormat, tuple[Callable[[float], str], Callable[[float], str], float]] = {
    "percent": (percent, _signed(_percent_points), 1.0),
    "points": (lambda value: f"{value:.1f}", _signed(lambda value: f"{value:.1f}"), 100.0),
    "number": (_plain, _signed(_plain), float("inf")),
}


def _speed(
    key: str, title: str, term: str, definition: str, text: Callable[[float], str], high_is_good: bool = False
) -> EvaluationFigure:
    return EvaluationFigure(key, title, term, definition, text, _signed(text), high_is_good)


def _watt_hours(value: float) -> str:
    return f"{value:.3g} Wh"


SPEED: tuple[EvaluationFigure, ...] = (
    _speed(
        "latency_p50_s",
        N_("Half within"),
        N_("p50 latency"),
        N_("Half of the rows that ran by themselves took no longer than this."),
        seconds,
    ),
    _speed(
        "latency_p90_s",
        N_("90 of 100 within"),
        N_("p90 latency"),
        N_("90 of 100 rows that ran by themselves took no longer than this."),
        seconds,
    ),
    _speed(
        "latency_p95_s",
        N_("95 of 100 within"),
        N_("p95 latency"),
        N_("95 of 100 rows that ran by themselves took no longer than this."),
        seconds,
    ),
    _speed(
        "latency_p99_s",
        N_("99 of 100 within"),
        N_("p99 latency"),
        N_("99 of 100 rows that ran by themselves took no longer than this; known from 100 rows on."),
        seconds,
    ),
    _speed(
        "ttft_p50_s",
        N_("First word after"),
        N_("TTFT"),
        N_("Half of the rows had their first text within this time."),
        seconds,
    ),
    _speed(
        "rows_per_s",
        N_("Rows per second"),
        N_("throughput"),
        N_("Rows answered / the time that it took, in batches where the use case allows."),
        lambda value: f"{value:,.3g}" if value < 1000 else f"{value:,.0f}",
        high_is_good=True,
    ),
    _speed(
        "decode_tokens_per_s",
        N_("Tokens per second"),
        N_("decode"),
        N_("How fast it writes once it has begun: (n − 1) tokens / (end − first token)."),
        lambda value: f"{value:.4g}",
        high_is_good=True,
    ),
    _speed(
        "characters_per_s",
        N_("Characters per second"),
        N_("characters/s"),
        N_("Characters of the answer / latency. Tokens differ between models, characters can be compared."),
        lambda value: f"{value:.4g}",
        high_is_good=True,
    ),
    _speed(
        "peak_memory_mb",
        N_("Memory"),
        N_("peak"),
        N_("The most memory that the process of this model has used so far, in 10^6 bytes."),
        megabytes,
    ),
    _speed(
        "load_s",
        N_("Loaded in"),
        N_("load time"),
        N_("Opening the model in its process: tokenizer, graphs, first allocation."),
        seconds,
    ),
    _speed(
        "energy_wh_per_1000",
        N_("Energy for 1,000 rows"),
        N_("energy"),
        N_("Energy of processor (RAPL) and GPU (NVML) while it answered, in watt-hours for 1,000 rows."),
        _watt_hours,
    ),
)


@lru_cache(maxsize=256)
def evaluation_figure(key: str) -> EvaluationFigure:
    """The figure of a metric id or a speed key. Raises `UnknownNameError`: there is none."""
    from studio.metrics import find_metric

    known = next((figure for figure in SPEED if figure.key == key), None)
    if known is not None:
        return known
    info = find_metric(key).info
    text, difference, most = _TEXTS[info.format]
    return EvaluationFigure(
        key, info.title, info.term, info.definition, text, difference, info.high_is_good, most, quality=True
    )


def interval_text(figure: EvaluationFigure, estimate: Estimate) -> str:
    """Both bounds, such as "92.3 to 95.6 %"; empty where no interval can be given."""
    if estimate.low is None or estimate.high is None:
        return ""
    return joined(figure.text(estimate.low), figure.text(estimate.high))


def joined(low: str, high: str) -> str:
    """A span of two written figures; a unit that both have is written once."""
    unit = high.rpartition(" ")[2]
    if " " in high and low.endswith(f" {unit}"):
        low = low[: -len(unit) - 1]
    return _("{low} to {high}").format(low=low, high=high)
