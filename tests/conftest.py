"""Fixtures that tests of several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny.cache import TinyCache


@pytest.fixture(scope="session")
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TinyCache:
    """Tiny models by the function that builds them: ``tiny.built(encoders.exported, "bert")``."""
    cache = getattr(request.config, "cache", None)
    root = Path(cache.mkdir("tiny")) if cache else tmp_path_factory.mktemp("tiny")
    return TinyCache(root)
