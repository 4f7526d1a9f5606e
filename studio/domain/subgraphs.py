"""The graphs inside an ONNX graph: what an ``If`` or a ``Loop`` runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def with_subgraphs(graph: Any) -> Iterator[Any]:
    """A graph (``onnx.GraphProto``) and all that its nodes hold, however deep."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                yield from with_subgraphs(inner)
