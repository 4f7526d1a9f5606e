"""Will the fine-tuning fit into memory? Told before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from studio.domain.i18n import _
from studio.services.fit import free_memory_mb, gigabytes
from studio.teaching.fine_tuning_plan import Kind, TrainingPlan

#: torch, transformers, and what they keep once they have computed something; measured.
_PROCESS_MB = 650.0
#: Numbers of four bytes for each weight: itself, its gradient, two averages of AdamW, the best so far, the checkpoint
#: while it is written.
_WHOLE, _WITH_LORA = 6.0, 1.6
#: Activations that are kept for the way back, as a multiple of tokens × width × layers; measured.
_ACTIVATIONS = 24.0


@dataclass(frozen=True)
class Shape:
    """What the rule has to know of a base.

    Attributes:
        parameters: All its weights.
        width: Numbers that stand for a token.
        layers: How many.
        heads: Attention heads.
        vocabulary: Tokens that it scores; 0 where it writes no text.
    """

    parameters: int
    width: int
    layers: int
    heads: int
    vocabulary: int = 0


@dataclass(frozen=True)
class MemoryCheck:
    """What it needs against what is free.

    Attributes:
        need_mb: 10^6 bytes, computed.
        free_mb: 10^6 bytes, right now.
    """

    need_mb: float
    free_mb: float

    @property
    def enough(self) -> bool:
        """Whether it fits."""
        return self.need_mb <= self.free_mb

    @property
    def sentence(self) -> str:
        """In words: ``"needs 3.1 GB, 21 GB free"``."""
        return _("needs {need}, {free} free").format(need=gigabytes(self.need_mb), free=gigabytes(self.free_mb))


def needed_mb(plan: TrainingPlan, shape: Shape, longest: int) -> float:
    """Memory of the process that trains, 10^6 bytes.

    Args:
        plan: Settled.
        shape: Of the base.
        longest: Tokens of the longest text among the examples, about.
    """
    settings = plan.settings
    tokens = min(settings.max_tokens or longest, longest)
    weights = 4 * shape.parameters * (_WITH_LORA if settings.lora else _WHOLE)
    read = settings.batch_size * tokens
    kept = 4 * read * shape.width * shape.layers * _ACTIVATIONS
    attention = 4 * settings.batch_size * shape.heads * tokens**2 * shape.layers * 3
    scores = 4 * read * shape.vocabulary * 4 if _writes(plan.kind) else 0
    return _PROCESS_MB + (weights + kept + attention + scores) / 1e6


def _writes(kind: Kind) -> bool:
    return kind in ("seq2seq", "causal")


def check(plan: TrainingPlan, shape: Shape, longest: int) -> MemoryCheck:
    """What it needs against what is free now."""
    return MemoryCheck(needed_mb(plan, shape, longest), free_memory_mb())
