"""Fixtures that tests of several rooms share."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from tests.tiny.cache import TinyCache

# Tests read English sentences, and neither read nor write the settings, projects and models of whoever runs them.
# Before anything of the studio is imported, and in the environment, so that processes which tests start see it too.
_OWN = Path(tempfile.mkdtemp(prefix="studio-tests-"))
atexit.register(shutil.rmtree, _OWN, ignore_errors=True)
os.environ |= {
    "LC_ALL": "C.UTF-8",
    "STUDIO_SETTINGS": str(_OWN / "settings.json"),
    "STUDIO_PROJECTS": str(_OWN / "projects"),
    # Nor the keyring, which may ask to be unlocked.
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
}
# A shell that starts tests in the background lets them ignore Ctrl+C, and every process that they start as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for _variable in ("STUDIO_LANGUAGE", "STUDIO_LIBRARY"):
    os.environ.pop(_variable, None)


@pytest.fixture(scope="session")
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TinyCache:
    """Tiny models by the function that builds them: ``tiny.built(encoders.exported, "bert")``."""
    cache = getattr(request.config, "cache", None)
    root = Path(cache.mkdir("tiny")) if cache else tmp_path_factory.mktemp("tiny")
    return TinyCache(root)
