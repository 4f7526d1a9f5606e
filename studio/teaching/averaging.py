"""Lets a classifier read the mean of all tokens, as embedding models do, without leaving its architecture. Torch.

An embedding model that pools by mean has put what it knows into that mean; its first token, which a classifier of the
same family reads, knows much less. So one more layer of the family's own kind is put on top, set up to average: its
attention looks at every token alike and passes their mean on, far louder than what it is added to; its second half
begins as nothing. It is an ordinary layer afterwards, which learns with the others and which every runtime opens.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from studio.domain.embedding import EmbeddingRecipe
from studio.domain.errors import StudioError

#: How much louder the mean is than the token that it is added to.
_LOUD = 20.0
#: ``model_type`` of the families whose layers are laid out as `_parts` expects.
FAMILIES = frozenset(("bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert"))


def pools_by_mean(base: Path) -> bool:
    """Whether a folder is that of an embedding model whose vector is the mean of its tokens."""
    if not (base / "1_Pooling" / "config.json").is_file():
        return False
    try:
        return EmbeddingRecipe.open(base).poolings == ("mean",)
    except StudioError:
        return False


def add_averaging_layer(model: Any) -> bool:
    """Put the layer on top of the encoder, in place; False where the family has other layers.

    Args:
        model: A transformers model for sequence classification.
    """
    import torch

    config, body = model.config, model.base_model
    if config.model_type not in FAMILIES:
        return False
    layers = body.transformer.layer if config.model_type == "distilbert" else body.encoder.layer
    layer = copy.deepcopy(layers[-1])
    query, key, value, out, widen, narrow, norms = _parts(layer, config.model_type)
    with torch.no_grad():
        for linear in (query, key, value, out, narrow):
            linear.weight.zero_()
            linear.bias.zero_()
        value.weight.copy_(torch.eye(value.out_features))
        out.weight.copy_(torch.eye(out.out_features) * _LOUD)
        widen.weight.normal_(std=config.initializer_range)
        widen.bias.zero_()
        for norm in norms:
            norm.weight.fill_(1.0)
            norm.bias.zero_()
    layers.append(layer)
    name = "n_layers" if config.model_type == "distilbert" else "num_hidden_layers"
    setattr(config, name, len(layers))
    return True


def _parts(layer: Any, family: str) -> tuple[Any, Any, Any, Any, Any, Any, tuple[Any, Any]]:
    """Query, key, value, the layer behind them, the two of the second half, and the normalisations."""
    if family == "distilbert":
        own = layer.attention
        norms = (layer.sa_layer_norm, layer.output_layer_norm)
        return own.q_lin, own.k_lin, own.v_lin, own.out_lin, layer.ffn.lin1, layer.ffn.lin2, norms
    own, behind = layer.attention.self, layer.attention.output
    norms = (behind.LayerNorm, layer.output.LayerNorm)
    return own.query, own.key, own.value, behind.dense, layer.intermediate.dense, layer.output.dense, norms
