"""What passes between the process that asks for a model and the process that prepares it. Plain data only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Precisions that can be made, best quality first.
MAKEABLE = ("fp32", "fp16", "int8", "int4")
#: What is made where the user names nothing; other tasks get fp32 and int8.
PRECISIONS_BY_TASK = {"chat": ("fp32", "int8", "int4")}


@dataclass(frozen=True)
class Plan:
    """What to do, with everything checked that can be without heavy libraries.

    Attributes:
        id: Name in the library.
        source: The model's folder.
        task: Task id.
        export_task: What optimum calls the task.
        precisions: What the finished model shall have.
        offered: Precisions whose ONNX files are in the source already.
        convert: Whether to export from PyTorch weights.
        pickled: Whether the only weights are pickled ones, which the user allowed.
        keep_weights: Whether to copy the weights.
        source_name: What ``studio.json`` says about the origin.
        record_path: Whether ``studio.json`` may hold the source's path.
        threads: Threads for fidelity runs; 0 means all physical cores.
    """

    id: str
    source: Path
    task: str
    export_task: str
    precisions: tuple[str, ...]
    offered: tuple[str, ...]
    convert: bool
    pickled: bool
    keep_weights: bool
    source_name: str
    record_path: bool
    threads: int


@dataclass(frozen=True)
class Progress:
    """A step began; see `studio.library.add.AddObserver.stage`."""

    name: str
    fraction: float
    message: str


@dataclass(frozen=True)
class Done:
    """The model is complete."""
