"""A folder that travels to the nodes of a cluster: which files, and what tells each of them apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

_CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class PackedFile:
    """One file of a folder.

    Attributes:
        name: Path in the folder, with forward slashes.
        size: Bytes.
        inode: What the file system knows it by, as is the time of its last change: a node that finds the same two at
            the same path reads the same file, so nothing needs to be sent.
        changed_ns: Time of its last change.
        sha256: Hash in hexadecimal; empty where it was not needed so far.
    """

    name: str
    size: int
    inode: int
    changed_ns: int
    sha256: str = ""

    def same_at(self, folder: Path) -> bool:
        """Whether this very file lies in ``folder``, here where it is asked."""
        try:
            found = (folder / self.name).stat()
        except OSError:
            return False
        return (found.st_size, found.st_ino, found.st_mtime_ns) == (self.size, self.inode, self.changed_ns)


@dataclass(frozen=True)
class Package:
    """Files of a folder; see `packed`."""

    folder: Path
    files: tuple[PackedFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def shared(self) -> bool:
        """Whether the folder can be read here, where it is asked, as it is: nothing has to be sent."""
        return all(file.same_at(self.folder) for file in self.files)

    @cached_property
    def fingerprint(self) -> str:
        """Tells its contents apart from any other, in hexadecimal; the hashes of all files are needed."""
        lines = (f"{file.sha256} {file.size} {file.name}\n" for file in sorted(self.files, key=lambda each: each.name))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def hashed(self) -> Package:
        """The same with the hash of every file, which takes as long as reading them.

        Raises:
            OSError: A file can't be read any more.
        """
        return Package(
            self.folder,
            tuple(file if file.sha256 else replace(file, sha256=_hash(self.folder / file.name)) for file in self.files),
        )


def packed(folder: Path, names: Iterable[str]) -> Package:
    """These files of a folder.

    Raises:
        OSError: One of them can't be read.
        ValueError: A name leads out of the folder.
    """
    files = []
    for name in names:
        check_name(name)
        found = (folder / name).stat()
        files.append(PackedFile(name, found.st_size, found.st_ino, found.st_mtime_ns))
    return Package(folder, tuple(files))


def check_name(name: str) -> None:
    """Raises `ValueError` where ``name`` is no path inside a folder."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError(f"{name!r} is no path inside a folder")


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()
