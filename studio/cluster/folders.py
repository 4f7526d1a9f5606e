"""Folders that came to a node: each is kept under the hash of its contents, so that it comes once."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from studio.cluster.package import Package, check_name

#: What all folders together may take; the ones that nobody used for longest go first.
MOST_BYTES = 20 * 10**9
#: A folder that was used so recently may be in use.
_IN_USE_S = 24 * 3600.0


class FolderCache:
    """The folders of one node, shared by all processes on it.

    Args:
        root: Where they are kept; the user's cache where None.
        most_bytes: See `MOST_BYTES`.
    """

    def __init__(self, root: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._root = root
        self._most_bytes = most_bytes
        self._arriving: dict[str, Path] = {}

    def lacks(self, package: Package) -> bool:
        """Whether the package has to be sent; if so, room is made for it."""
        if self._place(package).is_dir():
            return False
        root = self._place(package).parent
        root.mkdir(parents=True, exist_ok=True)
        self._make_room(root, package.size)
        # Of this process alone: whoever is done first is taken, and the other's is thrown away.
        working = root / f".{package.fingerprint}-{uuid4().hex}"
        working.mkdir()
        self._arriving[package.fingerprint] = working
        return True

    def take(self, fingerprint: str, name: str, offset: int, data: bytes) -> None:
        """Store a piece of a file. Pieces come in any order."""
        check_name(name)
        path = self._arriving[fingerprint] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def complete(self, package: Package) -> None:
        """All pieces came: check them, and keep the folder.

        Raises:
            OSError: What came is not what was sent.
        """
        working = self._arriving.pop(package.fingerprint)
        try:
            for file in package.files:
                path = working / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                with path.open("rb") as opened:
                    if hashlib.file_digest(opened, "sha256").hexdigest() != file.sha256:
                        raise OSError(f"{file.name} arrived damaged")
            with suppress(OSError):
                # Another process on this node may have been quicker; its folder is the same.
                working.rename(self._place(package))
        finally:
            shutil.rmtree(working, ignore_errors=True)

    def folder_of(self, package: Package) -> Path:
        """Where the package lies on this node.

        Raises:
            OSError: It does not.
        """
        if package.shared:
            return package.folder
        place = self._place(package)
        if not place.is_dir():
            raise FileNotFoundError(f"{place} is not there")
        with suppress(OSError):
            os.utime(place)
        return place

    def _place(self, package: Package) -> Path:
        root = self._root
        if root is None:
            from platformdirs import user_cache_path

            root = user_cache_path("prototype-studio", appauthor=False) / "cluster"
        return root / package.fingerprint

    def _make_room(self, root: Path, wanted: int) -> None:
        kept = []
        for folder in root.iterdir():
            with suppress(OSError):
                kept.append((folder.stat().st_mtime, _size(folder), folder))
        taken = sum(size for _used, size, _folder in kept)
        for used, size, folder in sorted(kept):
            if taken + wanted <= self._most_bytes or time.time() - used < _IN_USE_S:
                return
            shutil.rmtree(folder, ignore_errors=True)
            taken -= size


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
