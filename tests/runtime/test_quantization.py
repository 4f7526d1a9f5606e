"""Smaller precisions of small graphs: what they are made of, and that they still compute nearly the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from studio.domain.running import ProviderSetup
from studio.runtime import quantization
from studio.runtime.quantization import convert_fp16, operators, quantize_int4, quantize_int8, resave, source_bytes
from studio.runtime.session import open_session

_ROWS, _COLUMNS = 64, 96


def _branch(name: str, weight: str) -> onnx.GraphProto:
    y = helper.make_tensor_value_info("branch_y", TensorProto.FLOAT, ["n", _COLUMNS])
    return helper.make_graph([helper.make_node("MatMul", ["x", weight], ["branch_y"])], name, [], [y])


def _graph(path: Path, branches: bool = False) -> np.ndarray[Any, Any]:
    """One matrix product, or with ``branches`` one of two equal ones, as in a merged decoder; returns the matrix."""
    matrix = np.random.default_rng(5).normal(size=(_ROWS, _COLUMNS)).astype(np.float32)
    # Columns of very different size: one scale for the whole matrix would lose the small ones.
    matrix *= np.geomspace(0.001, 1, _COLUMNS, dtype=np.float32)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", _ROWS])]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    if branches:
        inputs.append(helper.make_tensor_value_info("first", TensorProto.BOOL, [1]))
        both = {"then_branch": _branch("then", "w"), "else_branch": _branch("else", "w")}
        nodes = [helper.make_node("If", ["first"], ["y"], **both)]
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", _COLUMNS])
    main = helper.make_graph(nodes, "main", inputs, [y], [numpy_helper.from_array(matrix, "w")])
    model = helper.make_model(main, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.save_model(model, str(path))
    return matrix


def _run(path: Path, **more: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    x = np.random.default_rng(6).normal(size=(5, _ROWS)).astype(np.float32)
    return x, open_session(path, ProviderSetup()).run({"x": x, **more})[0]


def _relative_error(expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Error of each column, against that column's size."""
    return np.abs(expected - found).max(0) / np.abs(expected).max(0)


def test_int8_has_a_scale_for_each_channel(tmp_path: Path) -> None:
    matrix = _graph(tmp_path / "model.onnx")
    method = quantize_int8(tmp_path / "model.onnx", tmp_path / "model_int8.onnx")
    assert "per channel" in method
    x, y = _run(tmp_path / "model_int8.onnx")
    assert _relative_error(x @ matrix, y).max() < 0.05
    assert "MatMulInteger" in operators(tmp_path / "model_int8.onnx")
    assert source_bytes(tmp_path / "model_int8.onnx") < source_bytes(tmp_path / "model.onnx") / 2


@pytest.mark.parametrize("first", [True, False])
def test_int8_reaches_into_the_branches_of_a_merged_decoder(tmp_path: Path, first: bool) -> None:
    matrix = _graph(tmp_path / "model.onnx", branches=True)
    quantize_int8(tmp_path / "model.onnx", tmp_path / "model_int8.onnx")
    assert "MatMulInteger" in operators(tmp_path / "model_int8.onnx")
    x, y = _run(tmp_path / "model_int8.onnx", first=np.array([first]))
    # Not of every column: with AVX2 alone a few overflow inside of an ``If``, where ONNX Runtime does not avoid it.
    # With one scale for all, half of the columns would be lost.
    assert np.quantile(_relative_error(x @ matrix, y), 0.8) < 0.05
    assert source_bytes(tmp_path / "model_int8.onnx") < source_bytes(tmp_path / "model.onnx") / 2


def test_int4_keeps_only_weights_small(tmp_path: Path) -> None:
    matrix = _graph(tmp_path / "model.onnx")
    assert "int4" in quantize_int4(tmp_path / "model.onnx", tmp_path / "model_int4.onnx")
    assert operators(tmp_path / "model_int4.onnx") == {"MatMulNBits"}
    x, y = _run(tmp_path / "model_int4.onnx")
    assert _relative_error(x @ matrix, y).max() < 0.25
    assert source_bytes(tmp_path / "model_int4.onnx") < source_bytes(tmp_path / "model.onnx") / 4


def test_int4_of_a_gemm(tmp_path: Path) -> None:
    matrix = _graph(tmp_path / "model.onnx")
    model = onnx.load(str(tmp_path / "model.onnx"))
    bias = np.linspace(-1, 1, _COLUMNS, dtype=np.float32)
    model.graph.initializer.append(numpy_helper.from_array(bias, "b"))
    model.graph.node[0].CopyFrom(helper.make_node("Gemm", ["x", "w", "b"], ["y"]))
    onnx.save_model(model, str(tmp_path / "model.onnx"))
    quantize_int4(tmp_path / "model.onnx", tmp_path / "model_int4.onnx")
    assert operators(tmp_path / "model_int4.onnx") == {"MatMulNBits", "Add"}
    x, y = _run(tmp_path / "model_int4.onnx")
    assert _relative_error(x @ matrix, y - bias).max() < 0.25


def test_int4_does_not_leave_a_large_embedding_in_fp32(tmp_path: Path) -> None:
    table = np.random.default_rng(7).normal(size=(400, _ROWS)).astype(np.float32)
    _graph(tmp_path / "model.onnx")
    model = onnx.load(str(tmp_path / "model.onnx"))
    model.graph.initializer.append(numpy_helper.from_array(table, "table"))
    model.graph.node.insert(0, helper.make_node("Gather", ["table", "ids"], ["x"], name="embed"))
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"]))
    onnx.save_model(model, str(tmp_path / "model.onnx"))
    quantize_int4(tmp_path / "model.onnx", tmp_path / "model_int4.onnx")
    assert source_bytes(tmp_path / "model_int4.onnx") < source_bytes(tmp_path / "model.onnx") / 3
    session = ort.InferenceSession(str(tmp_path / "model_int4.onnx"), providers=["CPUExecutionProvider"])
    original = ort.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    ids = {"ids": np.arange(5)}
    assert _relative_error(original.run(None, ids)[0], session.run(None, ids)[0]).mean() < 0.2


@pytest.mark.parametrize("first", [True, False])
def test_int4_reaches_into_branches(tmp_path: Path, first: bool) -> None:
    matrix = _graph(tmp_path / "model.onnx", branches=True)
    quantize_int4(tmp_path / "model.onnx", tmp_path / "model_int4.onnx")
    assert operators(tmp_path / "model_int4.onnx") == {"If", "MatMulNBits"}
    x, y = _run(tmp_path / "model_int4.onnx", first=np.array([first]))
    assert _relative_error(x @ matrix, y).max() < 0.25
    assert source_bytes(tmp_path / "model_int4.onnx") < source_bytes(tmp_path / "model.onnx") / 4


def test_fp16_has_the_same_inputs_and_outputs(tmp_path: Path) -> None:
    matrix = _graph(tmp_path / "model.onnx")
    convert_fp16(tmp_path / "model.onnx", tmp_path / "model_fp16.onnx")
    x, y = _run(tmp_path / "model_fp16.onnx")
    assert y.dtype == np.float32
    assert _relative_error(x @ matrix, y).max() < 0.01
    weights = onnx.load(str(tmp_path / "model_fp16.onnx")).graph.initializer
    assert {tensor.data_type for tensor in weights} == {TensorProto.FLOAT16}


def test_fp16_leaves_what_is_rounded_alone(tmp_path: Path) -> None:
    """Bucket numbers, as DeBERTa makes them from distances: ceil(x * 0.3) of whole numbers."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [200])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [200])
    # In half precision 0.3 is a little more than 0.3, so that 10 × 0.3 is rounded up to 4.
    sizes = [numpy_helper.from_array(np.array([0.3], np.float32), name) for name in ("size", "unit")]
    nodes = [
        helper.make_node("Mul", ["x", "size"], ["scaled"], name="scale"),
        helper.make_node("Ceil", ["scaled"], ["bucket"], name="round"),
        helper.make_node("Mul", ["bucket", "unit"], ["y"], name="after"),
    ]
    graph = helper.make_graph(nodes, "main", [x], [y], sizes)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save_model(model, str(tmp_path / "model.onnx"))
    convert_fp16(tmp_path / "model.onnx", tmp_path / "model_fp16.onnx")
    numbers = np.arange(200, dtype=np.float32)
    session = ort.InferenceSession(str(tmp_path / "model_fp16.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": numbers})[0]
    assert np.abs(found - np.ceil(numbers * np.float32(0.3)) * 0.3).max() < 0.1


def test_large_weights_go_beside_the_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = _graph(tmp_path / "model.onnx")
    whole = source_bytes(tmp_path / "model.onnx")
    monkeypatch.setattr(quantization, "_INLINE_BYTES", 1000)
    target = tmp_path / "out" / "model.onnx"
    target.parent.mkdir()
    (target.parent / "model.onnx_data").write_bytes(b"of an earlier one")
    resave(tmp_path / "model.onnx", target)
    assert (target.parent / "model.onnx_data").stat().st_size == matrix.nbytes
    assert target.stat().st_size < 2000
    assert (target.parent / "model.onnx_data").stat().st_mode == target.stat().st_mode
    assert source_bytes(target) == pytest.approx(whole, rel=0.1)
    x, y = _run(target)
    assert np.allclose(x @ matrix, y, atol=1e-4)
    quantize_int8(target, target.with_name("model_int8.onnx"))
    assert (target.parent / "model_int8.onnx_data").is_file()
    assert _relative_error(x @ matrix, _run(target.with_name("model_int8.onnx"))[1]).max() < 0.05
