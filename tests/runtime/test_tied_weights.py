"""A matrix that a model uses twice, as embedding and as last layer, is stored once after quantization."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from studio.domain.running import ProviderSetup
from studio.runtime.quantization import quantize_int8
from studio.runtime.session import open_session

_TOKENS, _WIDTH = 300, 64


def _matrix(seed: int) -> np.ndarray[Any, Any]:
    matrix = np.random.default_rng(seed).uniform(-0.4, 0.4, size=(_TOKENS, _WIDTH)).astype(np.float32)
    # An outlier sets the scale, as in trained weights: products of numbers that are all large overflow on a processor
    # with AVX2 alone.
    matrix[:, 0] = 1
    # Frequent tokens have small vectors, rare ones large: one scale for all would lose the small ones.
    return matrix * np.geomspace(0.01, 1, _TOKENS, dtype=np.float32)[:, None]


def _nodes(prefix: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Gather", ["table", "ids"], [f"{prefix}embedded"]),
        helper.make_node("Mul", [f"{prefix}embedded", "factor"], [f"{prefix}state"]),
        helper.make_node("MatMul", [f"{prefix}state", "layer"], [f"{prefix}y"]),
    ]


def _save(path: Path, table: np.ndarray[Any, Any], layer: np.ndarray[Any, Any], branches: bool = False) -> None:
    """A generator of one layer: ids → embedding → logits; with ``branches`` inside an ``If``, as a merged decoder."""
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"])
    shape = ["batch", "length", _TOKENS]
    inputs, nodes, output = [ids], _nodes(""), "y"
    if branches:
        inputs.append(helper.make_tensor_value_info("first", TensorProto.BOOL, [1]))
        both = {
            f"{name}_branch": helper.make_graph(
                _nodes(name), name, [], [helper.make_tensor_value_info(f"{name}y", TensorProto.FLOAT, shape)]
            )
            for name in ("then", "else")
        }
        nodes, output = [helper.make_node("If", ["first"], ["out"], **both)], "out"
    stored = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.ascontiguousarray(layer.T), "layer"),
        numpy_helper.from_array(np.array(2.0, np.float32), "factor"),
    ]
    out = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
    model = helper.make_model(
        helper.make_graph(nodes, "main", inputs, [out], stored), opset_imports=[helper.make_opsetid("", 18)]
    )
    model.ir_version = 10
    onnx.save_model(model, str(path))


def _run(path: Path, ids: np.ndarray[Any, Any], **more: Any) -> np.ndarray[Any, Any]:
    return open_session(path, ProviderSetup()).run({"ids": ids, **more})[0]


@pytest.mark.parametrize("branches", [False, True])
def test_one_matrix_is_stored_once_and_computes_the_same(tmp_path: Path, branches: bool) -> None:
    source, target = tmp_path / "model.onnx", tmp_path / "model_int8.onnx"
    matrix = _matrix(1)
    _save(source, matrix, matrix, branches)
    quantize_int8(source, target)
    assert target.stat().st_size < 1.5 * matrix.size + 8 * _TOKENS
    ids = np.array([[0, 5, 299], [17, 0, 150]])
    more = {"first": np.array([True])} if branches else {}
    expected, found = _run(source, ids, **more), _run(target, ids, **more)
    assert found.shape == (2, 3, _TOKENS)
    assert np.abs(expected - found).max() / np.abs(expected).max() < 0.05
    # A token by itself, also one with a small vector: activations that are quantized together share a scale. (Inside of
    # an ``If``, rounding adds up to more on a processor with AVX2 alone.)
    for token in () if branches else (0, 5, 150, 299):
        one = np.array([[token]])
        expected, found = _run(source, one, **more), _run(target, one, **more)
        assert np.abs(expected - found).max() / np.abs(expected).max() < 0.05


def test_two_matrices_stay_two(tmp_path: Path) -> None:
    source, target = tmp_path / "model.onnx", tmp_path / "model_int8.onnx"
    table, layer = _matrix(1), _matrix(2)
    _save(source, table, layer)
    quantize_int8(source, target)
    assert target.stat().st_size > 2 * table.size
    ids = np.array([[290, 299]])
    expected, found = _run(source, ids), _run(target, ids)
    assert np.abs(expected - found).max() / np.abs(expected).max() < 0.05


def test_a_matrix_that_differs_in_one_token_is_another(tmp_path: Path) -> None:
    source, target = tmp_path / "model.onnx", tmp_path / "model_int8.onnx"
    table, layer = _matrix(1), _matrix(1)
    layer[150] *= -1
    _save(source, table, layer)
    quantize_int8(source, target)
    assert target.stat().st_size > 2 * table.size
