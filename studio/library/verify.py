"""Is a model on disk what it was when it was added, and is it whole?"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.domain.errors import StudioError
from studio.domain.i18n import _
from studio.domain.layout import precisions_in
from studio.library.manifest import MANIFEST, Manifest, read_manifest, sha256_of
from studio.library.onnx_file import OnnxFormatError, summarize
from studio.library.reading import read_model
from studio.library.safety import external_data, files_in, inside

#: What is wrong with a file. ``lacking``: the model needs it and never had it, as far as is known.
ProblemKind = Literal["missing", "truncated", "altered", "unrecorded", "unreadable", "unsafe", "lacking"]
#: A JSON file that is larger than this is not one of a model.
_MOST_JSON_BYTES = 256_000_000


@dataclass(frozen=True)
class FileProblem:
    """One thing that is wrong.

    Attributes:
        file: Path relative to the model's folder; empty where it is about the whole folder.
        kind: See `ProblemKind`.
        message: What is wrong, in one sentence that names the file.
        next_step: What to do about it.
    """

    file: str
    kind: ProblemKind
    message: str
    next_step: str


@dataclass(frozen=True)
class Verification:
    """The result of a check.

    Attributes:
        folder: What was checked.
        files: How many files were checked.
        recorded: Whether there were recorded hashes to compare with.
        problems: What is wrong; empty where nothing is.
    """

    folder: Path
    files: int
    recorded: bool
    problems: tuple[FileProblem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def verify_folder(
    folder: Path, on_file: Callable[[str, int, int], None] = lambda _name, _done, _all: None
) -> Verification:
    """Check every file of a model's folder.

    Args:
        folder: The model.
        on_file: Hears the name of the file that is read next, how many are done, and how many there are.

    Raises:
        OSError: The folder can't be read at all.
    """
    names = files_in(folder)
    problems: list[FileProblem] = []
    try:
        manifest = read_manifest(folder)
    except StudioError as error:
        manifest = None
        problems.append(FileProblem(MANIFEST, "unreadable", error.message, error.next_step))
    if manifest:
        problems += _against(folder, names, manifest, on_file)
    else:
        problems += _against_cache(folder, names, on_file)
    flagged = {problem.file for problem in problems}
    for name in names:
        if name not in flagged:
            problems += structure_problems(folder, name)
    if not problems:
        model = read_model(folder, folder.name)
        if model.state != "ready":
            problems.append(FileProblem("", "lacking", model.problem, ""))
    return Verification(folder, len(names), manifest is not None, tuple(problems))


def _again() -> str:
    return _("Copy the file again from where you got the model, or remove the model and add it again.")


def _against(
    folder: Path, names: tuple[str, ...], manifest: Manifest, on_file: Callable[[str, int, int], None]
) -> list[FileProblem]:
    found = []
    for done, (name, record) in enumerate(manifest.files.items()):
        on_file(name, done, len(manifest.files))
        step = _("Repair the model: only this file is fetched again.") if record.etag else _again()
        try:
            path = inside(folder, name)
            if not path.is_file():
                found.append(FileProblem(name, "missing", _("The file {name} is missing.").format(name=name), step))
                continue
            size = path.stat().st_size
            if size < record.size:
                message = _("The file {name} is cut short: it has {size} of {expected} bytes.").format(
                    name=name, size=size, expected=record.size
                )
                found.append(FileProblem(name, "truncated", message, step))
            elif size > record.size or sha256_of(path) != record.sha256:
                message = _("The file {name} was changed since the model was added.").format(name=name)
                found.append(FileProblem(name, "altered", message, step))
        except StudioError as error:
            found.append(FileProblem(name, "unsafe", error.message, error.next_step))
        except OSError as error:
            found.append(_unreadable(name, error))
    # Only what would be run is worth a warning: notes or a licence text that someone added do no harm.
    for files in precisions_in(names):
        for name in files.all_files:
            if name not in manifest.files:
                message = _("The file {name} was put there after the model was added.").format(name=name)
                step = _("If you don't know where it came from, delete it; otherwise add the model again with it.")
                found.append(FileProblem(name, "unrecorded", message, step))
    return found


def _against_cache(folder: Path, names: tuple[str, ...], on_file: Callable[[str, int, int], None]) -> list[FileProblem]:
    """The Hugging Face cache calls a large file by its SHA-256, and links to it under the file's own name."""
    found = []
    for done, name in enumerate(names):
        try:
            blob = Path(os.path.realpath(inside(folder, name)))
            if blob.parent.name != "blobs" or not re.fullmatch(r"[0-9a-f]{64}", blob.name):
                continue
            on_file(name, done, len(names))
            if sha256_of(blob) != blob.name:
                message = _("The file {name} is not what was downloaded: its hash differs.").format(name=name)
                step = _("Delete {blob} from the cache and download the model again.").format(blob=blob)
                found.append(FileProblem(name, "altered", message, step))
        except (StudioError, OSError):
            # What can't be read is told by the look at its structure.
            continue
    return found


def _unreadable(name: str, error: OSError) -> FileProblem:
    message = _("The file {name} can't be read: {reason}.").format(name=name, reason=error.strerror or error)
    return FileProblem(name, "unreadable", message, _("Check its permissions and the disk, then copy it again."))


def structure_problems(folder: Path, name: str) -> list[FileProblem]:
    """What can be told of one file without recorded hashes: JSON parses, ONNX and its external data are whole."""
    try:
        path = inside(folder, name)
        if name.endswith(".json"):
            return _check_json(path, name)
        if name.endswith(".onnx"):
            return _check_onnx(folder, path, name)
        if path.stat().st_size == 0 and name.endswith((".safetensors", ".model", ".spm", ".onnx_data")):
            message = _("The file {name} is empty.").format(name=name)
            return [FileProblem(name, "truncated", message, _again())]
    except StudioError as error:
        return [FileProblem(name, "unsafe", error.message, error.next_step)]
    except OSError as error:
        return [_unreadable(name, error)]
    return []


def _check_json(path: Path, name: str) -> list[FileProblem]:
    try:
        if path.stat().st_size > _MOST_JSON_BYTES:
            raise ValueError("too large")
        json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        message = _("The file {name} is damaged: it is no valid JSON ({reason}).").format(name=name, reason=error)
        return [FileProblem(name, "unreadable", message, _again())]
    return []


def _check_onnx(folder: Path, path: Path, name: str) -> list[FileProblem]:
    try:
        summary = summarize(path)
    except OnnxFormatError as error:
        message = _("The file {name} is damaged: {reason}.").format(name=name, reason=error)
        return [FileProblem(name, "unreadable", message, _again())]
    found = []
    for data in summary.external:
        try:
            beside = external_data(folder, name, data.location)
        except StudioError as error:
            found.append(FileProblem(name, "unsafe", error.message, error.next_step))
            continue
        target = folder / beside
        if not target.is_file():
            message = _("The file {data} is missing, which holds weights of {name}.").format(data=beside, name=name)
            found.append(FileProblem(beside, "missing", message, _again()))
        elif target.stat().st_size < data.end:
            message = _("The file {data} is cut short: it has {size} of {expected} bytes.").format(
                data=beside, size=target.stat().st_size, expected=data.end
            )
            found.append(FileProblem(beside, "truncated", message, _again()))
    return found
