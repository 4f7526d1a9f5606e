"""Folders of models for the library's tests: copies of tiny ones, so that a test may damage them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.library.manifest import Manifest, PrecisionRecord, Source, record_files, write_manifest
from studio.library.store import Library
from tests.tiny import encoders
from tests.tiny.cache import TinyCache


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An empty library with no shipped models."""
    return Library(tmp_path / "library", tmp_path / "shipped")


@pytest.fixture
def onnx_folder(tiny: TinyCache, tmp_path: Path) -> Path:
    """A tiny BERT with weights and ``onnx/model.onnx``, as one finds it on the Hub."""
    return shutil.copytree(tiny.built(encoders.exported, "bert"), tmp_path / "tiny-bert")


@pytest.fixture
def weights_folder(tiny: TinyCache, tmp_path: Path) -> Path:
    """A tiny BERT with PyTorch weights only."""
    return shutil.copytree(tiny.built(encoders.weights, "bert"), tmp_path / "tiny-bert-weights")


@pytest.fixture
def put(onnx_folder: Path, library: Library) -> Callable[[str], Path]:
    """Puts a model with a ``studio.json`` into the library, without converting anything; returns its folder."""

    def place(model_id: str, root: Path | None = None) -> Path:
        folder = shutil.copytree(onnx_folder, (root or library.own) / model_id)
        (folder / "model.safetensors").unlink()
        precisions = {"fp32": PrecisionRecord("by hand")}
        manifest = Manifest("text-classification", Source("tiny"), {}, record_files(folder), precisions, 26_000)
        write_manifest(folder, manifest)
        return folder

    return place
