"""Reads a model's weights back from its ONNX graph: the way back from what an exporter and a quantizer made.

The models that ship have graphs only. Their quantized weights are undone to float32 and get the names that PyTorch
knows them by, which is what exporters keep: parameters by their own names, layers in the names of their nodes
(``/encoder/layer.0/attention/self/query/MatMul``). Whether it worked is not believed but proved: the model that is
built from them must answer as the graph does; whoever reads them proves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.errors import ModelFolderError
from studio.domain.i18n import _
from studio.domain.subgraphs import with_subgraphs

Array = NDArray[Any]

#: What optimum adds where it merges the halves of a decoder, and the quantizer where it turns a matrix.
_ADDED = re.compile(r"_merged_\d+|_Transposed")
_QUANTIZED = "_quantized"
#: Endings of node names behind the scope of a layer.
_KIND = re.compile(r"/(?:MatMul|Gemm)(?:_\d+)?(?:_MatMul)?(?:_quant|_Q\d)?$")
_PAST = re.compile(r"^model\.layers\.\d+\.final_norm_layernorm\.")


def weights_in(graphs: Mapping[str, Path], config: Mapping[str, Any]) -> dict[str, Array]:
    """float32 weights of a model by the names that transformers gives them.

    Args:
        graphs: Part (``model``, ``encoder``, ``decoder_merged`` …) → file.
        config: ``config.json``.

    Raises:
        ModelFolderError: A graph can't be read.
    """
    found: dict[str, Array] = {}
    for role, path in graphs.items():
        for name, value in _of_graph(path).items():
            # The parts of an encoder-decoder are exported from inside.
            found.setdefault(f"model.encoder.{name}" if role == "encoder" else name, value)
    if any(".attn.qkv_proj." in name or _PAST.match(name) for name in found):
        found = _of_builder(found, config)
    table = found.get("lm_head.weight")
    if "encoder" in graphs and table is not None:
        found.setdefault("model.shared.weight", table)
    if table is not None and config.get("tie_word_embeddings", True):
        found.setdefault("model.embed_tokens.weight", table)
    return found


def _of_graph(path: Path) -> dict[str, Array]:
    import onnx

    try:
        model = onnx.load(str(path))
    except Exception as error:
        # The library raises errors of protobuf, of its own, and of the system.
        raise ModelFolderError(
            _("The graph {name} can't be read.").format(name=path.name),
            _("`studio models verify` says whether the model is damaged."),
            repr(error),
        ) from error
    parts = list(with_subgraphs(model.graph))
    stored = {tensor.name: tensor for graph in parts for tensor in graph.initializer}
    found: dict[str, Array] = {}
    for graph in parts:
        for node in graph.node:
            for name, value in _of_node(node, stored):
                found.setdefault(name, value)
    for name, tensor in stored.items():
        own = _ADDED.sub("", name)
        known = ("." in own or own == "final_logits_bias") and "::" not in own and ".MatMul." not in own
        if known and own not in found and _is_float(tensor) and not _is_scale(name, stored):
            found[own] = _float(tensor)
        elif name.startswith("onnx::Add_") and len(tensor.dims) == 2 and tensor.dims[0] == 1 and _is_float(tensor):
            # Behind the last layer of an encoder-decoder; BART's exporter drops its name.
            found.setdefault("final_logits_bias", _float(tensor))
    return found


def _of_node(node: Any, stored: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    """The weights that one node reads, if it reads any."""
    kind = node.op_type
    if kind == "Identity" and node.input[0] in stored and _is_float(stored[node.input[0]]):
        # Parameters with the same numbers are stored once; the others are named here.
        own = _ADDED.sub("", node.output[0])
        if "." in own and "/" not in own:
            yield own, _float(stored[node.input[0]])
    if kind in ("MatMul", "Gemm", "MatMulInteger") and len(node.input) > 1 and node.input[1] in stored:
        given = node.input[1]
        value = _dequantized(given, stored) if kind == "MatMulInteger" else _float(stored[given])
        turned = kind == "Gemm" and any(each.name == "transB" and each.i for each in node.attribute)
        # A layer of GPT-2 keeps its matrix as the product reads it, under its own name; a linear layer the other way.
        kept = "Gemm" in node.name and "::" not in given and "_Transposed" not in given
        yield _named(node, given), value if turned or kept else np.ascontiguousarray(value.T)
    elif kind == "MatMulNBits" and node.input[1] in stored:
        yield _named(node, node.input[1]), _of_blocks(node, stored)
    elif kind == "GatherBlockQuantized" and node.input[0] in stored:
        own = re.sub(r"_Q\d$", "", _ADDED.sub("", node.input[0]))
        yield own, _of_rows(node, stored)
    elif kind in ("Gather", "DequantizeLinear") and node.input[0] in stored:
        given = node.input[0]
        plain = _ADDED.sub("", given.removesuffix(_QUANTIZED))
        if given.endswith(_QUANTIZED) and "::" not in plain and f"{given.removesuffix(_QUANTIZED)}_scale" in stored:
            # A table that the last layer shares lies the other way; that layer's own node gives it.
            if stored[f"{given.removesuffix(_QUANTIZED)}_scale"].dims:
                return
            yield plain, _dequantized(given, stored)


def _named(node: Any, given: str) -> str:
    """The name of a layer's weight: its own where it kept one, else that of the layer, from its node."""
    own = _ADDED.sub("", re.sub(r"_quantized$|_Q\d$", "", given))
    if "::" not in own and own.endswith(".weight") and not own.endswith(".MatMul.weight"):
        return own
    return _KIND.sub("", node.name).strip("/").replace("/", ".") + ".weight"


def _is_float(tensor: Any) -> bool:
    import onnx

    return tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)


def _is_scale(name: str, stored: Mapping[str, Any]) -> bool:
    for ending, beside in (("_scale", _QUANTIZED), ("_scales", "_Q4"), ("_scales", "_Q8")):
        if name.endswith(ending) and name.removesuffix(ending) + beside in stored:
            return True
    return False


def _float(tensor: Any) -> Array:
    from onnx import numpy_helper

    return np.asarray(numpy_helper.to_array(tensor)).astype(np.float32)


def _dequantized(name: str, stored: Mapping[str, Any]) -> Array:
    """What was quantized by one scale, or by one for each column."""
    stem = name.removesuffix(_QUANTIZED)
    value = _float(stored[name])
    zero = stored.get(f"{stem}_zero_point")
    value = value if zero is None else value - _float(zero)
    result: Array = (value * _float(stored[f"{stem}_scale"])).astype(np.float32)
    return result


def _attributes(node: Any) -> dict[str, int]:
    return {each.name: each.i for each in node.attribute}


def _of_blocks(node: Any, stored: Mapping[str, Any]) -> Array:
    """The matrix of ``MatMulNBits``, shape ``(out, in)``: blocks of numbers with one scale each."""
    from onnx import numpy_helper

    said = _attributes(node)
    rows, columns, bits, size = said["N"], said["K"], said.get("bits", 4), said["block_size"]
    packed = numpy_helper.to_array(stored[node.input[1]]).reshape(rows, -1)
    values = _unpacked(packed, bits).reshape(rows, -1, size)
    blocks = values.shape[1]
    scales = _float(stored[node.input[2]]).reshape(rows, blocks, 1)
    zero: Any = 2 ** (bits - 1)
    if len(node.input) > 3 and node.input[3] in stored:
        points = numpy_helper.to_array(stored[node.input[3]])
        if points.dtype == np.uint8:
            points = _unpacked(points.reshape(rows, -1), bits)[:, :blocks]
        zero = points.astype(np.float32).reshape(rows, blocks, 1)
    result: Array = ((values.astype(np.float32) - zero) * scales).reshape(rows, -1)[:, :columns]
    return np.ascontiguousarray(result, np.float32)


def _of_rows(node: Any, stored: Mapping[str, Any]) -> Array:
    """The table of ``GatherBlockQuantized``: each row in blocks of numbers with one scale each."""
    from onnx import TensorProto, numpy_helper

    said = _attributes(node)
    tensor = stored[node.input[0]]
    values = numpy_helper.to_array(tensor)
    zero = 0.0
    if tensor.data_type == TensorProto.UINT8:
        values, zero = _unpacked(values, said.get("bits", 4)), 2.0 ** (said.get("bits", 4) - 1)
    values = values.astype(np.float32)
    scales = _float(stored[node.input[2]])
    points: Any = zero
    if len(node.input) > 3 and node.input[3] in stored:
        points = numpy_helper.to_array(stored[node.input[3]])
        if stored[node.input[3]].data_type == TensorProto.UINT8:
            points = _unpacked(points, said.get("bits", 4))[:, : scales.shape[1]]
        points = np.repeat(points.astype(np.float32), said["block_size"], axis=1)[:, : values.shape[1]]
    wide = np.repeat(scales, said["block_size"], axis=1)[:, : values.shape[1]]
    result: Array = ((values - points) * wide).astype(np.float32)
    return result


def _unpacked(packed: Array, bits: int) -> Array:
    """Two numbers of four bits lie in a byte, the lower half first."""
    if bits == 8:
        return packed
    both = np.stack([packed & 0x0F, packed >> 4], axis=-1)
    return both.reshape(*packed.shape[:-1], -1)


def _of_builder(found: Mapping[str, Array], config: Mapping[str, Any]) -> dict[str, Array]:
    """What onnxruntime-genai's builder calls its parts, as transformers calls them; its one projection is three."""
    heads = int(config.get("num_attention_heads") or 1)
    groups = int(config.get("num_key_value_heads") or heads)
    size = int(config.get("head_dim") or int(config.get("hidden_size") or 0) // heads)
    sizes = {"q_proj": heads * size, "k_proj": groups * size, "v_proj": groups * size}
    family = str(config.get("model_type") or "")
    named: dict[str, Array] = {}
    for name, value in found.items():
        plain = _PAST.sub("model.norm.", name).replace(".attn.", ".self_attn.")
        plain = re.sub(r"\.(MatMul|Add)\.(weight|bias)$", r".\2", plain).replace("_norm.layernorm.", "_norm.")
        if ".qkv_proj." in plain and family != "phi3":
            start = 0
            for part, rows in sizes.items():
                named[plain.replace("qkv_proj", part)] = np.ascontiguousarray(value[start : start + rows])
                start += rows
        elif family.startswith("gemma") and "norm.weight" in plain:
            # The builder adds the one that transformers adds while it runs.
            named[plain] = value - 1
        else:
            named[plain] = value
    if family == "phi3":
        # One matrix there, two in the graph.
        for name in [each for each in named if each.endswith(".gate_proj.weight")]:
            both = [named.pop(name), named.pop(name.replace("gate_proj", "up_proj"))]
            named[name.replace("gate_proj", "gate_up_proj")] = np.concatenate(both)
    return named
