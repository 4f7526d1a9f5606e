"""Candidates on a data set: what was asked, what each answered row by row, and what that says about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.endpoint import Price
from studio.domain.errors import Failure
from studio.domain.metric import Estimate
from studio.domain.prediction import Output
from studio.domain.running import Options, Placement

#: ``running``: rows are being answered. ``stopped``: by the user; ``interrupted``: the studio ended meanwhile. Both
#: go on with the remaining rows. ``finished``: every row has an answer or a failure. ``failed``: it can't
#: run.
EvaluationStatus = Literal["running", "stopped", "interrupted", "finished", "failed"]
#: A model that runs here, or answers that stand in a column of the data.
CandidateKind = Literal["model", "recorded"]


@dataclass(frozen=True)
class EvaluationSettings:
    """What an evaluation was asked to do; it never changes once it began.

    Attributes:
        mapping: What the columns meant when it began.
        label_map: Which label of a model a reference label means.
        positions: Rows that take part, in order; None for all.
        repeats: How often each row is asked (sampled generation).
        options: All shared options, defaults included.
        batch_size: Rows that run through the graph together, where the task allows; 0 for what suits the model.
        threads: Threads for one operator; 0 means one for each physical core.
        seed: Of the bootstrap, and of sampling where the task has no seed of its own.
    """

    mapping: ColumnMapping
    label_map: Mapping[str, str] = field(default_factory=dict)
    positions: tuple[int, ...] | None = None
    repeats: int = 1
    options: Options = field(default_factory=dict)
    batch_size: int = 0
    threads: int = 0
    seed: int = 0


@dataclass(frozen=True)
class NodeShare:
    """What one node of a cluster did for a candidate.

    Attributes:
        name: Its host name.
        cpu: Its processor's name.
        processors: Processors that it offers.
        memory_mb: Memory of the computer, 10^6 bytes; 0 where not known.
        workers: How often the candidate was open there at once.
        rows: Rows it answered.
        busy_s: Time its workers took for them, all together.
        timed: Whether latencies were measured on it, or on one like it.
    """

    name: str
    cpu: str
    processors: float
    memory_mb: float
    workers: int
    rows: int = 0
    busy_s: float = 0.0
    timed: bool = False


@dataclass(frozen=True)
class ClusterShare:
    """How a candidate's rows were answered on a cluster.

    Attributes:
        address: Where it was joined; ``"local"`` for one of this computer alone.
        rows: Rows that all nodes answered together.
        elapsed_s: Time that took, waiting and the way there included.
        nodes: What each did.
        lost: How often a node or a process on one was lost meanwhile.
        notices: What a reader must know about the nodes.
    """

    address: str
    rows: int = 0
    elapsed_s: float = 0.0
    nodes: tuple[NodeShare, ...] = ()
    lost: int = 0
    notices: tuple[str, ...] = ()

    @property
    def rows_per_s(self) -> float | None:
        """Rows a second of the whole cluster, unlike `RunFacts.rows_per_s`, which is one worker's."""
        return self.rows / self.elapsed_s if self.elapsed_s > 0 else None


@dataclass(frozen=True)
class RunFacts:
    """What was measured of a candidate as a whole; None means "not available".

    Attributes:
        load_s: Opening the model.
        busy_s: Time in which it answered rows, warm-up and the separate latency runs left out.
        rows_per_s: Rows answered / ``busy_s``.
        idle_memory_mb: The worker's high-water mark before loading, 10^6 bytes.
        peak_memory_mb: The worker's high-water mark at the end, 10^6 bytes.
        device_memory_mb: GPU memory of the worker, 10^6 bytes.
        energy_wh_per_1000: Energy of processor (RAPL) and GPU (NVML) for 1,000 rows, in Wh.
        batch_size: Rows that ran together.
        latencies_s: Raw seconds of rows that ran by themselves, warm-up left out: what a single user would wait.
        counted: Answers for which an endpoint told how many tokens they took.
        prompt_tokens: Tokens that were read for these, all together.
        output_tokens: Tokens that were written for these.
        waited_s: How long an endpoint's limits held the run up; no part of any latency.
        cluster: How its rows were spread over a cluster; None where they were answered here.
    """

    load_s: float | None = None
    busy_s: float | None = None
    rows_per_s: float | None = None
    idle_memory_mb: float | None = None
    peak_memory_mb: float | None = None
    device_memory_mb: float | None = None
    energy_wh_per_1000: float | None = None
    batch_size: int = 1
    latencies_s: tuple[float, ...] = ()
    counted: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    waited_s: float = 0.0
    cluster: ClusterShare | None = None


@dataclass(frozen=True)
class EvaluatedCandidate:
    """A candidate of an evaluation.

    Attributes:
        id: Number in the project.
        name: Tells it apart within the evaluation, such as ``"starter/support-intents-tiny:int8"`` or a recorded name.
        title: What a person reads.
        kind: See `CandidateKind`.
        candidate: What ran; None for a recorded one.
        options: All options it ran with.
        status: How far it is.
        done: Rows (times repeats) with an answer or a failure.
        failed: How many of these are failures.
        facts: What was measured of it as a whole.
        placement: Where it really ran.
        failure: Why it can't run at all.
        licence: Licence id of the model.
        labels: A classifier's labels, in the order of stored scores.
        sends_data: Whether rows left this computer to be answered.
    """

    id: int
    name: str
    title: str
    kind: CandidateKind
    candidate: Candidate | None = None
    options: Options = field(default_factory=dict)
    status: EvaluationStatus = "running"
    done: int = 0
    failed: int = 0
    facts: RunFacts = RunFacts()
    placement: Placement | None = None
    failure: Failure | None = None
    licence: str = ""
    labels: tuple[str, ...] = ()
    sends_data: bool = False

    @property
    def price(self) -> Price | None:
        """What tokens cost when it ran."""
        return self.placement.remote.price if self.placement and self.placement.remote else None

    @property
    def cost_per_1000(self) -> float | None:
        """What 1,000 requests like these rows cost, in the currency of `price`; None where it is not known."""
        if self.price is None or not self.facts.counted:
            return None
        return self.price.of(self.facts.prompt_tokens, self.facts.output_tokens) / self.facts.counted * 1000


@dataclass(frozen=True)
class Answer:
    """What one candidate answered to one row.

    Attributes:
        candidate: Id of the `EvaluatedCandidate`.
        position: The row.
        repeat: Counted from 0.
        output: The answer; None where there is a failure.
        failure: Why there is none.
        latency_s: Submit → whole answer, where the row ran by itself (or a recorded latency); None in a batch.
        ttft_s: Time to first token.
        decode_tokens_per_s: (n − 1) / (end − first token).
        characters_per_s: Characters of the answer / latency.
        notices: What the user must know: cut, trimmed, replaced.
    """

    candidate: int
    position: int
    repeat: int
    output: Output | None
    failure: Failure | None = None
    latency_s: float | None = None
    ttft_s: float | None = None
    decode_tokens_per_s: float | None = None
    characters_per_s: float | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvaluationInfo:
    """An evaluation as it stands in the project, without its answers.

    Attributes:
        id: Number in the project; later ones have higher numbers.
        task: Task id.
        dataset: The data set it runs on, with its mapping of today; `settings` has that of the start.
        title: What a person called it; mostly empty.
        started: When, in UTC.
        settings: What was asked.
        rows: How many rows take part.
        status: Of all candidates together.
        candidates: In the order asked for.
        baseline: Id of the candidate that others are compared with; None for none.
        environment: What a report needs to reproduce it.
    """

    id: int
    task: str
    dataset: Dataset
    title: str
    started: datetime
    settings: EvaluationSettings
    rows: int
    status: EvaluationStatus
    candidates: tuple[EvaluatedCandidate, ...]
    baseline: int | None = None
    environment: Mapping[str, str | int | float | None] = field(default_factory=dict)

    @property
    def can_go_on(self) -> bool:
        """Whether it ended before all rows were answered; of one that failed, where a candidate answered some."""
        total = self.rows * self.settings.repeats
        broke_off = any(each.status == "failed" and 0 < each.done < total for each in self.candidates)
        return self.status in ("stopped", "interrupted") or (self.status == "failed" and broke_off)


@dataclass(frozen=True)
class SliceKey:
    """A group of rows: those where ``column`` holds ``value``."""

    column: str
    value: str


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of about the same confidence.

    Attributes:
        low: Lower bound of the confidence.
        high: Upper bound.
        confidence: Mean confidence in it.
        accuracy: Share of right answers in it.
        n: How many answers.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class LabelScores:
    """One label of a classifier on the rows at hand; precision and recall are None where undefined (0 / 0)."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class CandidateScores:
    """What the answers of one candidate say.

    Attributes:
        candidate: Id of the `EvaluatedCandidate`.
        n: Rows that were scored.
        errors: Rows without an answer; they count as wrong in quality metrics.
        metrics: Quality, by metric id.
        speed: Speed and memory, by key: ``latency_p50_s``, ``latency_p90_s``, ``latency_p95_s``, ``latency_p99_s``
            (only where n ≥ 100), ``rows_per_s``, ``ttft_p50_s``, ``decode_tokens_per_s``, ``characters_per_s``,
            ``peak_memory_mb``, ``load_s``, ``energy_wh_per_1000``.
        slices: Quality by group.
        labels: For classifiers, every label.
        confusion: Rows of (reference, predicted, count), by count; labels as the reference names them.
        reliability: Confidence against accuracy, for classifiers with scores.
        signatures: How a metric was computed, by metric id (sacrebleu's signature).
        spread: For repeated runs, the standard deviation between repeats, by metric id.
    """

    candidate: int
    n: int
    errors: int
    metrics: Mapping[str, Estimate]
    speed: Mapping[str, Estimate] = field(default_factory=dict)
    slices: Mapping[SliceKey, Mapping[str, Estimate]] = field(default_factory=dict)
    labels: tuple[LabelScores, ...] = ()
    confusion: tuple[tuple[str, str, int], ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    signatures: Mapping[str, str] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PairComparison:
    """Two candidates on the same rows.

    Attributes:
        a: Id of the first candidate.
        b: Id of the second.
        metric: Metric id, or a key of `CandidateScores.speed`.
        difference: Value of ``a`` − value of ``b`` on the rows that both have.
        low: Lower bound of its 95 % interval.
        high: Upper bound.
        p_value: Of the paired test, not adjusted.
        p_adjusted: After Holm's correction over all pairs of this metric; decides the winner.
        test: ``"mcnemar-exact"`` or ``"paired-bootstrap"``.
        n: Rows compared.
        winner: Id of the better one; None: no clear winner.
        further_rows: About how many more rows would settle it if the difference stays; None where not told.
    """

    a: int
    b: int
    metric: str
    difference: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    test: str
    n: int
    winner: int | None
    further_rows: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """Everything the answers say; computed from the project, nothing is run again.

    Attributes:
        info: What was asked, and who.
        headline: Metric id that decides first.
        metrics: Metric ids in the order shown, the headline first.
        scores: One for each candidate that has answers, in their order.
        comparisons: Every pair, for the headline and the other metrics that can be compared.
        pareto: Ids of the candidates that no other one beats in quality, p95 latency and memory at once.
        votes: Win rates of blind votes, by candidate id; empty where nobody voted.
    """

    info: EvaluationInfo
    headline: str
    metrics: tuple[str, ...]
    scores: tuple[CandidateScores, ...]
    comparisons: tuple[PairComparison, ...]
    pareto: tuple[int, ...] = ()
    votes: Mapping[int, Estimate] = field(default_factory=dict)

    def of(self, candidate: int) -> CandidateScores | None:
        """The scores of one candidate; None where it has no answers."""
        return next((scores for scores in self.scores if scores.candidate == candidate), None)

    def candidate(self, candidate: int) -> EvaluatedCandidate:
        """The candidate of that id. Raises `KeyError`: there is none."""
        return {each.id: each for each in self.info.candidates}[candidate]
