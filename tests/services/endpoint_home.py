"""A home of one's own for tests of endpoints: settings, and a keyring in a file that other processes see too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring
import pytest

from tests.library.hub.keyring_file import FileKeyring


@contextmanager
def endpoint_home(folder: Path) -> Iterator[Path]:
    """Settings and keyring lie in a folder meanwhile; its path is given back."""
    before = keyring.get_keyring()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDIO_SETTINGS", str(folder / "settings.json"))
        patch.setenv("STUDIO_PROJECTS", str(folder / "projects"))
        patch.setenv("STUDIO_TEST_KEYRING", str(folder.parent / "keyring.json"))
        patch.setenv("PYTHON_KEYRING_BACKEND", "tests.library.hub.keyring_file.FileKeyring")
        keyring.set_keyring(FileKeyring())
        try:
            yield folder
        finally:
            keyring.set_keyring(before)
