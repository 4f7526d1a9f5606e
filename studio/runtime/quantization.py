"""Making smaller precisions of an fp32 graph. Needs the ``prepare`` extra (onnx); never used for running."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.domain.subgraphs import with_subgraphs
from studio.runtime.tied_weights import share_embedding

#: Weights beyond this go into a file of their own beside the graph: protobuf can't hold 2 GB, and a graph that
#: holds its weights is in memory twice while it is opened.
_INLINE_BYTES = 64_000_000
#: Tensors smaller than this stay in the graph even so: shapes and scalars must be known when it is optimized.
_SMALL_TENSOR_BYTES = 1024
#: Size of a block of weights that share a scale, and how exactly MatMulNBits computes (4: with int8 activations,
#: for which CPUs have the fastest instructions).
_BLOCK_SIZE = 32
_ACCURACY_LEVEL = 4


def quantize_int8(source: Path, target: Path) -> str:
    """Dynamic int8: weights in int8 with a scale for each channel, activations quantized while running.

    Subgraphs are quantized too: in a merged decoder all weights are used inside the branches of an ``If``.

    Args:
        source: The fp32 graph.
        target: Where the new graph goes.

    Returns:
        A plain name of the method.
    """
    quantize_dynamic_only(source, target)
    return "onnxruntime quantize_dynamic, int8 weights per channel"


def quantize_dynamic_only(source: Path, target: Path, only: Sequence[str] | None = None) -> None:
    """`quantize_int8` for some operators.

    Args:
        source: The fp32 graph.
        target: Where the new graph goes.
        only: Names of operators; all that have a form for it where None.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        _with_own_embedding(source),
        target,
        op_types_to_quantize=only,
        per_channel=True,
        weight_type=QuantType.QInt8,
        # The type of a tensor behind a fused operator is not inferred, and without it such weights fail.
        extra_options={"EnableSubgraph": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        use_external_data_format=source_bytes(source) > 1_900_000_000,
    )
    model = onnx.load(str(target))
    if only is None:
        share_embedding(model)
    save(model, target)


def _with_own_embedding(source: Path) -> Any:
    """The graph, with a table of its own where an embedding reads the transposed weights of another layer.

    Tied weights are stored once in fp32, but the quantizer sees the table of a ``Gather`` only where it is stored;
    it would stay in fp32 and be larger than both in int8.
    """
    import numpy as np
    import onnx
    from onnx import numpy_helper

    if "Transpose" not in operators(source):
        return source
    model = onnx.load(str(source))
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    tables = {node.output[0]: node for node in graph.node if node.op_type == "Transpose" and node.input[0] in stored}
    for gather in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]:
        transpose = tables[gather.input[0]]
        order = next((list(a.ints) for a in transpose.attribute if a.name == "perm"), None)
        table = np.ascontiguousarray(numpy_helper.to_array(stored[transpose.input[0]]).transpose(order))
        gather.input[0] = f"{transpose.output[0]}/table"
        graph.initializer.append(numpy_helper.from_array(table, gather.input[0]))
    read = {name for node in graph.node for name in node.input}
    for transpose in tables.values():
        if transpose.output[0] not in read:
            graph.node.remove(transpose)
    return model


def quantize_int4(source: Path, target: Path) -> str:
    """Weight-only int4: blocks of 32 weights share a scale. Embeddings are int8: they have no fast 4-bit form.

    Args:
        source: The fp32 graph.
        target: Where the new graph goes.

    Returns:
        A plain name of the method.
    """
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    # In fp32 the table of a large vocabulary would outweigh all that int4 saves.
    quantize_dynamic_only(source, target, ["Gather"])
    quantizer = MatMulNBitsQuantizer(
        onnx.load(str(target)), bits=4, block_size=_BLOCK_SIZE, is_symmetric=True, accuracy_level=_ACCURACY_LEVEL
    )
    # Only MatMul has a 4-bit form; GPT-2's layers are exported as Gemm.
    quantizer.model.replace_gemm_with_matmul()
    quantizer.process()
    save(quantizer.model.model, target)
    return "onnxruntime MatMulNBitsQuantizer, int4 weights in blocks of 32, int8 embeddings"


def convert_fp16(source: Path, target: Path) -> str:
    """Half precision inside; inputs and outputs stay fp32, so that the same code runs it.

    Args:
        source: The fp32 graph, without subgraphs.
        target: Where the new graph goes.

    Returns:
        A plain name of the method.
    """
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = onnx.load(str(source))
    converted = convert_float_to_float16(model, keep_io_types=True, node_block_list=_rounded(model.graph))
    _skip_round_trips(converted.graph)
    save(converted, target)
    return "onnxruntime convert_float_to_float16, inputs and outputs fp32"


def _rounded(graph: Any) -> list[str]:
    """Names of the nodes whose results are rounded to whole numbers later, such as DeBERTa's distances of tokens.

    An error in the last digit there picks another row of a table, so they stay in fp32.
    """
    producers = {output: node for node in graph.node for output in node.output}
    found: set[str] = set()
    todo = [node for node in graph.node if node.op_type in ("Ceil", "Floor", "Round")]
    while todo:
        node = todo.pop()
        # The size of a tensor is the same in every precision: what made the tensor does not matter.
        if node.name not in found and node.op_type != "Shape":
            found.add(node.name)
            todo += [producers[name] for name in node.input if name in producers]
    return sorted(found)


def _skip_round_trips(graph: Any) -> None:
    """Where a value goes from fp32 to fp16 and straight back, as the converter leaves it, use the value itself."""
    from onnx import TensorProto

    casts = {node.output[0]: node for node in graph.node if node.op_type == "Cast"}
    same: dict[str, str] = {}
    for name, back in casts.items():
        down = casts.get(back.input[0])
        if down and (down.attribute[0].i, back.attribute[0].i) == (TensorProto.FLOAT16, TensorProto.FLOAT):
            same[name] = down.input[0]
    for node in graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]


def save(model: Any, target: Path) -> None:
    """Write a graph; large weights go to ``<name>_data`` beside it.

    Args:
        model: An ``onnx.ModelProto`` with all its weights loaded.
        target: The ``.onnx`` file; an earlier one and its data are replaced.
    """
    import onnx

    data = target.with_name(target.name + "_data")
    for old in (target, data, target.with_name(target.name + ".data")):
        old.unlink(missing_ok=True)
    if model.ByteSize() > _INLINE_BYTES:
        onnx.save_model(
            model,
            str(target),
            save_as_external_data=True,
            all_tensors_to_one_file=True,
            location=data.name,
            size_threshold=_SMALL_TENSOR_BYTES,
        )
        # onnx makes this file readable for its owner only.
        data.chmod(target.stat().st_mode)
    else:
        onnx.save_model(model, str(target))


def resave(source: Path, target: Path) -> None:
    """Copy a graph with its weights, laid out and named as `save` does."""
    import onnx

    save(onnx.load(str(source)), target)


def source_bytes(graph: Path) -> int:
    """Size of a graph with its external data, in bytes."""
    return sum(path.stat().st_size for path in graph.parent.iterdir() if path.name.startswith(graph.name))


def operators(graph: Path) -> frozenset[str]:
    """Names of all operators of a graph and its subgraphs, without loading external data."""
    import onnx

    whole = onnx.load(str(graph), load_external_data=False).graph
    return frozenset(node.op_type for each in with_subgraphs(whole) for node in each.node)
