"""Reading a folder never fails: what is wrong becomes its state and a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.library.reading import parameters_of, read_model, task_of, weight_files


def _edit(folder: Path, name: str, **values: Any) -> None:
    path = folder / name
    content = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**content, **values}))


def test_a_whole_model(onnx_folder: Path) -> None:
    (onnx_folder / "README.md").write_text("---\nlicense: mit\nlanguage: [en, fr]\n---\n")
    model = read_model(onnx_folder, "tiny")
    assert (model.state, model.problem) == ("ready", "")
    assert model.task == "text-classification"
    assert model.architecture == "bert"
    assert [files.precision for files in model.precisions] == ["fp32"]
    assert model.files("fp32") is not None
    assert model.files("int8") is None
    assert model.licence == "mit"
    assert model.languages == ("en", "fr")
    assert model.labels == ("cancel_order", "track_refund", "get_invoice")
    assert model.max_tokens == 48
    assert model.weights == onnx_folder
    total = sum(path.stat().st_size for path in onnx_folder.rglob("*") if path.is_file())
    assert model.size_mb == pytest.approx(total / 1e6)


def test_the_parameters_are_those_of_the_weights(onnx_folder: Path) -> None:
    from safetensors import safe_open

    with safe_open(str(onnx_folder / "model.safetensors"), "np") as file:
        expected = sum(file.get_tensor(name).size for name in file.keys())  # noqa: SIM118 - it is no dict
    assert read_model(onnx_folder, "tiny").parameters == expected


@pytest.mark.parametrize("content", [b"", b"\xff" * 16, b"\x02\0\0\0\0\0\0\0[]", b"\x02\0\0\0\0\0\0\0{}"])
def test_weights_without_a_sane_header_have_no_count(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    assert parameters_of(tmp_path, ["model.safetensors"]) is None


def test_several_weight_files() -> None:
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "adapter.safetensors", "x.bin"]
    assert weight_files(names) == tuple(names[:2])


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer.json"),
        ("onnx/model.onnx", "no ONNX files"),
    ],
)
def test_what_is_lacking_is_named(onnx_folder: Path, missing: str, says: str) -> None:
    (onnx_folder / missing).unlink()
    model = read_model(onnx_folder, "tiny")
    assert model.state == "incomplete"
    assert says in model.problem


def test_half_a_translator_is_incomplete(onnx_folder: Path) -> None:
    (onnx_folder / "onnx" / "model.onnx").rename(onnx_folder / "onnx" / "encoder_model.onnx")
    model = read_model(onnx_folder, "tiny")
    assert model.state == "incomplete"
    assert model.precisions == ()
    assert "encoder_model.onnx" in model.problem


def test_a_broken_configuration_is_damage(onnx_folder: Path) -> None:
    (onnx_folder / "config.json").write_text("{")
    model = read_model(onnx_folder, "tiny")
    assert model.state == "damaged"
    assert "config.json" in model.problem


def test_a_broken_manifest_is_damage(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "studio.json").write_text("[]")
    model = read_model(folder, "m")
    assert model.state == "damaged"
    assert "studio.json" in model.problem


def test_a_file_of_another_size_is_damage(put: Callable[[str], Path]) -> None:
    folder = put("m")
    graph = folder / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-10])
    model = read_model(folder, "m")
    assert model.state == "damaged"
    assert "onnx/model.onnx" in model.problem


def test_a_link_to_nothing_is_damage(onnx_folder: Path) -> None:
    (onnx_folder / "tokenizer.json").unlink()
    (onnx_folder / "tokenizer.json").symlink_to("gone")
    model = read_model(onnx_folder, "tiny")
    assert model.state == "damaged"
    assert "tokenizer.json" in model.problem


def test_a_folder_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    assert read_model(tmp_path / "gone", "x").state == "incomplete"


@pytest.mark.parametrize("value", [None, 7, [7], {"0": 1}, "x", ["a", "b"]])
def test_strange_configurations_are_no_crash(onnx_folder: Path, value: Any) -> None:
    keys = ("architectures", "id2label", "max_position_embeddings", "model_type")
    _edit(onnx_folder, "config.json", **dict.fromkeys(keys, value))
    _edit(onnx_folder, "studio.json", source=value if isinstance(value, dict) else None)
    assert read_model(onnx_folder, "x").folder == onnx_folder


@pytest.mark.parametrize(
    ("architectures", "tag", "task"),
    [
        (["BertForSequenceClassification"], "", "text-classification"),
        (["BertForSequenceClassification"], "translation", "text-classification"),
        (["BertModel"], "text-classification", "text-classification"),
        (["BertModel"], "sentiment-analysis", "text-classification"),
        (["BertModel"], "", "feature-extraction"),
        (["BertModel"], "object-detection", None),
        ("BertForSequenceClassification", "", None),
        (None, "", None),
    ],
)
def test_the_task(architectures: Any, tag: str, task: str | None) -> None:
    found = task_of({"architectures": architectures}, tag)
    assert (found.id if found else None) == task


def test_weights_are_found_where_the_manifest_says(put: Callable[[str], Path], onnx_folder: Path) -> None:
    folder = put("m")
    assert read_model(folder, "m").weights is None
    _edit(folder, "studio.json", source={"name": "tiny", "path": str(onnx_folder)})
    assert read_model(folder, "m").weights == onnx_folder
    _edit(folder, "studio.json", source={"name": "tiny", "path": str(onnx_folder / "gone")})
    assert read_model(folder, "m").weights is None


@pytest.mark.parametrize("path", ["\\\\server\\share\\model", "//server/share/model"])
def test_no_server_is_asked_for_weights(put: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    folder = put("m")
    _edit(folder, "studio.json", source={"name": "tiny", "path": path})
    asked: list[str] = []
    is_dir = Path.is_dir
    monkeypatch.setattr(Path, "is_dir", lambda self: asked.append(str(self)) or is_dir(self))
    assert read_model(folder, "m").weights is None
    assert not [name for name in asked if "server" in name]
