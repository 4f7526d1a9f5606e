"""Nothing in a folder from outside leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.domain.errors import DamagedModelError, InputError, UnsafeModelError
from studio.library.safety import check_id, files_in, inside, json_of


@pytest.mark.parametrize(
    "name",
    ["../secret", "onnx/../../secret", "/etc/passwd", "C:\\secret", "\\\\server\\share", "..\\secret", "", "a\0b"],
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeModelError):
        inside(tmp_path, name)


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").symlink_to(tmp_path / "secret")
    with pytest.raises(UnsafeModelError):
        json_of(model, "config.json")


def test_links_of_the_hugging_face_cache_are_followed(tmp_path: Path) -> None:
    blobs = tmp_path / "models--org--name" / "blobs"
    snapshot = tmp_path / "models--org--name" / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blobs / "hash").write_text('{"model_type": "bert"}')
    (snapshot / "config.json").symlink_to(blobs / "hash")
    assert json_of(snapshot, "config.json") == {"model_type": "bert"}


def test_links_inside_the_folder_are_fine(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("{}")
    (tmp_path / "two.json").symlink_to("one.json")
    assert inside(tmp_path, "two.json").is_file()


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\x00", "{" * 100_000])
def test_json_that_is_no_object_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(DamagedModelError, match=r"config\.json"):
        json_of(tmp_path, "config.json")


def test_a_missing_file_is_an_empty_object(tmp_path: Path) -> None:
    assert json_of(tmp_path, "config.json") == {}


def test_files_of_a_model(tmp_path: Path) -> None:
    for name in ("config.json", "onnx/model.onnx", ".hidden", ".git/x", ".cache/x", "a/b/c", "a/b/deep/er"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert set(files_in(tmp_path)) == {"config.json", "onnx/model.onnx", "a/b/c"}


@pytest.mark.parametrize("good", ["model", "my/model", "org/model/v1.2", "A_b-c.d"])
def test_good_names(good: str) -> None:
    assert check_id(good) == good


@pytest.mark.parametrize(
    "bad",
    ["", ".", "..", "../x", "/x", "a//b", "a/b/c/d", ".hidden", "con", "a/NUL.txt", "ends.", "sp ace", "é", "a\\b"],
)
def test_bad_names(bad: str) -> None:
    with pytest.raises(InputError):
        check_id(bad)
