"""Models of the Hub that need work before they run: PyTorch weights, and tokenizers of the older kind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.domain.hub import DownloadProgress, DownloadRequest
from studio.library.manifest import read_manifest
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.services import catalog
from studio.services.downloads import Downloads
from tests.library.hub.server import FakeHub, Repository
from tests.tiny import encoders, seq2seq
from tests.tiny.cache import TinyCache

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("library-add")]


def test_weights_are_converted_where_that_is_asked_for(
    hub: FakeHub, tiny: TinyCache, downloads: Downloads, library: Library
) -> None:
    repository = hub.add(Repository.of("acme/bert", tiny.built(encoders.weights, "bert"), tags=()))
    assert catalog.precisions(catalog.ask("acme/bert")) == ()
    # Not without being asked: it takes long and needs the libraries for it.
    first = downloads.wait(downloads.enqueue(DownloadRequest("acme/bert", accept_licence=True)), 60)
    assert first.failure
    assert "--convert" in first.failure.next_step
    assert hub.fetched() == []

    heard: list[DownloadProgress] = []
    downloads.on_change(heard.append)
    request = DownloadRequest("acme/bert", ("fp32", "int8"), convert=True, accept_licence=True)
    assert downloads.wait(downloads.enqueue(request), 300).stage == "done"
    assert {p.doing for p in heard if p.stage == "converting"} > {"Converting to ONNX", "Making int8"}
    model = library.find("acme/bert")
    assert [files.precision for files in model.precisions] == ["fp32", "int8"]
    assert model.fidelity["fp32"].same_outputs == 1.0
    manifest = read_manifest(model.folder)
    assert manifest
    assert (manifest.source.name, manifest.source.revision) == ("acme/bert", repository.sha)
    # What came through as it was can be fetched again; what was made here can't.
    assert manifest.files["config.json"].etag
    assert not manifest.files["onnx/model.onnx"].etag
    assert verify_folder(model.folder).ok
    assert sorted(path.name for path in library.own.iterdir()) == ["acme"]


def test_an_older_tokenizer_is_converted(
    hub: FakeHub, tiny: TinyCache, downloads: Downloads, library: Library, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny.built(seq2seq.exported, "marian") / "merged", tmp_path / "marian")
    (folder / "tokenizer.json").unlink()
    hub.add(Repository.of("acme/marian", folder, pipeline_tag="translation"))
    request = DownloadRequest("acme/marian", accept_licence=True)
    assert downloads.wait(downloads.enqueue(request), 300).stage == "done"
    model = library.find("acme/marian")
    assert (model.state, model.task) == ("ready", "translation")
    manifest = read_manifest(model.folder)
    assert manifest
    assert manifest.files["onnx/encoder_model.onnx"].etag
    assert not manifest.files["tokenizer.json"].etag
