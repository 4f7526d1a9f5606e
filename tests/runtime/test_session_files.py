"""Opening graphs from damaged or hostile files: a sentence, never the content of another file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.domain.errors import DamagedModelError, DeviceError
from studio.domain.running import ProviderSetup
from studio.runtime.session import open_session
from tests.library.graphs import external, graph


def test_a_whole_file_opens(tmp_path: Path) -> None:
    external(tmp_path / "model.onnx")
    session = open_session(tmp_path / "model.onnx", ProviderSetup(), 1)
    assert session.input_names == ("x",)
    assert session.placement.provider == "CPUExecutionProvider"


@pytest.mark.parametrize("size", [0, 100, -1])
def test_a_file_cut_short(tmp_path: Path, size: int) -> None:
    path = tmp_path / "model.onnx"
    graph(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedModelError, match=r"model\.onnx.*studio models verify"):
        open_session(path, ProviderSetup(), 1)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DamagedModelError, match=r"model\.onnx is missing"):
        open_session(tmp_path / "model.onnx", ProviderSetup(), 1)


def test_missing_external_data(tmp_path: Path) -> None:
    external(tmp_path / "model.onnx")
    (tmp_path / "model.onnx_data").unlink()
    with pytest.raises(DamagedModelError, match="studio models verify"):
        open_session(tmp_path / "model.onnx", ProviderSetup(), 1)


def test_external_data_cut_short(tmp_path: Path) -> None:
    external(tmp_path / "model.onnx")
    (tmp_path / "model.onnx_data").write_bytes(b"1" * 10)
    with pytest.raises(DamagedModelError, match="studio models verify"):
        open_session(tmp_path / "model.onnx", ProviderSetup(), 1)


@pytest.mark.parametrize("absolute", [True, False])
def test_external_data_outside_the_folder_is_never_read(tmp_path: Path, absolute: bool) -> None:
    (tmp_path / "model").mkdir()
    secret = tmp_path / "secret"
    external(tmp_path / "model" / "model.onnx", str(secret) if absolute else "../secret")
    shutil.move(tmp_path / "model" / "model.onnx_data", secret)
    with pytest.raises(DamagedModelError):
        open_session(tmp_path / "model" / "model.onnx", ProviderSetup(), 1)


def test_a_provider_that_is_not_installed(tmp_path: Path) -> None:
    graph(tmp_path / "model.onnx")
    with pytest.raises(DeviceError, match="NoSuchExecutionProvider"):
        open_session(tmp_path / "model.onnx", ProviderSetup("NoSuchExecutionProvider"), 1)
