"""Weighs the words of a text by integrated gradients, which need a model in PyTorch.

That is the original where it is on this computer. Otherwise its weights are read back from the candidate's graph, and
not believed until both have answered the same texts alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from studio.domain.attribution import Gradients, TokenWeights
from studio.domain.errors import InputError, StudioError
from studio.domain.explanation import Inside, Part
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.running import Inputs, LoadSpec
from studio.library.safety import json_of
from studio.services.explaining_asking import Asking
from studio.services.explaining_text import WordGame

_NEEDED = ("torch", "transformers", "onnx")
#: Texts that both are compared on: the whole one, some with a word less, and the empty one.
_PROBES = 12
#: Weights that were read back are the candidate's where scores are no further apart than this on average: a share of
#: what they move by, or so many points. A quantized graph rounds on the way as well; weights in a wrong place answer by
#: chance.
_SHARE, _POINTS = 0.15, 0.05


@dataclass(frozen=True)
class Weights:
    """What integrated gradients came to.

    Attributes:
        by_part: What the tokens of each part did together.
        completeness: See `studio.domain.explanation.Explanation`.
        inside: Whose gradients they are.
    """

    by_part: tuple[float, ...]
    completeness: float
    inside: Inside


def has_gradients(model: Model) -> bool:
    """Whether a text classifier or regressor can be opened in PyTorch here."""
    if model.weights is not None:
        return True
    if not model.precisions or any(find_spec(name) is None for name in _NEEDED):
        return False
    try:
        listed = json_of(model.folder, "config.json").get("architectures")
    except StudioError:
        return False
    return isinstance(listed, list) and any(str(each).endswith("ForSequenceClassification") for each in listed)


def in_pytorch(spec: LoadSpec, model: Model | None) -> LoadSpec:
    """How the model behind a candidate is opened in PyTorch.

    Args:
        spec: The candidate.
        model: The model that it belongs to, where the library has it.
    """
    weights = spec.weights or (model.weights if model is not None else None)
    opened = replace(LoadSpec(spec.task, spec.folder), backend="pytorch", weights=weights, threads=spec.threads)
    return opened if weights is not None else replace(opened, precision=spec.precision, read_back=True)


def not_read_back(spec: LoadSpec, detail: str) -> InputError:
    """The error for a graph whose weights can't be read back, or answer otherwise."""
    return InputError(
        _("Integrated gradients look into a model, and the graph of {model} can't be read that far.").format(
            model=spec.folder.name
        ),
        _("Explain it by leaving words out, or add the model again with `studio models add … --keep-weights`."),
        detail,
    )


def integrated_gradients(game: WordGame, asking: Asking, inputs: Inputs, spec: LoadSpec) -> Weights:
    """What each part of a text did to the score of the candidate's answer.

    Args:
        game: What is explained, of the candidate.
        asking: The model in PyTorch.
        inputs: What was asked.
        spec: How that model was opened.

    Raises:
        InputError: It was read back and does not answer as the candidate does.
    """
    probes = _probes(len(game.parts))
    apart = _apart(game, asking, probes, spec)
    found = asking.reply(Gradients(inputs, asking.options, game.answer if game.labelled else ""))
    assert isinstance(found, TokenWeights)
    asking.tick(1)
    return Weights(by_part(found, game.parts), found.completeness, Inside(spec.read_back, len(probes), max(apart)))


def _apart(game: WordGame, asking: Asking, probes: Sequence[frozenset[int]], spec: LoadSpec) -> list[float]:
    """How far the scores of the candidate and of the model in PyTorch are apart; see `integrated_gradients`."""
    scores = [each.score for each in game.ask(probes)]
    apart = [abs(score - each.score) for score, each in zip(scores, game.ask(probes, asking), strict=True)]
    if spec.read_back:
        # A number has no points of its own; what counts is what it moves by.
        least = _POINTS if game.labelled else 0.01 * max(map(abs, scores))
        mean, moved = sum(apart) / len(apart), max(scores) - min(scores)
        if not mean <= max(least, _SHARE * moved):
            raise not_read_back(
                spec, f"scores are {mean:.4f} apart on {len(scores)} texts over which they move by {moved:.4f}"
            )
    return apart


def _probes(parts: int) -> list[frozenset[int]]:
    """What is left out: nothing, single parts from all over the text, everything."""
    alone = min(parts, _PROBES - 2)
    singles = [frozenset((place * parts // alone,)) for place in range(alone)]
    return [frozenset(), *singles, *([frozenset(range(parts))] if parts > 1 else [])]


def probes_cost(parts: int) -> int:
    """How often `integrated_gradients` asks, both models together."""
    return 2 * len(_probes(parts)) + 1


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
