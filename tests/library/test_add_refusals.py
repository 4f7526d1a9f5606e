"""What is refused before any heavy library is loaded: each with its sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import (
    DamagedModelError,
    InputError,
    MissingDependencyError,
    ModelFolderError,
    StudioError,
    UnknownNameError,
    UnsafeModelError,
)
from studio.library import add
from studio.library.add import AddRequest, make_plan
from studio.library.plan import Plan
from studio.library.store import Library
from tests.library.graphs import external


def _plan(source: Path | str, library: Library, **values: Any) -> Plan:
    return make_plan(AddRequest(str(source), **values), library)


def test_a_plan_from_weights(weights_folder: Path, library: Library) -> None:
    plan = _plan(weights_folder, library)
    assert plan.id == "tiny-bert-weights"
    assert plan.task == "text-classification"
    assert plan.precisions == ("fp32", "int8")
    assert plan.convert
    assert plan.offered == ()


def test_a_plan_from_onnx_files(onnx_folder: Path, library: Library) -> None:
    plan = _plan(onnx_folder, library, precisions=("int8", "fp32", "int8"), id="my/bert")
    assert plan.id == "my/bert"
    assert plan.precisions == ("int8", "fp32")
    assert plan.offered == ("fp32",)
    assert not plan.convert
    assert _plan(onnx_folder, library).precisions == ("fp32",)


@pytest.mark.parametrize("source", ["gone", "a\0b", "x" * 5000, "~nobody-here/x"])
def test_a_source_that_is_not_there(library: Library, source: str) -> None:
    with pytest.raises(InputError, match="no folder"):
        _plan(source, library)


def test_a_hub_id_says_how_to_download_it(library: Library) -> None:
    with pytest.raises(InputError, match="studio models download org/name"):
        _plan("org/name", library)


def test_a_file_is_no_model(weights_folder: Path, library: Library) -> None:
    with pytest.raises(InputError, match="is a file"):
        _plan(weights_folder / "config.json", library)


def test_a_file_of_weights_stands_for_its_folder(weights_folder: Path, library: Library) -> None:
    assert _plan(weights_folder / "model.safetensors", library) == _plan(weights_folder, library)


def test_a_graph_stands_for_its_precision(onnx_folder: Path, library: Library) -> None:
    """Also where it lies in ``onnx/``, and where other precisions lie beside it."""
    (onnx_folder / "onnx" / "model_fp16.onnx").write_bytes((onnx_folder / "onnx" / "model.onnx").read_bytes())
    plan = _plan(onnx_folder / "onnx" / "model_fp16.onnx", library)
    assert (plan.source, plan.precisions) == (onnx_folder.resolve(), ("fp16",))
    assert _plan(onnx_folder, library).precisions == ("fp32", "fp16")


def test_a_graph_without_a_model_around_it(tmp_path: Path, library: Library) -> None:
    (tmp_path / "alone.onnx").write_bytes(b"x")
    with pytest.raises(ModelFolderError, match=r"no config\.json"):
        _plan(tmp_path / "alone.onnx", library)


def test_a_folder_without_config_says_what_a_model_has(tmp_path: Path, library: Library) -> None:
    with pytest.raises(ModelFolderError, match=r"no config\.json.*safetensors"):
        _plan(tmp_path, library)


def test_a_folder_without_weights_says_what_it_lacks(weights_folder: Path, library: Library) -> None:
    (weights_folder / "model.safetensors").unlink()
    with pytest.raises(ModelFolderError, match=r"model\.safetensors"):
        _plan(weights_folder, library)


def test_onnx_files_without_fp32_can_only_be_taken_over(onnx_folder: Path, library: Library) -> None:
    (onnx_folder / "model.safetensors").unlink()
    (onnx_folder / "onnx" / "model.onnx").rename(onnx_folder / "onnx" / "model_quantized.onnx")
    assert _plan(onnx_folder, library).precisions == ("int8",)
    with pytest.raises(ModelFolderError, match="ONNX files for: int8"):
        _plan(onnx_folder, library, precisions=("fp16",))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "weights.ckpt"])
def test_pickled_weights_need_a_flag(weights_folder: Path, library: Library, name: str) -> None:
    (weights_folder / "model.safetensors").rename(weights_folder / name)
    with pytest.raises(UnsafeModelError, match=f"{name}.*--allow-pickle") as error:
        _plan(weights_folder, library)
    assert "run code" in error.value.message
    assert _plan(weights_folder, library, allow_pickle=True).pickled


def test_safetensors_are_preferred_to_pickles(weights_folder: Path, library: Library) -> None:
    (weights_folder / "pytorch_model.bin").write_bytes(b"whatever")
    assert not _plan(weights_folder, library).pickled
    assert not _plan(weights_folder, library, allow_pickle=True).pickled


def test_an_unknown_precision_names_those_there_are(weights_folder: Path, library: Library) -> None:
    with pytest.raises(InputError, match="fp32, fp16, int8, int4"):
        _plan(weights_folder, library, precisions=("int3",))


def test_int4_is_for_models_that_write(weights_folder: Path, library: Library) -> None:
    with pytest.raises(InputError, match="int8 instead"):
        _plan(weights_folder, library, precisions=("fp32", "int4"))


def test_the_task_must_be_known(weights_folder: Path, library: Library) -> None:
    config = json.loads((weights_folder / "config.json").read_text())
    (weights_folder / "config.json").write_text(json.dumps({**config, "architectures": ["BertForMaskedLM"]}))
    with pytest.raises(InputError, match="--task"):
        _plan(weights_folder, library)
    assert _plan(weights_folder, library, task="text-classification").task == "text-classification"
    with pytest.raises(UnknownNameError):
        _plan(weights_folder, library, task="telepathy")
    (weights_folder / "README.md").write_text("---\npipeline_tag: text-classification\n---\n")
    assert _plan(weights_folder, library).task == "text-classification"


@pytest.mark.parametrize("name", ["../out", "/abs", "a/b/c/d", "con", "sp ace", ""])
def test_names_that_cannot_be_folders(weights_folder: Path, library: Library, name: str) -> None:
    if name == "":
        assert _plan(weights_folder, library, id=name).id == weights_folder.name
        return
    with pytest.raises(InputError, match="can't be a model's name"):
        _plan(weights_folder, library, id=name)


def test_a_name_that_is_taken(weights_folder: Path, library: Library, put: Callable[..., Path]) -> None:
    put("org/m")
    put("starter/one", library.shipped)
    for name in ("org/m", "starter/one"):
        with pytest.raises(InputError, match="already a model"):
            _plan(weights_folder, library, id=name)
        assert _plan(weights_folder, library, id=name, replace=True).id == name
    with pytest.raises(InputError, match="folder of other models"):
        _plan(weights_folder, library, id="org", replace=True)
    with pytest.raises(InputError, match="inside another model"):
        _plan(weights_folder, library, id="org/m/part")


def test_a_model_is_not_replaced_by_itself(library: Library, put: Callable[..., Path]) -> None:
    folder = put("m")
    with pytest.raises(InputError, match="by itself"):
        _plan(folder, library, id="m", replace=True)


def test_damaged_files_are_named_before_any_work(onnx_folder: Path, library: Library) -> None:
    graph = onnx_folder / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(DamagedModelError, match=r"onnx/model\.onnx"):
        _plan(onnx_folder, library)


def test_missing_external_data_is_named(onnx_folder: Path, library: Library) -> None:
    external(onnx_folder / "onnx" / "model.onnx")
    (onnx_folder / "onnx" / "model.onnx_data").unlink()
    with pytest.raises(DamagedModelError, match=r"model\.onnx_data"):
        _plan(onnx_folder, library)


@pytest.mark.parametrize("location", ["../../secret.bin", "../model.safetensors", "/etc/hostname"])
def test_external_data_elsewhere_is_refused(onnx_folder: Path, library: Library, location: str) -> None:
    external(onnx_folder / "onnx" / "model.onnx", location)
    with pytest.raises(UnsafeModelError, match="outside"):
        _plan(onnx_folder, library)


def test_links_out_of_the_folder_are_refused(weights_folder: Path, library: Library, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (weights_folder / "vocab.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UnsafeModelError, match=r"vocab\.txt"):
        _plan(weights_folder, library)


def test_without_the_libraries_for_converting(
    weights_folder: Path, onnx_folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(add, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(MissingDependencyError, match=r"torch.*pip install"):
        _plan(weights_folder, library)
    (onnx_folder / "model.safetensors").unlink()
    assert _plan(onnx_folder, library).precisions == ("fp32",)


def test_too_little_space(weights_folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class _Full:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda _path: _Full)
    with pytest.raises(InputError, match="too little space"):
        add.add_model(AddRequest(str(weights_folder)), library, add.Silent())
    assert not list(library.own.iterdir())


def test_a_library_that_cannot_be_written_to(weights_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StudioError, match="can't be written to"):
        add.add_model(AddRequest(str(weights_folder)), Library(tmp_path / "file" / "lib", tmp_path / "s"), add.Silent())
