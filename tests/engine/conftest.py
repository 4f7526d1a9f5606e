"""A supervisor of fake candidates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.engine.supervisor import Supervisor
from studio.engine.worker import Worker
from tests.engine.fakes import open_fake, spec


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor(open_fake) as supervisor:
        yield supervisor


@pytest.fixture
def worker(supervisor: Supervisor) -> Worker:
    """A worker with an open fake candidate whose answer comes whole."""
    worker = supervisor.start()
    worker.load(spec()).wait()
    return worker
