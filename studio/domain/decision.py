"""What is good enough, whether a candidate is, and what running it would take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from studio.domain.evaluation import SliceKey
from studio.domain.metric import Estimate

#: Which side of the threshold is good.
Direction = Literal["at least", "at most"]
#: ``must``: missing it is NO-GO. ``should``: missing it is named as a risk.
Weight = Literal["must", "should"]
#: Judged on the bound of the interval: wholly on the good side, wholly on the bad side, or neither.
CriterionState = Literal["met", "missed", "not proven"]
Overall = Literal["GO", "NO-GO", "NOT PROVEN"]
#: Where a number of the sizing comes from.
Origin = Literal["measured", "assumed"]


@dataclass(frozen=True)
class Criterion:
    """One condition for a candidate to be good enough.

    Attributes:
        id: Stays the same while it is edited.
        metric: A metric id, a key of `studio.domain.evaluation.CandidateScores.speed`, ``"critical_rows"`` (share of
            starred rows answered right), ``"error_rate"`` or ``"cost_per_1000"``.
        direction: See `Direction`.
        threshold: In the metric's own unit (a share from 0 to 1, seconds, 10^6 bytes, …).
        weight: See `Weight`.
        slice: Only rows of this group; None for all.
        minimum_rows: With fewer rows it is not proven, whatever they say.
    """

    id: str
    metric: str
    direction: Direction
    threshold: float
    weight: Weight = "must"
    slice: SliceKey | None = None
    minimum_rows: int = 0


@dataclass(frozen=True)
class CriterionChange:
    """A criterion was added, edited or removed after results were there. It is shown: that is how one fools oneself.

    Attributes:
        at: When, in UTC.
        before: How it was; None where it was added.
        after: How it is; None where it was removed.
        evaluation: Id of the newest evaluation with answers at that time.
    """

    at: datetime
    before: Criterion | None
    after: Criterion | None
    evaluation: int


@dataclass(frozen=True)
class CriterionVerdict:
    """How one candidate stands to one criterion.

    Attributes:
        criterion: Which.
        state: See `CriterionState`.
        estimate: What was judged; None where nothing was measured.
        sentence: Why, in the user's language.
        further_rows: About how many more rows would settle it; None where no number of rows would, or none is needed.
    """

    criterion: Criterion
    state: CriterionState
    estimate: Estimate | None
    sentence: str
    further_rows: int | None = None


@dataclass(frozen=True)
class CandidateVerdict:
    """How one candidate stands to all criteria.

    Attributes:
        candidate: Id of the `EvaluatedCandidate`.
        overall: GO: every must is met. NO-GO: a must is missed. NOT PROVEN: neither.
        criteria: One for each criterion.
        sentence: Why, in the user's language.
        further_rows: About how many more rows would settle it.
        risks: Sentences: shoulds missed or not proven, criteria changed after the results, a licence that forbids it.
    """

    candidate: int
    overall: Overall
    criteria: tuple[CriterionVerdict, ...]
    sentence: str
    further_rows: int | None = None
    risks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """A candidate's place among the others.

    Attributes:
        candidate: Id of the `EvaluatedCandidate`.
        values: Quality, p95 latency, memory, cost: raw, by axis id; an axis that was not measured is left out.
        dominated_by: Id of a candidate that is at least as good on every axis and better on one; None: on the front.
        score: Weighted sum of the normalised axes, 0 to 1.
        first_share: In what share of the weightings around the chosen one it comes first, 0 to 1.
    """

    candidate: int
    values: Mapping[str, float]
    dominated_by: int | None
    score: float
    first_share: float


@dataclass(frozen=True)
class Recommendation:
    """Which candidate to take, and how sure that is.

    Attributes:
        candidate: Id of the recommended one; None where none may be.
        sentence: Why, in the user's language.
        standings: All candidates, the best first.
        weights: Weight by axis id, summing to 1.
    """

    candidate: int | None
    sentence: str
    standings: tuple[Standing, ...]
    weights: Mapping[str, float]


@dataclass(frozen=True)
class BriefQuestion:
    """A guided question about the product, not about the model.

    Attributes:
        id: Key of its answer.
        section: Heading it stands under (marked with ``N_``).
        question: In plain words (marked with ``N_``).
        hint: What a good answer names (marked with ``N_``).
        kind: ``text``, or ``check``: yes, no or open, with a note.
    """

    id: str
    section: str
    question: str
    hint: str = ""
    kind: Literal["text", "check"] = "text"


@dataclass(frozen=True)
class Brief:
    """What the product needs and risks: answers by question id; a check's answer is ``"yes"``, ``"no"`` or ``""``."""

    task: str
    answers: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Quantity:
    """A number with a range and where it comes from."""

    value: float
    low: float
    high: float
    origin: Origin
    unit: str


@dataclass(frozen=True)
class HardwareProfile:
    """A machine with what it costs, as the user states it; prices are the user's, never facts of the studio.

    Attributes:
        id: Key.
        name: What a person calls it.
        price: Purchase price; 0 where it is rented.
        life_years: Over which it is written off.
        power_w: Draw under load.
        rent_per_hour: Price of an hour; 0 where it is bought.
        speed: How fast it is compared with this computer, assumed (1 = the same).
        currency: Such as ``"EUR"``.
        note: Where the figures come from.
    """

    id: str
    name: str
    price: float = 0.0
    life_years: float = 4.0
    power_w: float = 0.0
    rent_per_hour: float = 0.0
    speed: float = 1.0
    currency: str = ""
    note: str = ""


@dataclass(frozen=True)
class SizingInputs:
    """What the sizing is asked; every number is the user's unless said otherwise.

    Attributes:
        requests_per_day: Mean over a day.
        peak_factor: Peak hour ÷ mean hour.
        latency_target_s: What 95 of 100 requests must not exceed, waiting included.
        hardware: Id of the `HardwareProfile`.
        electricity_per_kwh: Price of a kWh.
        api_price_per_million_tokens: What an API would cost; 0 for no comparison.
        tokens_per_request: Assumed where it was not measured; 0 for measured.
    """

    requests_per_day: float = 1000.0
    peak_factor: float = 4.0
    latency_target_s: float = 2.0
    hardware: str = ""
    electricity_per_kwh: float = 0.0
    api_price_per_million_tokens: float = 0.0
    tokens_per_request: float = 0.0


@dataclass(frozen=True)
class Sizing:
    """What running one candidate would take.

    Attributes:
        candidate: Id of the `EvaluatedCandidate`.
        instances: Machines needed at the peak.
        utilisation: Share of time they are busy at the peak, 0 to 1.
        p95_s: What 95 of 100 requests take at the peak, waiting included.
        cost_per_1000: Cost of 1,000 requests.
        break_even_per_day: Requests a day from which local is cheaper than the API; None where never, or not asked.
        inputs: Every number that went in, by name, with its origin.
        sentence: In the user's language.
        currency: Of the costs.
        machines: Whether it takes machines of one's own; not so where an endpoint answers.
    """

    candidate: int
    instances: int
    utilisation: float
    p95_s: Quantity
    cost_per_1000: Quantity
    break_even_per_day: float | None
    inputs: Mapping[str, Quantity]
    sentence: str
    currency: str
    machines: bool = True


@dataclass(frozen=True)
class Decision:
    """Everything the Decide screen and a report say about one evaluation.

    Attributes:
        task: Task id.
        evaluation: Id of the evaluation judged; None where there is none yet.
        brief: The product brief.
        criteria: In their order.
        changes: What was changed after results were there, oldest first.
        verdicts: One for each candidate with answers.
        recommendation: None where nothing was evaluated.
        sizing_inputs: What the sizing was asked.
        sizing: One for each candidate that could be sized.
        currency: Of the costs that are compared and judged; costs in another one stand in ``sizing`` only.
    """

    task: str
    evaluation: int | None
    brief: Brief
    criteria: tuple[Criterion, ...]
    changes: tuple[CriterionChange, ...]
    verdicts: tuple[CandidateVerdict, ...]
    recommendation: Recommendation | None
    sizing_inputs: SizingInputs
    sizing: tuple[Sizing, ...]
    currency: str = ""
