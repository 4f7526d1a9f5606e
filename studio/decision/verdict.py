"""Is a candidate good enough? Each criterion is judged on the bound of its interval, never on the figure alone.

With a true value just short of a must, the lower bound of a two-sided 95 % interval lies above it in about 2.5 % of
data sets. Of few rows and a low threshold Wilson's is wrong far more often, so a share must clear the exact interval
too: GO is wrongly said in at most one of forty cases (computed and simulated in the tests).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from studio.domain.decision import CandidateVerdict, Criterion, CriterionState, CriterionVerdict, Overall
from studio.domain.evaluation import SliceKey
from studio.domain.i18n import N_, _, ngettext
from studio.domain.metric import Estimate
from studio.statistics.percentiles import fewest_for_interval
from studio.statistics.power import MOST_ROWS, rows_to_clear_threshold
from studio.statistics.proportions import exact_interval

#: Share of the starred rows that were answered right: these rows are all there are, so nothing is uncertain about it.
CRITICAL_ROWS = "critical_rows"
#: Share of rows without an answer.
ERROR_RATE = "error_rate"
COST = "cost_per_1000"
#: Figures that are measured once for a candidate: no number of rows makes them surer.
_ONCE = (CRITICAL_ROWS, COST, "peak_memory_mb", "device_memory_mb", "load_s", "rows_per_s", "energy_wh_per_1000")


@dataclass(frozen=True)
class Evidence:
    """What is known of one candidate.

    Attributes:
        candidate: Its id.
        estimates: Quality, speed, and the figures that only criteria have, by key.
        slices: Quality by group.
        risks: Sentences that stand whatever the criteria say, such as a licence that forbids commercial use.
        whole: Whether every row was asked. The first of an evaluation are no fair sample of all, and whoever stops when
            the figures please proves nothing: such a candidate can't be GO.
    """

    candidate: int
    estimates: Mapping[str, Estimate]
    slices: Mapping[SliceKey, Mapping[str, Estimate]] = field(default_factory=dict)
    risks: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class Figure:
    """How a figure is called and written.

    Attributes:
        title: In plain words, in the user's language.
        text: How a value is written, with its unit.
    """

    title: str
    text: Callable[[float], str]


#: What states and weights are called; `_` says each in the user's language.
WORDS = (
    N_("GO"),
    N_("NO-GO"),
    N_("NOT PROVEN"),
    N_("met"),
    N_("missed"),
    N_("not proven"),
    N_("must"),
    N_("should"),
)
#: The figure of a criterion's metric.
Describe = Callable[[str], Figure]


def judge(criterion: Criterion, evidence: Evidence, describe: Describe) -> CriterionVerdict:
    """One criterion against what is known of one candidate."""
    known = evidence.estimates if criterion.slice is None else evidence.slices.get(criterion.slice, {})
    estimate = known.get(criterion.metric)
    figure = describe(criterion.metric)
    wanted = figure.text(criterion.threshold)
    if estimate is None and criterion.metric == CRITICAL_ROWS:
        words = _("No starred row was answered: star rows in Evaluate that must never fail, or remove this criterion.")
        return CriterionVerdict(criterion, "not proven", None, words)
    if estimate is None or not math.isfinite(estimate.value):
        return CriterionVerdict(criterion, "not proven", None, _("Not measured yet."))
    value = figure.text(estimate.value)
    if estimate.n < criterion.minimum_rows:
        missing = criterion.minimum_rows - estimate.n
        words = ngettext(
            "{value} on {n} row; at least {minimum} are asked for.",
            "{value} on {n} rows; at least {minimum} are asked for.",
            estimate.n,
        ).format(value=value, n=f"{estimate.n:,}", minimum=f"{criterion.minimum_rows:,}")
        return CriterionVerdict(criterion, "not proven", estimate, words, missing)
    if criterion.metric in _ONCE and (estimate.low is None or estimate.high is None):
        met = _holds(criterion, estimate.value)
        words = _("{value}; asked for: {wanted}.").format(value=value, wanted=_asked(criterion, wanted))
        return CriterionVerdict(criterion, "met" if met else "missed", estimate, words)
    if estimate.low is None or estimate.high is None:
        words = _("{value}, on too few rows to be sure.").format(value=value)
        return CriterionVerdict(criterion, "not proven", estimate, words, _further(criterion, estimate))
    low, high = estimate.low, estimate.high
    state = _state(criterion, low, high)
    if estimate.method == "wilson" and state != "not proven":
        exact = exact_interval(estimate.value * estimate.n, estimate.n)
        if _state(criterion, *exact) != state:
            # What is shown is what was judged.
            (low, high), state = exact, "not proven"
            estimate = replace(estimate, low=low, high=high, method="exact")
    words = _("{value} (95 % interval {low} to {high}); asked for: {wanted}.").format(
        value=value,
        low=figure.text(low),
        high=figure.text(high),
        wanted=_asked(criterion, wanted),
    )
    further = _further(criterion, estimate) if state == "not proven" and criterion.metric not in _ONCE else None
    return CriterionVerdict(criterion, state, estimate, words, further)


def _holds(criterion: Criterion, value: float) -> bool:
    return value >= criterion.threshold if criterion.direction == "at least" else value <= criterion.threshold


def _state(criterion: Criterion, low: float, high: float) -> CriterionState:
    """Wholly on the good side: met. Wholly on the bad side: missed. The threshold itself is on the good side."""
    if criterion.direction == "at least":
        return "met" if low >= criterion.threshold else "missed" if high < criterion.threshold else "not proven"
    return "met" if high <= criterion.threshold else "missed" if low > criterion.threshold else "not proven"


def _asked(criterion: Criterion, wanted: str) -> str:
    if criterion.direction == "at least":
        return _("at least {value}").format(value=wanted)
    return _("at most {value}").format(value=wanted)


def _further(criterion: Criterion, estimate: Estimate) -> int | None:
    """About how many more rows would settle it, if the figure stays as it is."""
    if estimate.method in ("wilson", "exact"):
        needed = rows_to_clear_threshold(estimate.value, criterion.threshold, estimate.n)
        if needed is None:
            return None
        rows = max(needed, estimate.n + 1)
        while _state(criterion, *exact_interval(estimate.value * rows, rows)) == "not proven" and rows < MOST_ROWS:
            rows += max(1, rows // 50)
        return rows - estimate.n if rows < MOST_ROWS else None
    percentile = re.fullmatch(r"\w+_p(\d+)_s", criterion.metric)
    if estimate.low is None and percentile is not None:
        return max(0, fewest_for_interval(int(percentile[1])) - estimate.n) or None
    distance = abs(estimate.value - criterion.threshold)
    if estimate.low is None or estimate.high is None or distance < 1e-12:
        return None
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    needed = math.ceil(estimate.n * (half / distance) ** 2)
    return needed - estimate.n if estimate.n < needed <= MOST_ROWS else None


def decide_candidate(
    criteria: Sequence[Criterion], evidence: Evidence, describe: Describe, changed: bool = False
) -> CandidateVerdict:
    """One candidate against all criteria.

    Args:
        criteria: What good enough means.
        evidence: What is known of it.
        describe: How figures are called and written.
        changed: Whether criteria were changed after results were there.
    """
    judged = tuple(judge(criterion, evidence, describe) for criterion in criteria)
    musts = [each for each in judged if each.criterion.weight == "must"]
    overall = _overall(musts)
    unfinished = overall == "GO" and not evidence.whole
    if unfinished:
        overall = "NOT PROVEN"
    risks = [*evidence.risks]
    for each in judged:
        if each.criterion.weight == "should" and each.state != "met":
            title = _title(each.criterion, describe)
            missed = each.state == "missed"
            risks.append(
                (_("{criterion} is missed: {why}") if missed else _("{criterion} is not proven: {why}")).format(
                    criterion=title, why=each.sentence
                )
            )
    if changed:
        risks.append(_("Criteria were changed after results were there."))
    further = [each.further_rows for each in musts if each.state == "not proven"]
    known = [rows for rows in further if rows is not None]
    # Rows settle it only if they settle every open must.
    rows = max(known) if overall == "NOT PROVEN" and known and len(known) == len(further) else None
    if unfinished:
        words = _("All musts are met so far, but not all rows were answered yet.")
    else:
        words = _sentence(overall, musts, rows, describe)
    return CandidateVerdict(evidence.candidate, overall, judged, words, rows, tuple(risks))


def _overall(musts: Sequence[CriterionVerdict]) -> Overall:
    if any(each.state == "missed" for each in musts):
        return "NO-GO"
    return "GO" if musts and all(each.state == "met" for each in musts) else "NOT PROVEN"


def _sentence(overall: Overall, musts: Sequence[CriterionVerdict], rows: int | None, describe: Describe) -> str:
    if not musts:
        return _("No must is set yet, so nothing can be decided.")
    if overall == "GO":
        return ngettext("The only must is met.", "All {n} musts are met.", len(musts)).format(n=len(musts))
    if overall == "NO-GO":
        first = next(each for each in musts if each.state == "missed")
        return f"{_title(first.criterion, describe)}: {first.sentence}"
    first = next(each for each in musts if each.state == "not proven")
    words = f"{_title(first.criterion, describe)}: {first.sentence}"
    if rows is None:
        return words
    more = ngettext("About {n} more row would settle it.", "About {n} more rows would settle it.", rows).format(
        n=f"{rows:,}"
    )
    return f"{words} {more}"


def _title(criterion: Criterion, describe: Describe) -> str:
    title = describe(criterion.metric).title
    if criterion.slice is None:
        return title
    return _("{title} where {column} is {value}").format(
        title=title, column=criterion.slice.column, value=criterion.slice.value
    )
