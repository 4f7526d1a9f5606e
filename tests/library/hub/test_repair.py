"""Damaged files are found by their hashes and fetched again, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.errors import InputError
from studio.domain.hub import DownloadProgress, DownloadRequest
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.services.downloads import Downloads
from tests.library.hub.server import FakeHub, Fault, Repository

GRAPH = "onnx/model_int8.onnx"


@pytest.fixture
def folder(model: Repository, downloads: Downloads, library: Library, hub: FakeHub) -> Path:
    """A downloaded model; the Hub has moved on since."""
    assert downloads.wait(downloads.enqueue(DownloadRequest("acme/intents")), 60).stage == "done"
    hub.asked.clear()
    return library.find("acme/intents").folder


def repaired(downloads: Downloads) -> DownloadProgress:
    return downloads.wait(downloads.repair("acme/intents"), 60)


def flip(path: Path, at: int = 1000) -> None:
    """Change one byte, and leave the size as it is."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.unlink()
    path.write_bytes(data)


def test_a_flipped_byte_is_found_and_only_that_file_is_fetched(
    folder: Path, downloads: Downloads, hub: FakeHub
) -> None:
    flip(folder / GRAPH)
    (problem,) = verify_folder(folder).problems
    assert (problem.file, problem.kind) == (GRAPH, "altered")
    assert problem.next_step == "Repair the model: only this file is fetched again."
    assert repaired(downloads).stage == "done"
    assert [asked.path.rpartition("//")[2] for asked in hub.fetched()] == [GRAPH]
    assert verify_folder(folder).ok


def test_several_kinds_of_damage_at_once(folder: Path, downloads: Downloads, hub: FakeHub, library: Library) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "config.json").write_bytes(b'{"a": ')
    (folder / "notes.txt").write_text("mine")
    assert repaired(downloads).stage == "done"
    assert sorted(asked.path.rpartition("/")[2] for asked in hub.fetched()) == ["config.json", "tokenizer.json"]
    assert library.find("acme/intents").state == "ready"
    assert verify_folder(folder).ok
    assert (folder / "notes.txt").read_text() == "mine"


def test_where_all_is_well_nobody_is_asked(folder: Path, downloads: Downloads, hub: FakeHub) -> None:
    progress = repaired(downloads)
    assert (progress.stage, progress.bytes_total) == ("done", 0)
    assert hub.asked == []


def test_a_repair_that_fails_leaves_the_model_as_it_was(folder: Path, downloads: Downloads, hub: FakeHub) -> None:
    flip(folder / GRAPH)
    damaged = (folder / GRAPH).read_bytes()
    hub.faults.append(Fault(GRAPH, flip=True))
    assert repaired(downloads).stage == "failed"
    assert (folder / GRAPH).read_bytes() == damaged
    hub.faults.clear()
    (folder / "tokenizer.json").unlink()
    assert repaired(downloads).stage == "done"
    assert verify_folder(folder).ok


def test_a_repair_of_a_model_that_is_gone_makes_no_half_one(
    folder: Path, downloads: Downloads, hub: FakeHub, library: Library
) -> None:
    flip(folder / GRAPH)
    hub.faults.append(Fault(GRAPH, status=404, times=1))
    assert repaired(downloads).stage == "failed"
    library.remove("acme/intents")
    downloads.resume("acme/intents")
    assert downloads.wait("acme/intents", 60).stage == "failed"
    assert library.all() == ()


def test_what_no_hub_has_is_named(put: Callable[[str], Path], downloads: Downloads, hub: FakeHub) -> None:
    own = put("mine")
    flip(own / "onnx" / "model.onnx")
    progress = downloads.wait(downloads.repair("mine"), 60)
    assert progress.failure
    assert "onnx/model.onnx" in progress.failure.message
    assert hub.asked == []


def test_shipped_models_are_left_alone(library: Library, put: Callable[..., Path], downloads: Downloads) -> None:
    put("starter/x", library.shipped)
    with pytest.raises(InputError, match="ships with the studio"):
        downloads.repair("starter/x")
