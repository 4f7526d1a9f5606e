from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from studio.domain.running import ProviderSetup
from studio.runtime import graph_shapes
from studio.runtime.graph_shapes import settle_shapes
from studio.runtime.session import open_session


def saved(path: Path, end: str = "length") -> Path:
    """A graph as exporters write them: (batch, length, 8) to (batch, length, 2, 4) by way of its own sizes, then a
    slice of the second axis that ends at its ``length``, or at ``two``.
    """
    nodes = [
        helper.make_node("Shape", ["x"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "zero"], ["batch"]),
        helper.make_node("Gather", ["sizes", "one"], ["length"]),
        helper.make_node("Concat", ["batch", "length", "heads"], ["shape"], axis=0),
        helper.make_node("Reshape", ["x", "shape"], ["split"]),
        helper.make_node("Slice", ["split", "zero", end, "one"], ["cut"]),
        helper.make_node("Relu", ["cut"], ["y"]),
    ]
    values = {"zero": [0], "one": [1], "heads": [2, 4], "two": [2]}
    graph = helper.make_graph(
        nodes,
        "exported",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch_size", "encoder_sequence_length", 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value, np.int64), name) for name, value in values.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def operators(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def test_what_only_finds_sizes_goes(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.onnx")
    x = np.random.default_rng(0).normal(size=(3, 5, 8)).astype(np.float32)
    expected = open_session(path, ProviderSetup()).run({"x": x})[0]
    assert settle_shapes(path)
    assert operators(path) == ["Reshape", "Relu"]
    np.testing.assert_array_equal(open_session(path, ProviderSetup()).run({"x": x})[0], expected)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_a_slice_that_cuts_stays(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.onnx", end="two")
    assert settle_shapes(path)
    assert "Slice" in operators(path)


def test_nothing_to_settle_leaves_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.onnx")
    assert settle_shapes(path)
    before = path.read_bytes()
    assert not settle_shapes(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("broken", ["_fix_reshapes", "_shapes_of"])
def test_a_graph_that_would_compute_something_else_is_left(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "model.onnx", end="two")
    before = path.read_bytes()

    def cuts_nothing(graph: onnx.GraphProto, _shapes: object = None) -> int:
        graph.node[-1].input[0] = "split"
        return 1

    def fails(_graph: onnx.GraphProto) -> None:
        raise NotImplementedError("an operator that inference does not know")

    monkeypatch.setattr(graph_shapes, broken, cuts_nothing if broken == "_fix_reshapes" else fails)
    assert not settle_shapes(path)
    assert path.read_bytes() == before
