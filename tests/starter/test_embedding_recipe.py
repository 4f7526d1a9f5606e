"""What training sees is what ships: weights rounded in training are those of the 4-bit graph."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

RECIPES = Path(__file__).resolve().parents[2] / "models" / "recipes"


@pytest.fixture(autouse=True, scope="module")
def recipes_importable() -> Iterator[None]:
    sys.path.insert(0, str(RECIPES))
    yield
    sys.path.remove(str(RECIPES))


def test_rounding_twice_changes_nothing_and_lets_the_gradient_through() -> None:
    import torch
    from embedding import Rounded

    torch.manual_seed(1)
    weight = torch.randn(6, 128, requires_grad=True)
    once = Rounded()(weight)
    assert torch.equal(Rounded()(once.detach()), once.detach())
    assert 0 < float((once - weight).abs().max()) < 0.3
    once.sum().backward()
    assert weight.grad is not None and torch.equal(weight.grad, torch.ones_like(weight))
    assert torch.equal(Rounded()(torch.zeros(1, 64)), torch.zeros(1, 64))


def test_the_4_bit_graph_has_the_weights_that_training_rounded(tmp_path: Path) -> None:
    import onnx
    import onnxruntime
    import torch
    from embedding import Rounded
    from embedding_int4 import quantize
    from onnx import TensorProto, helper, numpy_helper

    torch.manual_seed(2)
    table, product = torch.randn(20, 128), torch.randn(64, 128)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["rows"]),
            helper.make_node("MatMul", ["rows", "product"], ["out"]),
        ],
        "small",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [
            helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 64]),
            helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 128]),
        ],
        [numpy_helper.from_array(table.numpy(), "table"), numpy_helper.from_array(product.T.numpy().copy(), "product")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(tmp_path / "fp32.onnx"))
    assert "int4" in quantize(tmp_path / "fp32.onnx", tmp_path / "int4.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "int4.onnx"), providers=["CPUExecutionProvider"])
    ids = np.arange(20)
    out, rows = session.run(["out", "rows"], {"ids": ids})
    expected = Rounded()(table)
    np.testing.assert_allclose(rows, expected.numpy(), atol=1e-5)
    wanted = (expected @ Rounded()(product).T).numpy()
    # Activations are int8 while it runs.
    assert np.abs(out - wanted).max() < 0.03 * np.abs(wanted).max()


def test_no_text_is_lost_when_some_are_joined_to_passages() -> None:
    from embedding import passages

    texts = [f"text{number}" for number in range(500)]
    joined = passages(texts, random.Random(3))
    assert sorted(" ".join(joined).split()) == sorted(texts)
    assert len(joined) < 500 and max(len(one.split()) for one in joined) == 3
