"""Looks into an ``.onnx`` file without ONNX Runtime: is it whole, and which external data does it need?

Walks protobuf's wire format (https://protobuf.dev/programming-guides/encoding) over a memory map, so weights are
skipped, not read. Field numbers are those of onnx.proto.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_FUNCTIONS = 7, 8, 25
_GRAPH_NODES, _GRAPH_INITIALIZERS = 1, 5
_FUNCTION_NODES = 7
_NODE_ATTRIBUTES = 5
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
_EXTERNAL = 1
#: Graphs inside graphs, such as the two branches of a merged decoder; deeper than this is no model.
_DEEPEST = 16


class OnnxFormatError(ValueError):
    """The file is not a whole ONNX model."""


@dataclass(frozen=True)
class ExternalData:
    """Where one tensor's values lie.

    Attributes:
        location: File, relative to the ``.onnx`` file.
        end: Bytes that file must have at least.
    """

    location: str
    end: int


@dataclass(frozen=True)
class OnnxSummary:
    """What a look into an ``.onnx`` file shows.

    Attributes:
        nodes: Number of nodes of the main graph.
        external: External data needed, one entry for each file, with the largest ``end``.
    """

    nodes: int
    external: tuple[ExternalData, ...]


def summarize(path: Path) -> OnnxSummary:
    """Look into an ``.onnx`` file.

    Raises:
        OnnxFormatError: It is empty, cut short, or no ONNX model.
        OSError: It can't be read.
    """
    if path.stat().st_size == 0:
        raise OnnxFormatError("the file is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        walk = _Walk(data)
        walk.model()
    external = tuple(ExternalData(location, end) for location, end in sorted(walk.external.items()))
    return OnnxSummary(walk.nodes, external)


class _Walk:
    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.nodes = 0
        self.external: dict[str, int] = {}

    def model(self) -> None:
        graphs = opsets = 0
        for number, start, end in self._messages(0, len(self.data)):
            if number == _MODEL_GRAPH:
                graphs += 1
                self._graph(start, end, depth=0)
            elif number == _MODEL_OPSETS:
                opsets += 1
            elif number == _MODEL_FUNCTIONS:
                for inner, node_start, node_end in self._messages(start, end):
                    if inner == _FUNCTION_NODES:
                        self._node(node_start, node_end, depth=1)
        if graphs != 1 or not opsets:
            raise OnnxFormatError("there is no graph in it")

    def _graph(self, start: int, end: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise OnnxFormatError("graphs are nested too deeply")
        for number, inner_start, inner_end in self._messages(start, end):
            if number == _GRAPH_NODES:
                self.nodes += depth == 0
                self._node(inner_start, inner_end, depth)
            elif number == _GRAPH_INITIALIZERS:
                self._tensor(inner_start, inner_end)

    def _node(self, start: int, end: int, depth: int) -> None:
        for number, attribute_start, attribute_end in self._messages(start, end):
            if number != _NODE_ATTRIBUTES:
                continue
            for inner, value_start, value_end in self._messages(attribute_start, attribute_end):
                if inner in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    self._graph(value_start, value_end, depth + 1)
                elif inner in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                    self._tensor(value_start, value_end)

    def _tensor(self, start: int, end: int) -> None:
        entries: dict[str, str] = {}
        external = False
        for number, wire, value, value_end in self._fields(start, end):
            if number == _TENSOR_DATA_LOCATION and wire == 0:
                external = value == _EXTERNAL
            elif number == _TENSOR_EXTERNAL_DATA and wire == 2:
                pair = [self.data[s:e].decode("utf-8", "replace") for _n, s, e in self._messages(value, value_end)]
                if len(pair) == 2:
                    entries[pair[0]] = pair[1]
        if external:
            try:
                last = int(entries.get("offset", 0)) + int(entries.get("length", 0))
            except ValueError as error:
                raise OnnxFormatError(f"external data: {error}") from error
            location = entries.get("location", "")
            self.external[location] = max(self.external.get(location, 0), last)

    def _messages(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Fields that have a length: (field number, start, end)."""
        for number, wire, value, value_end in self._fields(start, end):
            if wire == 2:
                yield number, value, value_end

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """All fields: (number, wire type, value or start, end)."""
        at = start
        while at < end:
            key, at = self._varint(at, end)
            number, wire = key >> 3, key & 7
            if number == 0:
                raise OnnxFormatError("it is not in ONNX format")
            if wire == 0:
                value, at = self._varint(at, end)
                yield number, wire, value, at
                continue
            if wire == 2:
                size, at = self._varint(at, end)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                raise OnnxFormatError("it is not in ONNX format")
            if at + size > end:
                raise OnnxFormatError(f"it is cut short: {at + size - end} bytes are missing")
            yield number, wire, at, at + size
            at += size

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while at < end:
            byte = self.data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
            if shift > 63:
                raise OnnxFormatError("it is not in ONNX format")
        raise OnnxFormatError("it is cut short")
