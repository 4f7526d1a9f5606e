"""Folds a head into the graph of its encoder: tokens in, label scores out, in one ONNX file that any runtime opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.embedding import EmbeddingRecipe
from studio.domain.errors import InputError, MissingDependencyError
from studio.domain.i18n import _
from studio.teaching.head import Head

_POOLED = "sentence_embedding"
#: Since this version the axes of a sum are an input.
_OLDEST_OPSET = 13
_BY_TOKEN = ("token_embeddings", "last_hidden_state")


def fold(base: Path, recipe: EmbeddingRecipe, head: Head, target: Path) -> None:
    """Write a graph that does what embedding and head do one after the other.

    Args:
        base: The encoder's graph; what it is made of stays as it is, quantized or not.
        recipe: How its tokens become one vector.
        head: The layer behind.
        target: The file to write.

    Raises:
        InputError: The encoder pools in a way that can't be folded.
        MissingDependencyError: The package ``onnx`` is not installed.
    """
    try:
        import onnx
        from onnx import helper, numpy_helper
    except ImportError as error:
        raise MissingDependencyError(
            _("Teaching needs the package onnx, which is not installed."), _("Install it with: pip install onnx")
        ) from error

    model = onnx.load(str(base))
    version = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    if version < _OLDEST_OPSET:
        raise InputError(
            _("A head can't be put behind a graph as old as this one (opset {version}).").format(version=version),
            _("Convert the model again from its weights, or choose another base."),
        )
    graph = model.graph
    nodes: list[Any] = []

    def constant(name: str, value: Any) -> str:
        graph.initializer.append(numpy_helper.from_array(value, f"head/{name}"))
        return f"head/{name}"

    def step(kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"head/{name}"], name=f"head/{name}/{kind}", **attributes))
        return f"head/{name}"

    outputs = {port.name: port for port in graph.output}
    last = constant("last", np.array([-1], np.int64))
    if _POOLED in outputs:
        vector = step("Cast", [_POOLED], "vector", to=onnx.TensorProto.FLOAT)
    else:
        tokens = next((name for name in (*_BY_TOKEN, *outputs) if name in outputs), "")
        tokens = step("Cast", [tokens], "tokens", to=onnx.TensorProto.FLOAT)
        if recipe.poolings == ("cls",):
            vector = step("Gather", [tokens, constant("first", np.array(0, np.int64))], "vector", axis=1)
        elif recipe.poolings == ("mean",):
            mask = step("Cast", ["attention_mask"], "mask", to=onnx.TensorProto.FLOAT)
            wide = step("Unsqueeze", [mask, last], "wide")
            weighted = step("Mul", [tokens, wide], "weighted")
            over = constant("over", np.array([1], np.int64))
            total = step("ReduceSum", [weighted, over], "total", keepdims=0)
            count = step("ReduceSum", [wide, over], "count", keepdims=0)
            count = step("Max", [count, constant("least", np.array(1e-9, np.float32))], "counted")
            vector = step("Div", [total, count], "vector")
        else:
            raise InputError(
                _("A head can't be put behind a model that pools by {how}.").format(how=", ".join(recipe.poolings)),
                _("Choose another embedding model with --base."),
            )
        if recipe.normalised:
            square = step("Mul", [vector, vector], "square")
            length = step("Sqrt", [step("ReduceSum", [square, last], "sum", keepdims=1)], "length")
            length = step("Max", [length, constant("short", np.array(1e-12, np.float32))], "long")
            vector = step("Div", [vector, length], "unit")
    product = step("MatMul", [vector, constant("weights", head.weights)], "product")
    nodes.append(helper.make_node("Add", [product, constant("bias", head.bias)], ["logits"], name="head/logits/Add"))
    graph.node.extend(nodes)
    del graph.output[:]
    shape: list[int | str] = ["batch_size", len(head.bias)]
    graph.output.append(helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(target))
