"""A server on loopback, and models of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain.running import LoadSpec, RemoteSetup, Runner
from studio.tasks import find_task
from tests.remote.fault_server import KEY, FaultServer, fault_server

Opener = Callable[..., Runner]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server(KEY) as running:
        yield running


@pytest.fixture
def opened(server: FaultServer) -> Opener:
    """``opened("model", task="chat", timeout_s=…)``: a model of the server, in this process."""

    def open_it(model: str, task: str = "chat", **setup: Any) -> Runner:
        remote = RemoteSetup(server.url, model, **{"key": KEY, "timeout_s": 5.0, "retries": 2, **setup})
        return find_task(task).open_remote(LoadSpec(task, Path(), backend="openai", remote=remote))

    return open_it
