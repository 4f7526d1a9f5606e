"""The small files of a model's folder, read with care."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.domain.errors import DamagedModelError, ModelFolderError
from studio.runtime import folder
from studio.runtime.folder import files_of, number, read_json


def test_the_files_of_a_precision(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    for name in ("model.onnx", "onnx/model_quantized.onnx", "onnx/model_quantized.onnx_data"):
        (tmp_path / name).write_bytes(b"x")
    assert files_of(tmp_path, "fp32").roles == {"model": "model.onnx"}
    assert files_of(tmp_path, "int8").all_files == ("onnx/model_quantized.onnx", "onnx/model_quantized.onnx_data")
    with pytest.raises(ModelFolderError, match=r"fp16.*fp32, int8"):
        files_of(tmp_path, "fp16")


def test_a_folder_without_graphs(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no ONNX files"):
        files_of(tmp_path, "fp32")


def test_a_file_that_is_too_large_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text('{"a": 1}')
    assert read_json(tmp_path, "config.json") == {"a": 1}
    monkeypatch.setattr(folder, "_MAX_BYTES", 4)
    with pytest.raises(DamagedModelError, match=r"config\.json"):
        read_json(tmp_path, "config.json")


def test_numbers_that_mean_no_limit_are_none() -> None:
    config = {"none": None, "flag": True, "huge": 1e30, "text": "512", "zero": 0, "good": 512, "float": 128.0}
    assert number(config, "none", "flag", "huge", "text", "zero") is None
    assert number(config, "gone", "good") == 512
    assert number(config, "float", "good") == 128
