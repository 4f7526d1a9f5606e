"""Taking out of an exported graph the work of finding sizes that are known. For preparing a model, not for running.

An exporter writes down every size that PyTorch asked for: a ``Reshape`` gets its shape from a chain of small operators
on the sizes of other tensors, and masks are cut to a length that they have already. In a decoder that is half of all
operators, run for every token. Symbolic shape inference tells which of them can't change anything.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.running import ProviderSetup
from studio.runtime.session import Array, Port, Session, open_session

#: Graphs beyond this are left alone: protobuf can't hold 2 GB, and inference needs a copy.
_MOST_BYTES = 1_500_000_000
#: Sizes that both graphs are run with; names are optimum's, any other size is 2.
_TRIALS: tuple[Mapping[str, int], ...] = (
    {"batch_size": 1, "encoder_sequence_length": 5, "decoder_sequence_length": 1, "past_decoder_sequence_length": 4},
    {"batch_size": 3, "encoder_sequence_length": 4, "decoder_sequence_length": 3, "past_decoder_sequence_length": 7},
)

_Shapes = Mapping[str, list[int | str]]


def settle_shapes(graph: Path) -> bool:
    """Replace computed shapes by known ones, in place, where the result is the same.

    Args:
        graph: An ``.onnx`` file with its weights inside, or in files beside it.

    Returns:
        Whether the graph was changed. It is not where its shapes can't be inferred, where it is too large, or where
        the new graph computes anything else than the old one on two trials.
    """
    if sum(path.stat().st_size for path in graph.parent.glob(f"{graph.name}*")) > _MOST_BYTES:
        return False
    with tempfile.TemporaryDirectory(dir=graph.parent) as folder:
        settled = Path(folder) / graph.name
        # Inference knows most operators, not all: it raises for the others, in many ways.
        with contextlib.suppress(Exception):
            if _settle(graph, settled) and _same(graph, settled):
                shutil.move(settled, graph)
                return True
    return False


def _settle(source: Path, target: Path) -> bool:
    import onnx
    from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

    model = onnx.load(str(source))
    inferred = SymbolicShapeInference.infer_shapes(model, auto_merge=True)
    shapes = _shapes_of(inferred.graph)
    changed = _fix_reshapes(model.graph, shapes) + _skip_slices(model.graph, shapes)
    _drop_unused(model.graph)
    onnx.save(model, str(target))
    return changed > 0


def _shapes_of(graph: Any) -> _Shapes:
    """Size or symbol of every dimension, by the tensor's name."""
    shapes: dict[str, list[int | str]] = {}
    for value in (*graph.value_info, *graph.input, *graph.output):
        kind = value.type.tensor_type
        if kind.HasField("shape"):
            shapes[value.name] = [d.dim_value if d.HasField("dim_value") else d.dim_param for d in kind.shape.dim]
    return shapes


def _fix_reshapes(graph: Any, shapes: _Shapes) -> int:
    """Give each ``Reshape`` a constant shape: 0 for a size that stays, -1 for one that follows from the others."""
    from onnx import numpy_helper

    known = {initializer.name for initializer in graph.initializer}
    count = 0
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[1] in known or _reads_zero_as_zero(node):
            continue
        before, after = shapes.get(node.input[0]), shapes.get(node.output[0])
        if not before or not after:
            continue
        kept = [place < len(before) and bool(size) and before[place] == size for place, size in enumerate(after)]
        shape = [s if isinstance(s, int) and s > 0 else 0 if same else -1 for s, same in zip(after, kept, strict=True)]
        if shape.count(-1) > 1:
            continue
        # Named by what it holds, so that the halves of a merged decoder may share it.
        name = "shape_" + "_".join(map(str, shape))
        if name not in known:
            known.add(name)
            graph.initializer.append(numpy_helper.from_array(np.asarray(shape, np.int64), name))
        node.input[1] = name
        count += 1
    return count


def _reads_zero_as_zero(node: Any) -> bool:
    return any(attribute.name == "allowzero" and attribute.i for attribute in node.attribute)


def _skip_slices(graph: Any, shapes: _Shapes) -> int:
    """Pass by each ``Slice`` that takes everything."""
    passed: dict[str, str] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = passed.get(name, name)
        if node.op_type == "Slice":
            before, after = shapes.get(node.input[0]), shapes.get(node.output[0])
            if before and before == after and all(before):
                passed[node.output[0]] = node.input[0]
    for output in graph.output:
        passed.pop(output.name, None)
    return len(passed)


def _drop_unused(graph: Any) -> None:
    outputs = {output.name for output in graph.output}
    while True:
        used = outputs | {name for node in graph.node for name in node.input}
        kept = [node for node in graph.node if used.intersection(node.output)]
        if len(kept) == len(graph.node):
            break
        del graph.node[:]
        graph.node.extend(kept)
    weights = [initializer for initializer in graph.initializer if initializer.name in used]
    del graph.initializer[:]
    graph.initializer.extend(weights)


def _same(one: Path, other: Path) -> bool:
    """Whether two graphs compute the same, up to the rounding of operators that were fused otherwise."""
    sessions = [open_session(path, ProviderSetup()) for path in (one, other)]
    for feeds in _feeds(sessions[0]):
        for expected, found in zip(*(session.run(feeds) for session in sessions), strict=True):
            if expected.shape != found.shape or not np.allclose(expected, found, rtol=1e-4, atol=1e-4, equal_nan=True):
                return False
    return True


def _feeds(session: Session) -> Iterator[dict[str, Array]]:
    random = np.random.default_rng(0)
    for sizes in _TRIALS:
        yield {port.name: _value(port, sizes, random) for port in session.inputs}


def _value(port: Port, sizes: Mapping[str, int], random: np.random.Generator) -> Array:
    shape = [size if isinstance(size, int) else sizes.get(str(size), 2) for size in port.shape]
    if np.issubdtype(port.dtype, np.integer):
        whole = np.ones(shape) if "mask" in port.name else random.integers(0, 4, shape)
        return whole.astype(port.dtype)
    return np.asarray(random.normal(size=shape), port.dtype)
