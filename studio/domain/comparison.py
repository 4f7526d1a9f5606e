"""Candidates side by side: who they are, what they answered and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.domain.endpoint import leaves_this_computer
from studio.domain.errors import Failure
from studio.domain.prediction import Prediction
from studio.domain.running import Backend, Inputs, Options, Placement


@dataclass(frozen=True)
class Candidate:
    """A model with everything that decides how it runs.

    Attributes:
        model: Model id; ``NAME/MODEL`` for a model of an endpoint.
        precision: ONNX precision; the baseline runs at what its weights are, in fp32. Empty for an endpoint.
        device: Provider id; for an endpoint its host.
        backend: ONNX Runtime, PyTorch as the baseline, or an endpoint.
    """

    model: str
    precision: str
    device: str = "cpu"
    backend: Backend = "onnx"

    @property
    def name(self) -> str:
        """A short name that tells candidates of one comparison apart, and that can be typed to name it again."""
        if self.remote:
            return f"endpoint:{self.model}"
        kind = "pytorch" if self.backend == "pytorch" else self.precision
        return f"{self.model}:{kind}" + ("" if self.device == "cpu" else f"@{self.device}")

    @property
    def remote(self) -> bool:
        """Whether an endpoint answers, be it on this computer or another."""
        return self.backend == "openai"

    @property
    def leaves(self) -> bool:
        """Whether what is asked leaves this computer."""
        return self.remote and leaves_this_computer(self.device)


@dataclass(frozen=True)
class Measurement:
    """What was measured for one candidate. None means "not available", never a stand-in.

    Attributes:
        load_s: Opening the model, process start not included.
        latency_s: End to end in the parent: submit → whole answer; the median where there were several runs.
        latencies_s: Raw values of all measured runs, warm-up left out.
        ttft_s: Time to first token: submit → first non-empty text, in the worker.
        tpot_s: Time per output token: (end − first) / (n − 1).
        decode_tokens_per_s: (n − 1) / (end − first).
        characters_per_s: Characters of the answer / latency. Tokens differ between tokenizers, characters don't.
        prompt_tokens: Tokens read.
        output_tokens: Tokens written.
        idle_memory_mb: The worker's high-water mark before loading, in 10^6 bytes.
        peak_memory_mb: The worker's high-water mark after the last run, in 10^6 bytes.
        device_memory_mb: GPU memory of the worker's process, in 10^6 bytes.
        real_time_factor: Of recordings: latency / length of the recording; below 1 keeps up with speech.
        network_s: Of an endpoint: the network's share of TTFT and of latency, there and back.
        cost: What this answer cost, in the currency of the endpoint's price.
    """

    load_s: float | None = None
    latency_s: float | None = None
    latencies_s: tuple[float, ...] = ()
    ttft_s: float | None = None
    tpot_s: float | None = None
    decode_tokens_per_s: float | None = None
    characters_per_s: float | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    idle_memory_mb: float | None = None
    peak_memory_mb: float | None = None
    device_memory_mb: float | None = None
    real_time_factor: float | None = None
    network_s: float | None = None
    cost: float | None = None


@dataclass(frozen=True)
class CandidateResult:
    """How one candidate fared: an answer with its measurement, or a failure.

    An answer that the user stopped is an answer, with ``finish_reason="cancelled"``.

    Attributes:
        candidate: Who.
        prediction: The answer; None where there is a failure.
        measurement: What was measured.
        placement: Where it really ran; None where it could not be opened.
        failure: Why there is no answer.
        options: All options it ran with, defaults included.
    """

    candidate: Candidate
    prediction: Prediction | None = None
    measurement: Measurement = field(default_factory=Measurement)
    placement: Placement | None = None
    failure: Failure | None = None
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """One input through several candidates.

    Attributes:
        task: Task id.
        inputs: Values of the task's input fields.
        options: All options that candidates share, defaults included; see `CandidateResult.options` for their own.
        results: One for each candidate, in the order asked for.
        environment: What a report needs to reproduce it: versions, processor, threads, seed.
    """

    task: str
    inputs: Inputs
    options: Options
    results: tuple[CandidateResult, ...]
    environment: Mapping[str, str | int | float | None]
