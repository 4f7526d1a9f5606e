"""From answers to an evaluation: quality, speed, groups, and which differences are proven. Nothing is run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.evaluation import (
    CandidateScores,
    Evaluation,
    EvaluationInfo,
    LabelScores,
    PairComparison,
    ReliabilityBin,
    SliceKey,
)
from studio.domain.metric import Estimate
from studio.evaluation.answered import Answered, language_of
from studio.evaluation.comparing import compare_latency, compare_quality, judged
from studio.evaluation.measuring import Figure, estimates, groups_of, sums_of
from studio.evaluation.speed import latencies_of, speed_of
from studio.metrics._labels import sums_of as label_sums
from studio.metrics._metric import Answers, Metric, Parts, Recomputed
from studio.metrics.ece import BINS, bins_of
from studio.statistics.bootstrap import RESAMPLES, Resampled

Array = NDArray[Any]

#: Values of a group column that are shown; the most frequent ones.
MOST_GROUPS = 12
_GROUP_RESAMPLES = 500
_DRAWS_PER_PAIR = 60
#: Pairs of labels that are kept of a confusion matrix; what is beyond is rare.
_MOST_CONFUSIONS = 5_000


@dataclass(frozen=True)
class Material:
    """What is scored.

    Attributes:
        info: The evaluation.
        references: Expected answer of every row of the data; empty for none.
        groups: Values of every row, by group column.
        metrics: The headline first.
        options: Options of metrics, by metric id.
        named: How many of ``metrics`` the task names itself; groups are scored by these only.
    """

    info: EvaluationInfo
    references: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    metrics: Sequence[Metric]
    options: Mapping[str, Mapping[str, str]]
    named: int


@dataclass
class _One:
    """One candidate while it is scored; answers are let go once they are measured."""

    answered: Answered
    rows: int
    errors: int
    figures: dict[str, Figure]
    spread: dict[str, float]
    labels: tuple[LabelScores, ...]
    confusion: tuple[tuple[str, str, int], ...]
    reliability: tuple[ReliabilityBin, ...]
    groups: dict[SliceKey, dict[str, Figure]]


def measure_candidate(material: Material, answered: Answered) -> _One:
    """Everything that needs the answers of one candidate themselves."""
    settings = material.info.settings
    language = language_of(material.references)
    positions, answers = answered.judged(material.references, settings.label_map, language)
    every, all_answers = answered.everything(settings.label_map)
    again = answered.repeated(positions, answers, settings.label_map)
    figures: dict[str, Figure] = {}
    spread: dict[str, float] = {}
    for metric in material.metrics:
        on, at = (answers, positions) if metric.info.needs_reference else (all_answers, every)
        measured = metric.measure(on, material.options.get(metric.info.id, {})) if len(on) else None
        if measured is None:
            continue
        figures[metric.info.id] = Figure(metric, at, measured)
        if again and metric.info.needs_reference:
            options = material.options.get(metric.info.id, {})
            values = [_value(measured), *(_value(metric.measure(each, options)) for each in again)]
            good = [value for value in values if np.isfinite(value)]
            if len(good) > 1:
                spread[metric.info.id] = float(np.std(good, ddof=1))
    is_labels = bool(material.metrics) and "labels" in material.metrics[0].outputs
    return _One(
        answered,
        len(positions) or len(every),
        sum(text is None for text in answered.texts),
        figures,
        spread,
        _labels(answers) if is_labels and len(answers) else (),
        _confusion(answers) if is_labels else (),
        _reliability(answers) if is_labels else (),
        _groups(material, figures),
    )


def _value(measured: Parts | Recomputed | None) -> float:
    if isinstance(measured, Parts):
        return float(measured.value(sums_of(measured.table)))
    return float("nan") if measured is None else measured.value(np.arange(measured.n))


def _groups(material: Material, figures: Mapping[str, Figure]) -> dict[SliceKey, dict[str, Figure]]:
    found: dict[SliceKey, dict[str, Figure]] = {}
    named = [metric.info.id for metric in material.metrics[: material.named] if metric.info.id in figures]
    for column, values in material.groups.items():
        for value, rows in groups_of(values, MOST_GROUPS).items():
            tables: dict[int, Any] = {}
            for name in named:
                figure = figures[name]
                _same, places, _other = np.intersect1d(figure.positions, rows, return_indices=True)
                if len(places) and isinstance(figure.measured, Parts):
                    found.setdefault(SliceKey(column, value), {})[name] = figure.of_rows(places, tables)
    return found


def _labels(answers: Answers) -> tuple[LabelScores, ...]:
    sums = label_sums(sums_of(answers.label_table), len(answers.labels))
    found = []
    for place, label in enumerate(answers.labels):
        right, given, expected = (float(each[place]) for each in (sums.right, sums.given, sums.expected))
        if given or expected:
            found.append(
                LabelScores(
                    label,
                    right / given if given else None,
                    right / expected if expected else None,
                    2 * right / (given + expected),
                    round(expected),
                )
            )
    return tuple(sorted(found, key=lambda each: (-each.support, each.label)))


def _confusion(answers: Answers) -> tuple[tuple[str, str, int], ...]:
    counts: dict[tuple[str, str], int] = {}
    for wanted, given in zip(answers.references, answers.texts, strict=True):
        key = (wanted, given or "")
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((wanted, given, count) for (wanted, given), count in ordered[:_MOST_CONFUSIONS])


def _reliability(answers: Answers) -> tuple[ReliabilityBin, ...]:
    found = bins_of(answers) if len(answers) else None
    if found is None:
        return ()
    place, confidence, right = found
    bins = []
    for number in range(BINS):
        inside = place == number
        n = int(inside.sum())
        if n:
            mean, good = float(confidence[inside].mean()), float(right[inside].mean())
            bins.append(ReliabilityBin(number / BINS, (number + 1) / BINS, mean, good, n))
    return tuple(bins)


def conclude(
    material: Material,
    measured: Sequence[_One],
    votes: Mapping[int, Estimate],
    check: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Intervals, groups, comparisons and the Pareto front.

    Args:
        material: What is scored.
        measured: The candidates, see `measure_candidate`.
        votes: Win rates of blind votes.
        check: Called now and then; may raise to stop.
    """
    seed = material.info.settings.seed
    flat = [(one, name) for one in measured for name in one.figures]
    # Holm multiplies the smallest p-value by the number of pairs; it must stay below 5 % where no resample disagrees.
    count = max(RESAMPLES, _DRAWS_PER_PAIR * len(measured) * (len(measured) - 1) // 2)
    found, drawn = estimates([one.figures[name] for one, name in flat], seed, count, check)
    by_metric: dict[str, dict[int, Estimate]] = {}
    resampled: dict[str, dict[int, Resampled | None]] = {}
    for (one, name), estimate, draws in zip(flat, found, drawn, strict=True):
        if estimate is not None:
            by_metric.setdefault(name, {})[one.answered.candidate.id] = estimate
            resampled.setdefault(name, {})[one.answered.candidate.id] = draws
    scores = []
    for one in measured:
        check()
        scores.append(_scores(one, by_metric, seed, check))
    comparisons: list[PairComparison] = []
    for metric in material.metrics:
        name = metric.info.id
        if not metric.compared or name not in by_metric:
            continue
        check()
        figures = {
            one.answered.candidate.id: one.figures[name]
            for one in measured
            if one.answered.candidate.id in by_metric[name]
        }
        comparisons += judged(compare_quality(figures, resampled[name], seed, count), metric.info.high_is_good)
    times = {
        one.answered.candidate.id: latencies_of(one.answered.candidate, one.answered.speeds)
        for one in measured
        if one.answered.candidate.kind == "model"
    }
    for percent in (50, 95):
        comparisons += judged(compare_latency(times, percent, seed, count), high_is_good=False)
    shown = [metric.info.id for metric in material.metrics if metric.info.id in by_metric]
    headline = next((name for name in shown if name != "length"), shown[0] if shown else "")
    result = Evaluation(material.info, headline, tuple(shown), tuple(scores), tuple(comparisons), (), votes)
    return replace(result, pareto=pareto(result, {m.info.id: m.info.high_is_good for m in material.metrics}))


def _scores(
    one: _One, by_metric: Mapping[str, Mapping[int, Estimate]], seed: int, check: Callable[[], None]
) -> CandidateScores:
    number = one.answered.candidate.id
    keys = [(key, name) for key, figures in one.groups.items() for name in figures]
    group, _drawn = estimates([one.groups[key][name] for key, name in keys], seed, _GROUP_RESAMPLES, check)
    slices: dict[SliceKey, dict[str, Estimate]] = {}
    for (key, name), estimate in zip(keys, group, strict=True):
        if estimate is not None:
            slices.setdefault(key, {})[name] = estimate
    signatures = {
        name: figure.measured.signature
        for name, figure in one.figures.items()
        if isinstance(figure.measured, Parts) and figure.measured.signature
    }
    return CandidateScores(
        number,
        one.rows,
        one.errors,
        {name: found[number] for name, found in by_metric.items() if number in found},
        speed_of(one.answered.candidate, one.answered.speeds),
        slices,
        one.labels,
        one.confusion,
        one.reliability,
        signatures,
        one.spread,
    )


def pareto(evaluation: Evaluation, high_is_good: Mapping[str, bool]) -> tuple[int, ...]:
    """Candidates that no other one beats in quality, p95 latency and memory at once.

    A figure that one of two lacks does not tell them apart.
    """
    axes = [(evaluation.headline, high_is_good.get(evaluation.headline, True))]
    axes += [("latency_p95_s", False), ("peak_memory_mb", False)]

    def values(scores: CandidateScores) -> list[float | None]:
        every = {**scores.metrics, **scores.speed}
        found: list[float | None] = []
        for key, high in axes:
            estimate = every.get(key)
            found.append(None if estimate is None else estimate.value if high else -estimate.value)
        return found

    points = {scores.candidate: values(scores) for scores in evaluation.scores if scores.metrics}

    def beaten(one: list[float | None], by: list[float | None]) -> bool:
        pairs = [(a, b) for a, b in zip(one, by, strict=True) if a is not None and b is not None]
        return len(pairs) > 1 and all(b >= a for a, b in pairs) and any(b > a for a, b in pairs)

    return tuple(
        number
        for number, point in points.items()
        if not any(beaten(point, other) for rival, other in points.items() if rival != number)
    )
