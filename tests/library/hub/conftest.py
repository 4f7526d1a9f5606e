"""A Hub on this computer, and a library that downloads from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.places import shipped_models_folder
from studio.library.store import Library
from studio.services.downloads import Downloads
from tests.library.hub.server import FakeHub, Repository

#: A shipped classifier of about a megabyte: large enough to be cut in the middle, small enough to be quick.
SMALL = "starter/clinc150-tiny"


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
