"""Weighs the words of a text by integrated gradients, where the model's original weights are on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studio.domain.attribution import Gradients, TokenWeights
from studio.domain.errors import InputError
from studio.domain.explanation import Part
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.running import Inputs, LoadSpec
from studio.services.explaining_asking import Asking


def original_of(spec: LoadSpec, model: Model | None) -> LoadSpec:
    """How the original of a candidate is opened.

    Args:
        spec: The candidate.
        model: The model that it belongs to, where the library has it.

    Raises:
        InputError: Its weights are not on this computer.
    """
    weights = spec.weights or (model.weights if model is not None else None)
    if weights is None:
        raise InputError(
            _("Integrated gradients need the original weights of {model}, which are not on this computer.").format(
                model=spec.folder.name
            ),
            _("Explain it by leaving words out, or add the model again with `studio models add … --keep-weights`."),
        )
    return replace(LoadSpec(spec.task, spec.folder), backend="pytorch", weights=weights, threads=spec.threads)


def integrated_gradients(asking: Asking, inputs: Inputs) -> TokenWeights:
    """What each token of a text did to the answer of the candidate, which is an original."""
    found = asking.reply(Gradients(inputs, asking.options))
    assert isinstance(found, TokenWeights)
    asking.tick(1)
    return found


def by_part(found: TokenWeights, parts: Sequence[Part]) -> tuple[float, ...]:
    """What the tokens of each part did together; a token belongs to the part that it overlaps most, or comes before."""
    weights = [0.0] * len(parts)
    for (start, end), weight in zip(found.places, found.weights, strict=True):
        if not parts or start >= end:
            continue
        overlap = [min(end, part.end) - max(start, part.start) for part in parts]
        best = max(range(len(parts)), key=lambda place: overlap[place])
        weights[best] += weight
    return tuple(weights)
