"""``studio.json``: written and read again, and what a damaged one does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import DamagedModelError
from studio.domain.model import Fidelity
from studio.library.manifest import (
    FileRecord,
    Manifest,
    PrecisionRecord,
    Source,
    read_manifest,
    record_again,
    record_files,
    sha256_of,
    write_manifest,
)
from studio.library.verify import verify_folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = Manifest(
        task="chat",
        source=Source("org/model", "/somewhere", {"model.safetensors": "ab"}),
        created_with={"torch": "2"},
        files={"config.json": FileRecord("cd", 12)},
        precisions={
            "fp32": PrecisionRecord("export", "growing", Fidelity(1e-6, 1.0, 12), "pytorch"),
            "int4": PrecisionRecord("builder", "shared"),
        },
        parameters=7,
        measured={"int4_accuracy": 0.5},
    )
    write_manifest(tmp_path, written)
    assert read_manifest(tmp_path) == written
    assert json.loads((tmp_path / "studio.json").read_text())["schema_version"] == 1


def test_a_folder_without_one(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        {"files": {"a": {"size": 3}}},
        {"files": []},
        {"precisions": {"fp32": {"fidelity": {"inputs": 3}}}},
        {"parameters": "many"},
        {"files": {"a": {"sha256": "x", "size": "big"}}},
    ],
)
def test_a_damaged_one_is_named(tmp_path: Path, content: dict[str, Any]) -> None:
    (tmp_path / "studio.json").write_text(json.dumps({"task": "chat", **content}))
    if content == {"files": []}:
        assert read_manifest(tmp_path) == Manifest(task="chat")
        return
    with pytest.raises(DamagedModelError, match=r"studio\.json"):
        read_manifest(tmp_path)


def test_hashes(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"abc")
    (tmp_path / "studio.json").write_text("{}")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert sha256_of(tmp_path / "onnx" / "model.onnx") == digest
    assert record_files(tmp_path) == {"onnx/model.onnx": FileRecord(digest, 3)}


def test_a_card_changed_on_purpose_is_recorded_again(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "README.md").write_text("new", encoding="utf-8")
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ", encoding="utf-8")
    record_again(folder, ["README.md"], {"int8_accuracy": 0.9})
    assert [problem.file for problem in verify_folder(folder).problems] == ["config.json"]
    manifest = read_manifest(folder)
    assert manifest
    assert manifest.measured == {"int8_accuracy": 0.9}


def test_without_a_manifest_there_is_nothing_to_record_in(onnx_folder: Path) -> None:
    with pytest.raises(DamagedModelError, match=r"studio\.json"):
        record_again(onnx_folder, ["config.json"])
