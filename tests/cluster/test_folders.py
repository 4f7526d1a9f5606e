"""Folders on their way to a node: sent once, checked, kept under the hash of what they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studio.cluster.folders import FolderCache
from studio.cluster.package import Package, packed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    (made / "onnx").mkdir(parents=True)
    (made / "config.json").write_text("{}", encoding="utf-8")
    (made / "onnx" / "model.onnx").write_bytes(bytes(range(256)) * 40)
    (made / "empty.txt").touch()
    return made


def _packed(folder: Path) -> Package:
    return packed(folder, ["config.json", "onnx/model.onnx", "empty.txt"]).hashed()


def _elsewhere(package: Package) -> Package:
    """As a node sees it that has another disk."""
    return Package(Path("/nowhere/model"), package.files)


def _send(cache: FolderCache, package: Package, source: Path, piece: int = 1_000) -> None:
    """All pieces, the last one first."""
    for file in package.files:
        data = (source / file.name).read_bytes()
        for offset in reversed(range(0, len(data), piece)):
            cache.take(package.fingerprint, file.name, offset, data[offset : offset + piece])


def test_a_folder_comes_once(folder: Path, tmp_path: Path) -> None:
    package = _elsewhere(_packed(folder))
    cache = FolderCache(tmp_path / "cache")
    assert cache.lacks(package)
    _send(cache, package, folder)
    cache.complete(package)
    there = cache.folder_of(package)
    assert {path.relative_to(there).as_posix(): path.read_bytes() for path in there.rglob("*") if path.is_file()} == {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert not FolderCache(tmp_path / "cache").lacks(package)


def test_two_processes_of_a_node_may_bring_it_at_once(folder: Path, tmp_path: Path) -> None:
    package = _elsewhere(_packed(folder))
    one, other = FolderCache(tmp_path / "cache"), FolderCache(tmp_path / "cache")
    assert one.lacks(package) and other.lacks(package)
    for cache in (one, other):
        _send(cache, package, folder)
    for cache in (one, other):
        cache.complete(package)
        assert cache.folder_of(package).is_dir()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [package.fingerprint]


def test_what_arrives_damaged_is_not_kept(folder: Path, tmp_path: Path) -> None:
    package = _elsewhere(_packed(folder))
    cache = FolderCache(tmp_path / "cache")
    assert cache.lacks(package)
    _send(cache, package, folder)
    cache.take(package.fingerprint, "onnx/model.onnx", 5, b"wrong")
    with pytest.raises(OSError, match="damaged"):
        cache.complete(package)
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(FileNotFoundError):
        cache.folder_of(package)


def test_a_folder_that_a_node_can_read_is_not_sent(folder: Path) -> None:
    package = packed(folder, ["config.json"])
    assert package.shared
    assert FolderCache(folder / "unused").folder_of(package) == folder
    (folder / "config.json").write_text("[]", encoding="utf-8")
    assert not package.shared


def test_the_hash_follows_from_contents_and_names_alone(folder: Path, tmp_path: Path) -> None:
    before = _packed(folder)
    os.utime(folder / "config.json", (1, 1))
    assert _packed(folder).fingerprint == before.fingerprint
    (folder / "config.json").write_text("[]", encoding="utf-8")
    assert _packed(folder).fingerprint != before.fingerprint


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../b", "a\\..\\b", "C:x", ""])
def test_no_name_leads_out_of_a_folder(name: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no path inside"):
        packed(folder, [name])
    with pytest.raises(ValueError, match="no path inside"):
        FolderCache(tmp_path / "cache").take("0" * 64, name, 0, b"")


def test_the_folder_that_nobody_used_for_longest_makes_room(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    for name, used in (("old", 1), ("older", 0)):
        (root / name).mkdir(parents=True)
        (root / name / "model.onnx").write_bytes(b"x" * 10_000)
        os.utime(root / name, (used, used))
    # Used within the last day: it may be open in a worker.
    (root / "fresh").mkdir()
    (root / "fresh" / "model.onnx").write_bytes(b"x" * 10_000)
    package = _elsewhere(_packed(folder))
    FolderCache(root, most_bytes=package.size + 20_000).lacks(package)
    assert {path.name for path in root.iterdir() if not path.name.startswith(".")} == {"old", "fresh"}
    FolderCache(root, most_bytes=1).lacks(package)
    assert {path.name for path in root.iterdir() if not path.name.startswith(".")} == {"fresh"}
