"""The figures of a candidate as people read them: plain words, the field's term, and which value of a row leads.

One list for the terminal and the window; what each figure means is defined in ``docs/measuring.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.domain.comparison import CandidateResult, Measurement
from studio.domain.i18n import N_, _
from studio.domain.prediction import GeneratedText

#: Two values closer than this share of the larger one are no lead: on a computer that does other things, it is noise.
NOISE = 0.05
#: Raw values that a 95th percentile needs: with fewer it is no more than the slowest one.
_P95_RUNS = 20
#: What a two-sided interval of 95 % leaves out at each end.
_TAIL = 0.025


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        key: Its name in code and exports.
        title: What a person reads first.
        term: The field's word for it.
        definition: What exactly it is, in a sentence.
        value: The figure of a measurement; None where not available.
        text: How it is written, with its unit.
        best: The word for the best value, or empty where neither end is better.
        low_is_good: Whether the smallest value is the best.
        timed: Whether it depends on what else ran at the same time.
    """

    key: str
    title: str
    term: str
    definition: str
    value: Callable[[Measurement], float | None]
    text: Callable[[float], str]
    best: str = ""
    low_is_good: bool = True
    timed: bool = True


def seconds(value: float) -> str:
    """A duration with three significant digits."""
    return f"{value * 1000:.3g} ms" if value < 0.9995 else f"{value:.3g} s"


def megabytes(value: float) -> str:
    """A size given in 10^6 bytes."""
    return f"{value:.0f} MB" if value < 9999.5 else f"{value / 1000:.3g} GB"


def p95_s(measurement: Measurement) -> float | None:
    """95 of 100 runs took no longer (nearest rank, from the raw values); None where there are too few runs."""
    ordered = sorted(measurement.latencies_s)
    if len(ordered) < _P95_RUNS:
        return None
    return ordered[-(-95 * len(ordered) // 100) - 1]


def median_interval_s(latencies_s: Sequence[float]) -> tuple[float, float] | None:
    """Between which two runs the true median lies, at 95 %; None where there are too few runs to say.

    Order statistics of the binomial distribution: nothing is assumed of how the times are spread.
    """
    # The first thousand say enough; with more, one chance in two to the power of their number rounds to none.
    ordered = sorted(latencies_s[:1000])
    count = len(ordered)
    # The chance that exactly ``cut`` of the runs are quicker than the true median, and that no more than these are.
    chance = tail = 0.5**count
    cut = 0
    while tail <= _TAIL:
        chance *= (count - cut) / (cut + 1)
        cut += 1
        tail += chance
    return None if cut == 0 else (ordered[cut - 1], ordered[count - cut])


FIGURES = (
    Figure(
        "latency_s",
        N_("Answer in"),
        N_("latency"),
        N_("From submitting the input to the whole answer; the median where there were several runs."),
        lambda m: m.latency_s,
        seconds,
        N_("fastest"),
    ),
    Figure(
        "ttft_s",
        N_("First word after"),
        N_("TTFT"),
        N_("Time to first token: from submitting the input to the first text."),
        lambda m: m.ttft_s,
        seconds,
        N_("first"),
    ),
    Figure(
        "p95_s",
        N_("95 of 100 within"),
        N_("p95 latency"),
        N_("95 of 100 runs took no longer than this; known where there were at least 20 runs."),
        p95_s,
        seconds,
    ),
    Figure(
        "network_s",
        N_("Of that, the network"),
        N_("round trip"),
        N_("Of an endpoint: a request that computes nothing, there and back. So much of its times is the network."),
        lambda m: m.network_s,
        seconds,
    ),
    Figure(
        "decode_tokens_per_s",
        N_("Tokens per second"),
        N_("decode"),
        N_("How fast it writes once it has begun: (n − 1) tokens / (end − first token)."),
        lambda m: m.decode_tokens_per_s,
        lambda v: f"{v:.4g}",
        N_("most"),
        low_is_good=False,
    ),
    Figure(
        "characters_per_s",
        N_("Characters per second"),
        N_("characters/s"),
        N_("Characters of the answer / latency. Tokens differ between models, characters can be compared."),
        lambda m: m.characters_per_s,
        lambda v: f"{v:.4g}",
    ),
    Figure(
        "real_time_factor",
        N_("Work for a second of sound"),
        N_("real-time factor"),
        N_("Seconds of computing for each second of sound, reading the file included; below 1 keeps up with speech."),
        lambda m: m.real_time_factor,
        lambda v: f"{v:.3g} s",
    ),
    Figure(
        "prompt_tokens",
        N_("Tokens read"),
        N_("prompt tokens"),
        N_("How many tokens the model read."),
        lambda m: m.prompt_tokens,
        lambda v: f"{v:.0f}",
        timed=False,
    ),
    Figure(
        "output_tokens",
        N_("Tokens written"),
        N_("output tokens"),
        N_("How many tokens the model wrote."),
        lambda m: m.output_tokens,
        lambda v: f"{v:.0f}",
        timed=False,
    ),
    Figure(
        "load_s",
        N_("Loaded in"),
        N_("load time"),
        N_("Opening the model in its process: tokenizer, graphs, first allocation."),
        lambda m: m.load_s,
        seconds,
    ),
    Figure(
        "peak_memory_mb",
        N_("Memory"),
        N_("peak"),
        N_("The most memory that the process of this model has used so far, in 10^6 bytes."),
        lambda m: m.peak_memory_mb,
        megabytes,
        N_("smallest"),
        timed=False,
    ),
    Figure(
        "idle_memory_mb",
        N_("Memory before loading"),
        N_("idle"),
        N_("The same process before the model was opened."),
        lambda m: m.idle_memory_mb,
        megabytes,
        timed=False,
    ),
    Figure(
        "device_memory_mb",
        N_("GPU memory"),
        N_("device memory"),
        N_("What the graphics driver says this process holds."),
        lambda m: m.device_memory_mb,
        megabytes,
        N_("smallest"),
        timed=False,
    ),
)


def cost_words(result: CandidateResult) -> str:
    """What an endpoint asks for an answer, as a sentence; empty where no price is known."""
    place = result.placement.remote if result.placement else None
    cost = result.measurement.cost
    if cost is None or place is None or place.price is None:
        return ""
    return _("This answer cost {cost}.").format(cost=money(cost, place.price.currency))


def money(value: float, currency: str) -> str:
    """A price with its currency behind it; one far below a cent keeps two digits."""
    if 0 < value < 0.1:
        return f"{value:.2g} {currency}".strip()
    return f"{value:,.2f} {currency}".strip() if value < 1000 else f"{value:,.0f} {currency}".strip()


def figure(key: str) -> Figure:
    """The figure of that key. Raises `KeyError`: there is none."""
    return {found.key: found for found in FIGURES}[key]


def leader(values: Sequence[float | None], low_is_good: bool = True) -> int | None:
    """Index of the best value; None where it has no real lead over the next one (see `NOISE`), or stands alone."""
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    known.sort(reverse=not low_is_good)
    if len(known) < 2:
        return None
    (best, index), (second, _place) = known[:2]
    return None if abs(second - best) <= NOISE * max(abs(best), abs(second)) else index


def leads(results: Sequence[CandidateResult | None], at_once: bool = False) -> tuple[frozenset[str], ...]:
    """For each result the keys of the figures in which it leads.

    Answers that were stopped half-way don't take part, since they were quick for not being whole; and neither do
    times of candidates that ran at once, since they took the processor from each other. Where each was run several
    times, the runs must tell their medians apart.

    Args:
        results: Side by side; None for one that has not answered.
        at_once: Whether they ran at the same time.
    """
    compared = [result.measurement if result and _is_whole(result) else None for result in results]
    found: list[set[str]] = [set() for _result in results]
    for row in FIGURES:
        if row.best and not (at_once and row.timed):
            index = leader([row.value(m) if m else None for m in compared], row.low_is_good)
            if index is not None and (row.key != "latency_s" or _is_proven(compared, index)):
                found[index].add(row.key)
    return tuple(frozenset(keys) for keys in found)


def _is_proven(compared: Sequence[Measurement | None], index: int) -> bool:
    """Whether the 95 % interval of the quickest one's median lies below those of all others, where they are known."""
    intervals = [median_interval_s(measurement.latencies_s) if measurement else None for measurement in compared]
    best = intervals[index]
    return best is None or all(
        best[1] < other[0] for place, other in enumerate(intervals) if other is not None and place != index
    )


def _is_whole(result: CandidateResult) -> bool:
    output = result.prediction.output if result.prediction else None
    return output is not None and not (isinstance(output, GeneratedText) and output.finish_reason == "cancelled")
