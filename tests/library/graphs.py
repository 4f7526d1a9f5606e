"""Small ONNX graphs that tests write and damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def graph(path: Path, **branches: onnx.GraphProto) -> onnx.ModelProto:
    """A graph that adds a weight; with ``branches``, an ``If`` chooses between them."""
    weight = numpy_helper.from_array(np.arange(600, dtype=np.float32), "weight")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [600])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [600])
    nodes = [helper.make_node("Add", ["x", "weight"], ["y"])]
    if branches:
        flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
        nodes = [helper.make_node("If", ["flag"], ["y"], **branches)]
        main = helper.make_graph(nodes, "main", [flag], [y])
    else:
        main = helper.make_graph(nodes, "main", [x], [y], [weight])
    model = helper.make_model(main, opset_imports=[helper.make_opsetid("", 18)])
    onnx.save_model(model, str(path))
    return model


def external(path: Path, location: str = "model.onnx_data") -> None:
    """The same with its weight in another file."""
    model = graph(path)
    onnx.save_model(model, str(path), save_as_external_data=True, location="model.onnx_data", size_threshold=0)
    if location != "model.onnx_data":
        moved = onnx.load(str(path), load_external_data=False)
        for entry in moved.graph.initializer[0].external_data:
            entry.value = location if entry.key == "location" else entry.value
        path.write_bytes(moved.SerializeToString())
