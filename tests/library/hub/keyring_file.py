"""A keyring in a file, for tests: other processes see it too, and nobody's real keyring is touched."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileKeyring(KeyringBackend):
    """Passwords in the JSON file that ``STUDIO_TEST_KEYRING`` names."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._all(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._all()
        if kept.pop(f"{service} {username}", None) is None:
            raise PasswordDeleteError(username)
        self._write(kept)

    @property
    def _path(self) -> Path:
        # keyring remembers this backend for as long as the process lives: also in tests that have no such file.
        return Path(os.environ.get("STUDIO_TEST_KEYRING", os.devnull))

    def _all(self) -> dict[str, str]:
        return json.loads(self._path.read_text() or "{}") if self._path.is_file() else {}

    def _write(self, kept: dict[str, str]) -> None:
        self._path.write_text(json.dumps(kept))
