"""What is asked of a worker: which model to open, how, and what an open model can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from studio.domain.prediction import LabelTable, OutputTable, Prediction

#: Who computes: ONNX Runtime, or PyTorch eager mode as the baseline to compare with.
Backend = Literal["onnx", "pytorch"]

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
        threads: Threads for one operator; 0 means one for each physical core available to the process.
    """

    task: str
    folder: Path
    precision: str = "fp32"
    device: str = "cpu"
    provider: ProviderSetup = field(default_factory=ProviderSetup)
    backend: Backend = "onnx"
    weights: Path | None = None
    threads: int = 0


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
    """

    provider: str
    providers: tuple[str, ...]
    nodes: Mapping[str, int] = field(default_factory=dict)
    threads: int = 0
    notice: str = ""


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


def ignore_text(_text: str) -> None:
    """An ``on_text`` for callers that want the whole answer only."""


def never_cancelled() -> bool:
    """A ``cancelled`` for callers that don't stop."""
    return False
