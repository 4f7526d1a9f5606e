"""What a model learns from: examples as tensors, the loss, and how a prediction is judged. Imports torch.

A lesson knows one kind of model; the trainer that steps through it (`studio.teaching.training`) knows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studio.teaching.fine_tuning_plan import TrainingPlan


@dataclass(frozen=True)
class Row:
    """One example as token ids.

    Attributes:
        ids: What is read.
        answer: Place of the label, the number, or the token ids that are to be written.
    """

    ids: tuple[int, ...]
    answer: Any


@dataclass(frozen=True)
class Judgement:
    """Sums over some examples, so that batches can be added up.

    Attributes:
        loss: Sum of the losses.
        right: Sum of the scores.
        count: What both are divided by: examples, or tokens that were to be written.
    """

    loss: float
    right: float
    count: int


class Lesson(Protocol):
    """One kind of learning."""

    model: Any

    def rows(self, texts: Sequence[str], answers: Sequence[str]) -> list[Row]:
        """Examples as token ids."""
        ...

    def begin(self, learned: Sequence[Row], chosen: Sequence[Row]) -> None:
        """Prepare a model that has learned nothing yet, then `finish_model`."""
        ...

    def finish_model(self) -> None:
        """The model as it learns; after this its weights have their names in a checkpoint."""
        ...

    def loss(self, rows: Sequence[Row]) -> tuple[Any, int]:
        """The mean loss of a batch, and over how many parts it is the mean."""
        ...

    def judge(self, rows: Sequence[Row]) -> Judgement:
        """Loss and score of a batch; the model does not learn from it."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model and its configuration."""
        ...


def padded(ids: Sequence[Sequence[int]], fill: int, left: bool = False) -> Any:
    """A tensor of equal rows, int64."""
    import torch

    longest = max(len(row) for row in ids)
    rows = [
        [fill] * (longest - len(row)) + list(row) if left else [*row, *[fill] * (longest - len(row))] for row in ids
    ]
    return torch.tensor(rows, dtype=torch.int64)


def open_lesson(plan: TrainingPlan, start: Path, answers: Sequence[str]) -> Lesson:
    """The lesson of a plan, its model open and untaught.

    Args:
        plan: What is learned.
        start: Folder with the base's weights.
        answers: Those of the examples that are learned from or choose.
    """
    if plan.kind in ("labels", "number"):
        from studio.teaching.lesson_head import HeadLesson

        return HeadLesson(plan, start, answers)
    from studio.teaching.lesson_writing import WritingLesson

    return WritingLesson(plan, start)


def with_lora(model: Any, kind: str, fresh: Sequence[str]) -> Any:
    """The model with small matrices beside its linear layers, which alone learn (Hu et al. 2021).

    Args:
        model: A transformers model.
        kind: peft's name of the task.
        fresh: Modules without trained weights: these learn as a whole.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=16,
        lora_alpha=32,
        lora_dropout=0.05,
        target_modules="all-linear",
        task_type=kind,
        modules_to_save=list(fresh) or None,
    )
    return get_peft_model(model, config)
