"""Every damaged file is found and named, with what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.library.verify import FileProblem, verify_folder
from tests.library.graphs import external


def _problem(folder: Path) -> FileProblem:
    result = verify_folder(folder)
    assert not result.ok
    (problem,) = result.problems
    assert problem.message.endswith(".")
    return problem


def test_a_model_in_order(put: Callable[[str], Path]) -> None:
    heard: list[tuple[str, int, int]] = []
    result = verify_folder(put("m"), lambda name, done, total: heard.append((name, done, total)))
    assert result.ok
    assert result.recorded
    assert [done for _name, done, _total in heard] == list(range(len(heard)))
    assert {name for name, _done, _total in heard} >= {"config.json", "onnx/model.onnx", "tokenizer.json"}


def test_a_flipped_byte(put: Callable[[str], Path]) -> None:
    folder = put("m")
    graph = folder / "onnx" / "model.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    problem = _problem(folder)
    assert (problem.file, problem.kind) == ("onnx/model.onnx", "altered")
    assert problem.next_step


def test_a_file_cut_short(put: Callable[[str], Path]) -> None:
    folder = put("m")
    graph = folder / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:1000])
    problem = _problem(folder)
    assert (problem.file, problem.kind) == ("onnx/model.onnx", "truncated")
    assert "1000" in problem.message


def test_a_missing_file(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "tokenizer_config.json").unlink()
    problem = _problem(folder)
    assert (problem.file, problem.kind) == ("tokenizer_config.json", "missing")


def test_a_graph_that_was_added_later(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "onnx" / "model_int8.onnx").write_bytes((folder / "onnx" / "model.onnx").read_bytes())
    (folder / "notes.txt").write_text("mine")
    problem = _problem(folder)
    assert (problem.file, problem.kind) == ("onnx/model_int8.onnx", "unrecorded")


def test_a_manifest_that_names_files_outside(put: Callable[[str], Path]) -> None:
    folder = put("m")
    manifest = folder / "studio.json"
    manifest.write_text(manifest.read_text().replace('"config.json"', '"../config.json"'))
    problem = _problem(folder)
    assert (problem.file, problem.kind) == ("../config.json", "unsafe")


def test_a_broken_manifest(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "studio.json").write_text("{")
    problem = _problem(folder)
    assert (problem.file, problem.kind) == ("studio.json", "unreadable")


def test_several_problems_are_all_named(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "tokenizer.json").unlink()
    (folder / "config.json").write_text("{}")
    result = verify_folder(folder)
    assert {problem.file for problem in result.problems} == {"tokenizer.json", "config.json"}


def test_without_hashes_the_structure_is_checked(onnx_folder: Path) -> None:
    assert verify_folder(onnx_folder).ok
    assert not verify_folder(onnx_folder).recorded
    graph = onnx_folder / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    problem = _problem(onnx_folder)
    assert (problem.file, problem.kind) == ("onnx/model.onnx", "unreadable")


@pytest.mark.parametrize("content", ["", "{", "version https://git-lfs.github.com/spec/v1"])
def test_json_that_is_none(onnx_folder: Path, content: str) -> None:
    (onnx_folder / "tokenizer.json").write_text(content)
    assert _problem(onnx_folder).file == "tokenizer.json"


def test_missing_external_data(onnx_folder: Path) -> None:
    external(onnx_folder / "onnx" / "model.onnx")
    assert verify_folder(onnx_folder).ok
    (onnx_folder / "onnx" / "model.onnx_data").unlink()
    problem = _problem(onnx_folder)
    assert (problem.file, problem.kind) == ("onnx/model.onnx_data", "missing")
    assert "model.onnx" in problem.message


def test_external_data_cut_short(onnx_folder: Path) -> None:
    external(onnx_folder / "onnx" / "model.onnx")
    (onnx_folder / "onnx" / "model.onnx_data").write_bytes(b"1" * 100)
    problem = _problem(onnx_folder)
    assert (problem.file, problem.kind) == ("onnx/model.onnx_data", "truncated")


@pytest.mark.parametrize("location", ["../../secret", "/etc/passwd", "C:\\secret"])
def test_external_data_outside_the_folder(onnx_folder: Path, location: str) -> None:
    external(onnx_folder / "onnx" / "model.onnx", location)
    (onnx_folder / "onnx" / "model.onnx_data").unlink()
    problem = _problem(onnx_folder)
    assert (problem.file, problem.kind) == ("onnx/model.onnx", "unsafe")


def test_the_cache_of_the_hub_is_a_folder_of_links(onnx_folder: Path, tmp_path: Path) -> None:
    external(onnx_folder / "onnx" / "model.onnx")
    blobs, snapshot = tmp_path / "models--o--n" / "blobs", tmp_path / "models--o--n" / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    for path in [path for path in onnx_folder.rglob("*") if path.is_file()]:
        link = snapshot / path.relative_to(onnx_folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        blob = path.rename(blobs / path.name.replace(".", ""))
        link.symlink_to(os.path.relpath(blob, link.parent))
    assert verify_folder(snapshot).ok
    (blobs / "modelonnx_data").unlink()
    assert not verify_folder(snapshot).ok


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions don't bind this user")
def test_a_file_that_cannot_be_read(put: Callable[[str], Path]) -> None:
    folder = put("m")
    (folder / "onnx" / "model.onnx").chmod(0)
    assert _problem(folder).kind == "unreadable"


def test_a_folder_that_lacks_a_part(onnx_folder: Path) -> None:
    (onnx_folder / "tokenizer.json").unlink()
    problem = _problem(onnx_folder)
    assert (problem.file, problem.kind) == ("", "lacking")
    assert "tokenizer.json" in problem.message
