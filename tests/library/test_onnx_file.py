"""Looking into ONNX files without ONNX Runtime: whole ones, damaged ones, and where their weights lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from studio.library.onnx_file import OnnxFormatError, summarize
from tests.library.graphs import external, graph


def test_a_whole_file(tmp_path: Path) -> None:
    graph(tmp_path / "model.onnx")
    found = summarize(tmp_path / "model.onnx")
    assert found.nodes == 1
    assert found.external == ()


def test_external_data_with_its_end(tmp_path: Path) -> None:
    external(tmp_path / "model.onnx")
    (data,) = summarize(tmp_path / "model.onnx").external
    assert (data.location, data.end) == ("model.onnx_data", 2400)


def test_external_data_inside_a_branch(tmp_path: Path) -> None:
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    value = TensorProto(name="v", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    value.external_data.add(key="location", value="other.bin")
    value.external_data.add(key="length", value="4")
    branch = helper.make_graph([helper.make_node("Identity", ["v"], ["y"])], "b", [], [y], [value])
    constant = helper.make_graph([helper.make_node("Constant", [], ["y"], value=value)], "c", [], [y])
    graph(tmp_path / "model.onnx", then_branch=branch, else_branch=constant)
    (data,) = summarize(tmp_path / "model.onnx").external
    assert (data.location, data.end) == ("other.bin", 4)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    graph(path)
    whole = path.read_bytes()
    # The last field is the opset: without its end, or without it, the file is not whole.
    for size in (*range(0, len(whole), 97), len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(OnnxFormatError):
            summarize(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip", b"<html></html>", b"\x00" * 64, b"version https://git-lfs\n"])
def test_other_files_are_no_models(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(OnnxFormatError):
        summarize(path)


def test_random_bytes_never_hang_or_crash(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    random = np.random.default_rng(3)
    graph(path)
    whole = bytearray(path.read_bytes())
    for _round in range(200):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        try:
            summarize(path)
        except OnnxFormatError:
            continue
