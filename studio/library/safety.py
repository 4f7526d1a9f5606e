"""Paths and small files of model folders that come from outside: nothing in them is trusted."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from studio.domain.errors import InputError, UnsafeModelError
from studio.domain.i18n import _
from studio.runtime.folder import read_json

_ID_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
#: Names that Windows keeps for devices, with any extension.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_MOST_ID_PARTS = 3
#: Folders inside a model's folder that hold no part of it.
_NOT_PART_OF_A_MODEL = {".cache", ".git", ".ipynb_checkpoints", "__pycache__"}
#: A model has tens of files. A folder with more than this is something else (a home folder, a disk).
_MOST_FILES = 4096


def inside(folder: Path, name: str) -> Path:
    """The path of ``name`` in ``folder``.

    Links are followed, because the Hugging Face cache keeps files in ``blobs/`` and links to them from
    ``snapshots/REVISION/``; anything else that leads out of the folder is refused.

    Raises:
        UnsafeModelError: It is absolute, climbs out with ``..``, or is a link that leads out.
    """
    if not stays_below(name):
        raise _outside(folder, name)
    path = folder / name
    real = Path(os.path.realpath(path))
    if not any(real.is_relative_to(root) for root in _allowed_roots(folder)):
        raise _outside(folder, name)
    return path


def stays_below(name: str) -> bool:
    """Whether a relative path, read as any system would, leads to something below where it starts."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    climbs = ".." in posix.parts or ".." in windows.parts
    return bool(name) and "\0" not in name and not (climbs or posix.is_absolute() or windows.drive or windows.root)


def external_data(folder: Path, graph: str, location: str) -> str:
    """The path, relative to the model's folder, of external data that ``graph`` names.

    Raises:
        UnsafeModelError: It is not beside the graph or below, where ONNX Runtime would open it.
    """
    if not stays_below(location):
        raise _outside(folder, location)
    name = (PurePosixPath(graph).parent / location).as_posix()
    inside(folder, name)
    return name


def _allowed_roots(folder: Path) -> list[Path]:
    real = Path(os.path.realpath(folder))
    roots = [real]
    # models--ORG--NAME/snapshots/REVISION/FILE → models--ORG--NAME/blobs/HASH
    if real.parent.name == "snapshots" and (real.parent.parent / "blobs").is_dir():
        roots.append(real.parent.parent / "blobs")
    return roots


def _outside(folder: Path, name: str) -> UnsafeModelError:
    return UnsafeModelError(
        _("The model in {folder} points to a file outside its folder: {name!r}.").format(folder=folder.name, name=name),
        _("Don't use this model unless you know who made it and why."),
        str(folder / "…"),
    )


def json_of(folder: Path, name: str) -> dict[str, Any]:
    """The JSON object in a file of the folder, empty where there is none; bounded in size.

    Raises:
        UnsafeModelError: The file is a link that leads out of the folder.
        DamagedModelError: It is no JSON object.
    """
    inside(folder, name)
    return read_json(folder, name)


def files_in(folder: Path) -> tuple[str, ...]:
    """All files of a model's folder, relative, with forward slashes; hidden ones and caches left out.

    Only the folder and two levels below it count; linked folders are not entered.
    """
    found: list[str] = []
    for root, folders, names in os.walk(folder):
        here = Path(root).relative_to(folder)
        folders[:] = sorted(
            n for n in folders if n not in _NOT_PART_OF_A_MODEL and not n.startswith(".") and len(here.parts) < 2
        )
        found += [(here / name).as_posix() for name in sorted(names) if not name.startswith(".")]
        if len(found) > _MOST_FILES:
            break
    return tuple(found[:_MOST_FILES])


def check_id(model_id: str) -> str:
    """``model_id``, if it can be the name of a folder in the library on every system.

    Raises:
        InputError: It can't.
    """
    parts = model_id.split("/")
    if len(parts) > _MOST_ID_PARTS or not all(
        _ID_PART.fullmatch(part) and not part.endswith(".") and not RESERVED.fullmatch(part) for part in parts
    ):
        raise InputError(
            _("{id!r} can't be a model's name.").format(id=model_id),
            _("Use letters, digits, '.', '_' and '-', in up to three parts with '/' between them, such as my/model."),
        )
    return model_id
