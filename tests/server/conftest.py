"""The studio's own server on loopback, with the models that ship."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from studio.library.store import Library
from studio.server.app import Heard
from studio.server.offer import Offer
from studio.server.serving import serve

ASSISTANT, EMBEDDER = "starter/assistant-small", "starter/minilm-embeddings"


def _unheard(_method: str, _path: str, _status: int, _seconds: float) -> None:
    """Most tests ask and look at the answer."""


@contextmanager
def serving(offer: Offer, heard: Heard = _unheard) -> Iterator[str]:
    """A running server; its base URL."""
    ready, stop, url = threading.Event(), threading.Event(), []

    def on_ready(address: str) -> None:
        url.append(address)
        ready.set()

    thread = threading.Thread(target=serve, args=(offer, Library.open(), on_ready, stop, heard), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield url[0]
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A server of every model; no key."""
    with serving(Offer(port=0)) as found:
        yield found
