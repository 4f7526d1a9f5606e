"""int8 for speech models. Needs the ``prepare`` extra (onnx); never used for running.

Dynamic int8 has no fast form for convolutions, and the one that tells places apart has computed weights, which the
quantizer refuses. So only products become int8; weights of convolutions are stored in int8 and computed with in fp32.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.runtime.quantization import quantize_dynamic_only, save

#: Weights smaller than this are not worth two more nodes.
_LEAST = 4096
#: The first operator set in which `DequantizeLinear` has a scale for each channel.
_LEAST_OPSET = 13


def quantize_speech_int8(source: Path, target: Path) -> str:
    """Write ``target``.

    Args:
        source: The fp32 graph.
        target: Where the int8 graph goes.

    Returns:
        A plain name of the method.
    """
    import onnx

    quantize_dynamic_only(source, target, ("MatMul", "Gemm", "Gather", "Attention"))
    model = onnx.load(str(target))
    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    if opset >= _LEAST_OPSET:
        _store_convolutions(model.graph)
        save(model, target)
    return "onnxruntime quantize_dynamic, int8 weights per channel, convolutions computed in fp32"


def _store_convolutions(graph: Any) -> None:
    """Replace the weights of convolutions by int8 and a scale for each channel."""
    import numpy as np
    from onnx import helper, numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    uses: dict[str, int] = {}
    for node in graph.node:
        for name in node.input:
            uses[name] = uses.get(name, 0) + 1
    nodes = []
    for node in graph.node:
        tensor = stored.get(node.input[1]) if node.op_type == "Conv" else None
        weights = numpy_helper.to_array(tensor) if tensor is not None and uses[tensor.name] == 1 else np.zeros(0)
        if tensor is None or weights.size < _LEAST or weights.dtype != np.float32:
            nodes.append(node)
            continue
        name = tensor.name
        largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
        scale = (np.maximum(largest, 1e-12) / 127).astype(np.float32)
        shape = (-1, *(1 for _size in weights.shape[1:]))
        whole = np.clip(np.rint(weights / scale.reshape(shape)), -127, 127).astype(np.int8)
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(whole, f"{name}/int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}/scale"))
        graph.initializer.append(numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}/zero"))
        nodes.append(
            helper.make_node(
                "DequantizeLinear",
                [f"{name}/{part}" for part in ("int8", "scale", "zero")],
                [name],
                f"{name}/widen",
                axis=0,
            )
        )
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
