"""A folder of pictures or recordings as a table: one row a file, the folder it lies in as its label."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from studio.domain.dataset import FileFormat
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.evaluation.importing.table import Table

#: Endings of files that are taken; what is in them is found out when they are read.
IMAGES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
SOUNDS = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus"})
#: More files than this are no test set that a person collected.
_MOST_FILES = 200_000
FILE, LABEL = "file", "label"


def open_folder(path: Path) -> Table:
    """The files of a folder and of the folders in it, by name.

    Raises:
        InputError: It holds no picture and no recording, or far too many.
    """
    files = _files(path)
    if not files:
        raise InputError(
            _("{name} holds no pictures and no recordings.").format(name=path.name),
            _("Choose a folder with one folder of files for each label, or a sheet that names the files."),
        )
    labelled = any("/" in name for name in files)
    rows = ((name, name.rsplit("/", 2)[-2] if "/" in name else "") if labelled else (name,) for name in files)
    return Table(FileFormat("folder"), (FILE, LABEL) if labelled else (FILE,), rows, lambda: None, lambda: None)


def fingerprint_of_folder(path: Path) -> str:
    """SHA-256 of the names and sizes of its files: reading gigabytes of pictures would take minutes."""
    mark = hashlib.sha256()
    for name in _files(path):
        mark.update(f"{name}\0{(path / name).stat().st_size}\n".encode())
    return mark.hexdigest()


def _files(path: Path) -> list[str]:
    found: list[str] = []
    for file in _walk(path, 3):
        found.append(file.relative_to(path).as_posix())
        if len(found) > _MOST_FILES:
            raise InputError(
                _("{name} holds more than {n} files.").format(name=path.name, n=f"{_MOST_FILES:,}"),
                _("Choose a smaller folder."),
            )
    return sorted(found)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            if depth > 1:
                yield from _walk(entry, depth - 1)
        elif entry.suffix.lower() in IMAGES | SOUNDS:
            yield entry
