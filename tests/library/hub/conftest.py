"""A Hub on this computer, and a library that downloads from it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from studio.domain.places import shipped_models_folder
from studio.library.manifest import sha256_of
from studio.library.store import Library
from studio.services.downloads import Downloads
from tests.library.hub.keyring_file import FileKeyring
from tests.library.hub.server import FakeHub, Repository, blob_of

#: A shipped classifier of about a megabyte: large enough to be cut in the middle, small enough to be quick.
SMALL = "starter/clinc150-tiny"
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A running fake Hub that this process and those it starts take for the Hub; nobody has a token."""
    with FakeHub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.library.hub.keyring_file.FileKeyring")
        monkeypatch.setenv("STUDIO_TEST_KEYRING", str(tmp_path / "keyring.json"))
        # For this process too, where an earlier test may have made keyring choose another.
        keyring.set_keyring(FileKeyring())
        yield server


@pytest.fixture
def model(hub: FakeHub) -> Repository:
    """A classifier with int8 ONNX files on the Hub, licence cc-by-sa-4.0 or what its card says."""
    return hub.add(Repository.of("acme/intents", shipped_models_folder() / SMALL))


@pytest.fixture
def downloads(library: Library) -> Iterator[Downloads]:
    """The download queue of an empty library."""
    queue = Downloads(library)
    yield queue
    queue.close()


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model in a cache as huggingface_hub lays it out: blobs, and links to them by name. The network is off."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    root = tmp_path / "cache" / "models--acme--intents"
    folder = root / "snapshots" / REVISION
    (root / "blobs").mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(REVISION)
    source = shipped_models_folder() / "starter" / "clinc150-tiny"
    for path in (p for p in sorted(source.rglob("*")) if p.is_file() and p.name != "studio.json"):
        blob = root / "blobs" / (sha256_of(path) if path.suffix == ".onnx" else blob_of(path.read_bytes()))
        shutil.copyfile(path, blob)
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.path.relpath(blob, target.parent))
    return folder
