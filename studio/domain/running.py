"""What is asked of a worker: which model to open, how, and what an open model can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from studio.domain.endpoint import Price
from studio.domain.prediction import LabelTable, OutputTable, Prediction, PredictionTable

#: Who computes: ONNX Runtime, PyTorch eager mode as the baseline to compare with, or an endpoint that speaks OpenAI's
#: protocol.
Backend = Literal["onnx", "pytorch", "openai"]

#: Values of a task's input fields, by field name. Which fields there are, and of which kind, is the task's to say
#: (`studio.domain.task.Task.inputs`), so this is a mapping and not one dataclass for each task.
Inputs = Mapping[str, Any]

#: Values of a task's options, by option name, already checked by `studio.domain.task.Task.resolve_options`.
Options = Mapping[str, Any]


@dataclass(frozen=True)
class ProviderSetup:
    """An execution provider of ONNX Runtime with its options.

    Attributes:
        name: ONNX Runtime's name, such as ``"CUDAExecutionProvider"``.
        options: Provider options as ONNX Runtime takes them.
    """

    name: str = "CPUExecutionProvider"
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteSetup:
    """How a model of an endpoint is asked.

    Attributes:
        base_url: Address of the endpoint, such as ``"https://api.example.com/v1"``.
        model: What the endpoint calls the model.
        key: Secret that shows who asks; empty where none is needed. Never stored, printed or told in an error.
        headers: Further headers of every request.
        timeout_s: Longest time for one answer.
        retries: How often a request is tried again that was refused for the moment.
        requests_per_minute: Most requests a minute; 0 for no limit.
        at_once: Most requests at the same time.
        price: What tokens cost, where the user said so.
    """

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 120.0
    retries: int = 4
    requests_per_minute: int = 0
    at_once: int = 1
    price: Price | None = None


@dataclass(frozen=True)
class LoadSpec:
    """What a worker needs to know to open a candidate.

    Attributes:
        task: Task id, such as ``"translation"``.
        folder: The model's folder (Hugging Face layout).
        precision: Which of the folder's ONNX files, such as ``"int8"``.
        device: Provider id (``studio/providers``), such as ``"cpu"`` or ``"cuda"``.
        provider: What that device means to ONNX Runtime; the CPU provider is always added behind it.
        backend: See `Backend`.
        weights: Folder with the original PyTorch weights, for the ``pytorch`` backend.
        read_back: Whether that backend reads its weights back from the graph of ``precision``, where no original is.
        threads: Threads for one operator; 0 means one for each physical core available to the process.
        remote: How it is asked, for the ``openai`` backend, which has no folder.
    """

    task: str
    folder: Path
    precision: str = "fp32"
    device: str = "cpu"
    provider: ProviderSetup = field(default_factory=ProviderSetup)
    backend: Backend = "onnx"
    weights: Path | None = None
    threads: int = 0
    remote: RemoteSetup | None = None
    read_back: bool = False


@dataclass(frozen=True)
class RemotePlace:
    """The endpoint that answers.

    Attributes:
        host: Its host, with a port where the address names one.
        leaves: Whether that is another computer, so that what is asked leaves this one.
        network_s: Seconds of a request that computes nothing, there and back: the network's share of every answer;
            None where it could not be measured.
        price: What its tokens cost, where the user said so.
    """

    host: str
    leaves: bool
    network_s: float | None = None
    price: Price | None = None


@dataclass(frozen=True)
class Placement:
    """Where a model really runs, read from the session after it was created, never from what was asked for.

    Attributes:
        provider: Execution provider that got the most nodes, such as ``"CPUExecutionProvider"``; ``"PyTorch"`` for
            the baseline.
        providers: All providers registered in the session, in order of priority.
        nodes: Number of graph nodes by provider, where the runtime tells; empty where it doesn't.
        threads: Threads used for one operator.
        notice: A sentence when the model runs elsewhere than asked (a fall-back to the CPU, whole or in part).
        remote: The endpoint that answers; None for a model on this computer.
    """

    provider: str
    providers: tuple[str, ...]
    nodes: Mapping[str, int] = field(default_factory=dict)
    threads: int = 0
    notice: str = ""
    remote: RemotePlace | None = None


class Runner(Protocol):
    """An open model. Lives in a worker process; one call at a time."""

    @property
    def placement(self) -> Placement: ...

    def run(
        self,
        inputs: Inputs,
        options: Options,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> Prediction:
        """Answer one input.

        Args:
            inputs: Values of the task's input fields.
            options: Values of the task's options.
            on_text: Called with each new piece of correctly decoded text, for outputs that stream.
            cancelled: Asked between steps; once true, the runner stops and returns what it has, with
                ``finish_reason="cancelled"`` where the output says one.

        Raises:
            InputError: The input can't be used (empty text, a language the model does not have).
        """
        ...


@runtime_checkable
class BatchRunner(Runner, Protocol):
    """A runner that answers several inputs in one run of the graph, for evaluating many rows."""

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable | OutputTable:
        """Answer several inputs.

        Raises:
            InputError: One of them can't be used; run them one by one to learn which.
        """
        ...

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """How many tokens are read of each input: what is about as long runs together with little padding."""
        ...


@runtime_checkable
class ConcurrentRunner(Runner, Protocol):
    """A runner that answers several inputs at the same time, each by itself: one that waits for somebody else."""

    @property
    def at_once(self) -> int:
        """How many inputs it works on at the same time."""
        ...

    def run_each(
        self, batch: Sequence[Inputs], options: Sequence[Options], cancelled: Callable[[], bool]
    ) -> PredictionTable:
        """Answer several inputs, each with its own options.

        What goes wrong with one of them is its own failure; once ``cancelled``, those without an answer have a
        `studio.domain.errors.StoppedError`.
        """
        ...


@runtime_checkable
class ExplainingRunner(Runner, Protocol):
    """A runner that can say more of its answers than running it shows."""

    def explain(self, question: Any, cancelled: Callable[[], bool]) -> Any:
        """Reply to a question of `studio.domain.attribution`.

        Raises:
            InputError: It can't be used, or this model has no reply to such a question.
            StoppedError: It was cancelled.
        """
        ...


def ignore_text(_text: str) -> None:
    """An ``on_text`` for callers that want the whole answer only."""


def never_cancelled() -> bool:
    """A ``cancelled`` for callers that don't stop."""
    return False
