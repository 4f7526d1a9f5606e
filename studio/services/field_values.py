"""Values of a task's fields from cells of a sheet and from files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from studio.domain.dataset import Dataset
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.task import FILE_KINDS, Field, Task
from studio.evaluation.importing.document_text import SUFFIXES, text_of
from studio.services.samples import find_sample
from studio.services.text_collections import read_collection

#: What stands for the folder of sample data, which lies elsewhere on every computer.
SAMPLE = "sample:"
_LONGEST_NAME = 400


def names_files(task: Task) -> bool:
    """Whether cells of its data may name files."""
    return any(field.kind in FILE_KINDS or field.kind == "document" for field in task.inputs)


def folder_of(dataset: Dataset) -> Path | None:
    """The folder that cells of a data set name files in; None where they name none."""
    folder = dataset.format.folder
    if folder.startswith(SAMPLE):
        return find_sample(folder).path.parent
    return Path(folder) if folder else None


def value_of_cell(field: Field, cell: str, folder: Path | None) -> Any:
    """A cell as the value of a field.

    A picture or a recording is named by its path, in ``folder`` or whole. A document is the text itself, or the name
    of a file in ``folder``.

    Raises:
        InputError: A document can't be read.
    """
    if field.kind in {"texts", "variables"}:
        return tuple(line.strip() for line in cell.splitlines() if line.strip())
    if field.kind in FILE_KINDS:
        return str(_path(cell, folder))
    if field.kind == "document" and folder is not None and _is_name(cell):
        path = _path(cell, folder)
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return _document(path, path.stat().st_mtime_ns)
    return cell


def value_of_file(field: Field, path: Path) -> Any:
    """What a file that a person named holds for a field other than text.

    Raises:
        InputError: It can't be read.
    """
    if field.kind in FILE_KINDS:
        return str(path)
    return read_collection(path).texts if field.kind == "texts" else text_of(path)


def _is_name(cell: str) -> bool:
    return len(cell) < _LONGEST_NAME and "\n" not in cell and PurePosixPath(cell).suffix.lower() in SUFFIXES


def _path(cell: str, folder: Path | None) -> Path:
    """A file that a cell names. Cells may be anyone's, so they reach no server and don't climb out of the folder.

    Raises:
        InputError: They try to.
    """
    name = cell.strip()
    if name.startswith(("\\\\", "//")) or PureWindowsPath(name).drive.startswith("\\\\"):
        raise InputError(
            _("{name!r} lies on a server, where the studio does not look for files that a sheet names.").format(
                name=name[:200]
            ),
            _("Copy the files beside the sheet."),
        )
    path = Path(name)
    if path.is_absolute() or folder is None:
        return path
    if ".." in path.parts or ".." in PureWindowsPath(name).parts:
        raise InputError(
            _("{name!r} leads out of the folder of the sheet.").format(name=name[:200]),
            _("Copy the files beside the sheet."),
        )
    found = folder / path
    # Sheets made on Windows write backslashes.
    return found if found.exists() or "\\" not in name else folder / Path(*PureWindowsPath(name).parts)


@lru_cache(maxsize=16)
def _document(path: Path, _changed_ns: int) -> str:
    return text_of(path)
