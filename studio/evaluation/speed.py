"""Speed and memory of a candidate, with intervals where single rows were timed."""

from __future__ import annotations

from collections.abc import Sequence

from studio.domain.evaluation import EvaluatedCandidate
from studio.domain.metric import Estimate
from studio.evaluation.answered import Speeds
from studio.statistics.percentiles import percentile, percentile_interval

PERCENTILES = (50, 90, 95, 99)


def latencies_of(candidate: EvaluatedCandidate, speeds: Speeds) -> Sequence[float]:
    """What single users would wait: the separate runs where rows ran in batches, else the rows' own."""
    return candidate.facts.latencies_s or speeds.latency_s


def speed_of(candidate: EvaluatedCandidate, speeds: Speeds) -> dict[str, Estimate]:
    """Estimates by key, see `studio.domain.evaluation.CandidateScores.speed`; what was not measured is left out."""
    found: dict[str, Estimate] = {}
    latencies = latencies_of(candidate, speeds)
    for percent in PERCENTILES:
        _add(found, f"latency_p{percent}_s", latencies, percent)
    _add(found, "ttft_p50_s", speeds.ttft_s, 50)
    _add(found, "decode_tokens_per_s", speeds.decode_tokens_per_s, 50)
    _add(found, "characters_per_s", speeds.characters_per_s, 50)
    facts = candidate.facts
    for key in ("rows_per_s", "peak_memory_mb", "device_memory_mb", "load_s", "energy_wh_per_1000"):
        value = getattr(facts, key)
        if value is not None:
            found[key] = Estimate(value, None, None, max(1, candidate.done))
    return found


def _add(found: dict[str, Estimate], key: str, values: Sequence[float], percent: int) -> None:
    value = percentile(values, percent)
    if value is None:
        return
    interval = percentile_interval(values, percent)
    if interval is None:
        found[key] = Estimate(value, None, None, len(values))
    else:
        found[key] = Estimate(value, interval[0], interval[1], len(values), "order-statistics")
