"""What a worker process and its parent say to each other. What belongs to a job carries the job's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.domain.attribution import Question, Reply
from studio.domain.errors import Failure
from studio.domain.prediction import LabelTable, OutputTable, Prediction, PredictionTable
from studio.domain.provider import InstalledRuntime
from studio.domain.running import LoadSpec, Placement

# ── parent → worker ──────────────────────────────────────────────────────────────────────────────────────────────
# There is no message that ends a worker: it is killed, which works in every state and leaves nothing behind.


@dataclass(frozen=True)
class Load:
    """Open a candidate; answered by `LoadDone` or `JobFailed`."""

    job: int
    spec: LoadSpec


@dataclass(frozen=True)
class Run:
    """Answer one input; answered by `Text` messages and one of `RunDone`, `JobFailed` and `JobCancelled`."""

    job: int
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class RunBatch:
    """Answer several inputs in one run of the graph; answered by `BatchDone` or `JobFailed`."""

    job: int
    batch: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class RunEach:
    """Answer several inputs at the same time, each by itself; answered by `EachDone` or `JobFailed`."""

    job: int
    batch: tuple[Mapping[str, Any], ...]
    options: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Explain:
    """Reply to a question about an answer; answered by `ExplainDone`, `JobFailed` or `JobCancelled`."""

    job: int
    question: Question


@dataclass(frozen=True)
class Measure:
    """Say how many tokens are read of each input; answered by `MeasureDone` or `JobFailed`."""

    job: int
    batch: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Probe:
    """Say what the installed ONNX Runtime offers; answered by `ProbeDone` or `JobFailed`."""

    job: int


@dataclass(frozen=True)
class Cancel:
    """Stop that job as soon as possible; it is answered as if it had ended by itself, or by `JobCancelled`."""

    job: int


@dataclass(frozen=True)
class Ping:
    """Answered by `Pong`, also while a job goes on: by a process that can still do anything at all."""


# ── worker → parent ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ready:
    """The process is up."""


@dataclass(frozen=True)
class LoadDone:
    job: int
    load_s: float
    placement: Placement
    idle_memory_mb: float | None
    batches: bool = False
    at_once: int = 0


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    job: int
    piece: str


@dataclass(frozen=True)
class RunDone:
    job: int
    prediction: Prediction


@dataclass(frozen=True)
class BatchDone:
    job: int
    table: LabelTable | OutputTable


@dataclass(frozen=True)
class EachDone:
    job: int
    table: PredictionTable


@dataclass(frozen=True)
class ExplainDone:
    job: int
    reply: Reply


@dataclass(frozen=True)
class MeasureDone:
    job: int
    lengths: tuple[int, ...]


@dataclass(frozen=True)
class ProbeDone:
    job: int
    runtime: InstalledRuntime


@dataclass(frozen=True)
class JobFailed:
    job: int
    failure: Failure


@dataclass(frozen=True)
class JobCancelled:
    job: int


@dataclass(frozen=True)
class Pong:
    """See `Ping`."""


# ── what a job's outcome holds ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Loaded:
    """A candidate is open.

    Attributes:
        load_s: Time to open it, in the worker; starting the process and importing libraries not included.
        placement: Where it really runs.
        idle_memory_mb: The process's high-water mark before loading, libraries included, 10^6 bytes; None where not
            available.
        ready_s: From starting the process to its first message.
        batches: Whether it answers several inputs at once (`studio.domain.running.BatchRunner`).
        at_once: How many inputs it works on at the same time, each by itself
            (`studio.domain.running.ConcurrentRunner`); 0 where it does not.
    """

    load_s: float
    placement: Placement
    idle_memory_mb: float | None
    ready_s: float
    batches: bool = False
    at_once: int = 0


@dataclass(frozen=True)
class Ran:
    """An input was answered.

    Attributes:
        prediction: The answer.
        latency_s: Submit → whole answer, measured in the parent; without the time that an endpoint's limits held it up.
        peak_memory_mb: The process's high-water mark, 10^6 bytes; None where not available.
        device_memory_mb: The process's GPU memory, 10^6 bytes; None where there is none.
    """

    prediction: Prediction
    latency_s: float
    peak_memory_mb: float | None
    device_memory_mb: float | None


@dataclass(frozen=True)
class RanBatch:
    """Several inputs were answered at once.

    Attributes:
        table: The answers.
        latency_s: Submit → all answers, measured in the parent.
        peak_memory_mb: See `Ran`.
        device_memory_mb: See `Ran`.
    """

    table: LabelTable | OutputTable
    latency_s: float
    peak_memory_mb: float | None
    device_memory_mb: float | None
