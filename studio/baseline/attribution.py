"""Integrated gradients of text classifiers and regressors in PyTorch (Sundararajan, Taly and Yan 2017).

The way goes from the text with every token replaced by the padding token to the text itself; special tokens stay. The
integral is taken by Gauss–Legendre quadrature, with more points until the weights add up to the whole change. Where
activations have kinks (ReLU) that takes many; what is left is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from studio.domain.attribution import TokenWeights
from studio.domain.errors import InputError, StoppedError
from studio.domain.i18n import _

#: Points on the way; the next number is tried where the weights don't add up.
_POINTS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
#: Points of one rule; more are so many rules one after another, which are as good and quick to make.
_RULE = 64
#: Weights add up when they miss no more than this share of the change.
_COMPLETE = 0.01
#: Points that run together.
_BATCH = 16
#: A change of the score smaller than this has no shares worth telling.
_LEAST = 1e-6


def integrated_gradients(
    model: Any,
    read: Any,
    baseline_id: int,
    score: Callable[[Any], Any],
    cancelled: Callable[[], bool],
) -> tuple[np.ndarray[Any, Any], float, float]:
    """What each token added to a score.

    Args:
        model: A model of transformers with ``logits``.
        read: What its tokenizer made of one text, with ``special_tokens_mask``.
        baseline_id: The token that stands for none.
        score: From logits, shape ``(points, labels)``, to the score, shape ``(points,)``; differentiable.
        cancelled: Asked between runs.

    Returns:
        Weights, shape ``(tokens,)``; the score of the whole text; and how far the weights are from adding up to the
        change of the score, as a share of it.

    Raises:
        InputError: The model takes no embeddings.
        StoppedError: It was cancelled.
    """
    import torch

    ids = read["input_ids"]
    special = read["special_tokens_mask"].bool()
    embed = model.get_input_embeddings()
    rest = {name: value for name, value in read.items() if name not in ("input_ids", "special_tokens_mask")}
    with torch.no_grad():
        whole = embed(ids)
        start = embed(torch.where(special, ids, torch.full_like(ids, baseline_id)))

    def scored(points: Any) -> Any:
        many = {name: value.expand(len(points), *value.shape[1:]) for name, value in rest.items()}
        try:
            return score(model(inputs_embeds=points, **many).logits)
        except (TypeError, ValueError) as error:
            raise InputError(
                _("This model can't be explained by integrated gradients."),
                _("Explain it by leaving words out."),
                str(error),
            ) from error

    with torch.no_grad():
        first, last = (float(scored(each)[0]) for each in (start, whole))
    change = last - first
    weights, gap = np.zeros(ids.shape[1]), 0.0
    for points in _POINTS:
        places, shares = _quadrature(points)
        total = torch.zeros_like(whole[0], dtype=torch.float64)
        for begin in range(0, points, _BATCH):
            if cancelled():
                raise StoppedError(_("Stopped before it was explained."))
            at = torch.tensor(places[begin : begin + _BATCH], dtype=whole.dtype)[:, None, None]
            share = torch.tensor(shares[begin : begin + _BATCH], dtype=torch.float64)[:, None, None]
            way = (start + at * (whole - start)).detach().requires_grad_(True)
            (gradient,) = torch.autograd.grad(scored(way).sum(), way)
            total += (share * gradient.double()).sum(0)
        weights = (total * (whole - start)[0].double()).sum(-1).numpy()
        gap = abs(float(weights.sum()) - change)
        if gap <= _COMPLETE * abs(change) or abs(change) < _LEAST:
            break
    return weights, last, gap / abs(change) if abs(change) >= _LEAST else 0.0


def _quadrature(points: int) -> tuple[Any, Any]:
    """Places from 0 to 1 and their shares, which add up to 1."""
    places, shares = np.polynomial.legendre.leggauss(min(points, _RULE))
    rules = points // len(places)
    starts = np.arange(rules)[:, None]
    return ((starts + (places + 1) / 2) / rules).ravel(), np.tile(shares / 2 / rules, rules)


def baseline_id(tokenizer: Any) -> int:
    """The token that stands for none: padding, else the unknown one, else the end."""
    for token in (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return 0


def token_weights(
    answer: str, found: tuple[np.ndarray[Any, Any], float, float], places: list[tuple[int, int]]
) -> TokenWeights:
    """The reply to `studio.domain.attribution.Gradients`."""
    weights, score, gap = found
    return TokenWeights(answer, score, tuple(places), tuple(float(weight) for weight in weights), gap)
