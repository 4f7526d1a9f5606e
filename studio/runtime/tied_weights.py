"""Tied weights stay one after quantization. Needs the ``prepare`` extra (onnx); never used for running.

Most small generators use one matrix twice: as the table of the embedding and, transposed, as the last layer. The
quantizer makes two of it, which for a small model is a fifth of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.domain.subgraphs import with_subgraphs

#: A last layer in int8 has its scale under the weight's name with this in place of ``_quantized``.
_QUANTIZED, _SCALE, _ZERO = "_quantized", "_scale", "_zero_point"


@dataclass(frozen=True)
class _Pair:
    """A quantized table and the quantized layer that holds the same numbers, by the names of their weights."""

    table: str
    layer: str


def share_embedding(model: Any) -> bool:
    """Let the embedding read the int8 weights of the last layer, where both hold the same numbers.

    The embedding gains by it: a table has one scale for all tokens, the layer one for each.

    Args:
        model: An ``onnx.ModelProto`` with its weights, changed in place.

    Returns:
        Whether anything was shared.
    """
    stored = {tensor.name: tensor for graph in with_subgraphs(model.graph) for tensor in graph.initializer}
    pairs = {pair.table: pair for pair in _pairs(model, stored)}
    for graph in with_subgraphs(model.graph):
        for gather in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in pairs]:
            _read_from_layer(graph, gather, pairs[gather.input[0]].layer)
    for graph in with_subgraphs(model.graph):
        _drop_unread(model.graph, graph, pairs)
    return bool(pairs)


def _pairs(model: Any, stored: dict[str, Any]) -> list[_Pair]:
    nodes = [node for graph in with_subgraphs(model.graph) for node in graph.node]
    layers = {node.input[1] for node in nodes if node.op_type == "MatMulInteger" and node.input[1] in stored}
    gathered = [node for node in nodes if node.op_type == "Gather" and node.input[0] in stored]
    readers = {name: node for node in nodes for name in node.input}
    # Elsewhere than before a DequantizeLinear, a table is no quantized embedding.
    tables = {
        node.input[0]
        for node in gathered
        if (reader := readers.get(node.output[0])) is not None and reader.op_type == "DequantizeLinear"
    }
    found = []
    for table in sorted(tables):
        rows, width = stored[table].dims
        for layer in sorted(layers):
            if list(stored[layer].dims) == [width, rows] and _same(stored, table, layer):
                found.append(_Pair(table, layer))
                break
    return found


def _same(stored: dict[str, Any], table: str, layer: str) -> bool:
    """Whether both stand for the same numbers, as far as rounding lets one tell."""
    import numpy as np
    from onnx import numpy_helper

    def array(name: str, part: str) -> Any:
        return numpy_helper.to_array(stored[name.replace(_QUANTIZED, part)]).astype(np.float32)

    needed = [name.replace(_QUANTIZED, part) for name in (table, layer) for part in (_SCALE, _ZERO)]
    if not set(needed) <= set(stored) or array(layer, _ZERO).any():
        return False
    one = (array(table, _QUANTIZED) - array(table, _ZERO)) * array(table, _SCALE)
    other = (array(layer, _QUANTIZED) * array(layer, _SCALE)).T
    # Each is off by up to half a step; a hair more for the arithmetic.
    step = 0.51 * (array(table, _SCALE) + array(layer, _SCALE)[:, None])
    return bool((np.abs(one - other) <= step).all())


def _read_from_layer(graph: Any, gather: Any, layer: str) -> None:
    """Take a token's column of the layer instead of its row of the table: (width, …) with a scale for each token."""
    from onnx import TensorProto, helper

    place = list(graph.node).index(gather)
    dequantize = next(node for node in graph.node if gather.output[0] in node.input)
    ids, out = gather.input[1], dequantize.output[0]
    name = f"{out}/tied"
    made = [
        helper.make_node("Gather", [layer, ids], [f"{name}/column"], axis=1),
        helper.make_node("Cast", [f"{name}/column"], [f"{name}/number"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [layer.replace(_QUANTIZED, _SCALE), ids], [f"{name}/scale"], axis=0),
        helper.make_node("Mul", [f"{name}/number", f"{name}/scale"], [f"{name}/scaled"]),
        # Token ids are (batch, length).
        helper.make_node("Transpose", [f"{name}/scaled"], [out], perm=[1, 2, 0]),
    ]
    for node in made:
        node.name = f"{node.output[0]}/{node.op_type}"
    graph.node.remove(gather)
    graph.node.remove(dequantize)
    for node in reversed(made):
        graph.node.insert(place, node)


def _drop_unread(whole: Any, graph: Any, pairs: dict[str, _Pair]) -> None:
    read = {name for each in with_subgraphs(whole) for node in each.node for name in node.input}
    ours = {table.replace(_QUANTIZED, part) for table in pairs for part in (_QUANTIZED, _SCALE, _ZERO)}
    for tensor in [tensor for tensor in graph.initializer if tensor.name in ours - read]:
        graph.initializer.remove(tensor)
