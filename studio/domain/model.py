"""A model as it lies on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from studio.domain.layout import PrecisionFiles

#: ``ready``: can run. ``incomplete``: a needed file is missing, or no ONNX file is there (not converted yet).
#: ``damaged``: a file differs in size from what was recorded, or can't be read.
ModelState = Literal["ready", "incomplete", "damaged"]


@dataclass(frozen=True)
class Fidelity:
    """How close a converted precision is to the original, on a fixed set of inputs.

    The original is PyTorch, or ONNX in fp32 where the weights were not there (``studio.json`` says which).

    Attributes:
        max_logit_difference: Largest absolute difference of any logit.
        same_outputs: Share of inputs with the same answer (label, or greedy token ids), 0 to 1.
        inputs: How many inputs were compared.
    """

    max_logit_difference: float
    same_outputs: float
    inputs: int


@dataclass(frozen=True)
class Model:
    """A model in the library, read from its folder without loading it.

    Attributes:
        id: Name in the library, such as ``"starter/support-intents-tiny"``; for a folder opened directly, its path.
        folder: Where it lies.
        task: Task id, or None where neither the card nor the configuration tells.
        architecture: ``model_type`` of ``config.json``, such as ``"bert"``.
        precisions: What it can run at, best quality first.
        licence: Licence id of the card, such as ``"apache-2.0"``; empty where none is stated.
        languages: Language codes of the card.
        size_mb: Size of all its files in megabytes (10^6 bytes).
        state: See `ModelState`.
        problem: A sentence when the state is not ``ready``.
        parameters: Number of parameters, where known.
        max_tokens: Longest input in tokens, where known.
        fidelity: Conversion fidelity by precision, where measured.
        weights: Folder with the PyTorch weights, where they are (still) there.
        source: Where it came from: a Hub id or a folder's name.
        labels: Labels of a classifier.
        shipped: Whether it ships with the studio (and so can't be removed).
        title: What its card calls it, for people; empty where the card doesn't.
        linked: Whether it lies outside the library, which only points to it; removing it removes the pointer.
    """

    id: str
    folder: Path
    task: str | None
    architecture: str
    precisions: tuple[PrecisionFiles, ...]
    licence: str = ""
    languages: tuple[str, ...] = ()
    size_mb: float = 0.0
    state: ModelState = "ready"
    problem: str = ""
    parameters: int | None = None
    max_tokens: int | None = None
    fidelity: Mapping[str, Fidelity] = field(default_factory=dict)
    weights: Path | None = None
    source: str = ""
    labels: tuple[str, ...] = ()
    shipped: bool = False
    title: str = ""
    linked: bool = False

    def files(self, precision: str) -> PrecisionFiles | None:
        """The files of one precision, or None where the model does not have it."""
        return next((files for files in self.precisions if files.precision == precision), None)
