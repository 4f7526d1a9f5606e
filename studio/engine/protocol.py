"""What a worker process and its parent say to each other. Every message carries the id of its job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import Failure
from studio.domain.prediction import Prediction
from studio.domain.running import LoadSpec, Placement

# ── parent → worker ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Load:
    """Open a candidate; answered by `LoadDone` or `JobFailed`."""

    job: int
    spec: LoadSpec


@dataclass(frozen=True)
class Run:
    """Answer one input; answered by `Text` messages and one of `RunDone` and `JobFailed`."""

    job: int
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Cancel:
    """Stop that job as soon as possible; it is answered as if it had ended by itself, or by `JobCancelled`."""

    job: int


@dataclass(frozen=True)
class Close:
    """End the process."""

    job: int = 0


# ── worker → parent ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ready:
    """The process is up. ``modules`` counts what it imported so far."""

    job: int
    idle_memory_mb: float | None


@dataclass(frozen=True)
class LoadDone:
    job: int
    load_s: float
    placement: Placement
    idle_memory_mb: float | None


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    job: int
    piece: str


@dataclass(frozen=True)
class RunDone:
    job: int
    prediction: Prediction
    peak_memory_mb: float | None
    device_memory_mb: float | None


@dataclass(frozen=True)
class JobFailed:
    job: int
    failure: Failure


@dataclass(frozen=True)
class JobCancelled:
    job: int


# ── what a job's outcome holds ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Loaded:
    """A candidate is open.

    Attributes:
        load_s: Time to open it, in the worker; process start not included.
        placement: Where it really runs.
        idle_memory_mb: The process's high-water mark before loading, 10^6 bytes; None where not available.
        ready_s: From starting the process to its first message.
    """

    load_s: float
    placement: Placement
    idle_memory_mb: float | None
    ready_s: float


@dataclass(frozen=True)
class Ran:
    """An input was answered.

    Attributes:
        prediction: The answer.
        latency_s: Submit → whole answer, measured in the parent.
        peak_memory_mb: The process's high-water mark, 10^6 bytes; None where not available.
        device_memory_mb: The process's GPU memory, 10^6 bytes; None where there is none.
    """

    prediction: Prediction
    latency_s: float
    peak_memory_mb: float | None
    device_memory_mb: float | None
