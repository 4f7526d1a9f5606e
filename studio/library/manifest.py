"""``studio.json``: what the studio adds to a Hugging Face folder (hashes, source, conversion fidelity)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import DamagedModelError
from studio.domain.i18n import _
from studio.domain.model import Fidelity
from studio.library.safety import files_in, json_of

MANIFEST = "studio.json"
SCHEMA_VERSION = 1
_CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class FileRecord:
    """A file as it was when the model was added.

    Attributes:
        sha256: Hash in hexadecimal.
        size: Bytes.
        etag: What identifies it on the Hub it came from, where it can be fetched again; empty for files made here.
    """

    sha256: str
    size: int
    etag: str = ""


@dataclass(frozen=True)
class Source:
    """Where a model came from.

    Attributes:
        name: A Hub id, or the name of a folder.
        path: The folder with the original PyTorch weights; only in the library of the person who has that folder.
        weights: SHA-256 of the weight files, by name, so that the conversion can be traced to them.
        revision: The commit on the Hub, where it was downloaded.
        licence: What the Hub says of its licence (that of the original, for conversions whose card is silent).
        languages: What the Hub says of its languages.
    """

    name: str = ""
    path: str = ""
    weights: Mapping[str, str] = field(default_factory=dict)
    revision: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class PrecisionRecord:
    """How a precision was made, and how close it is to the original.

    Attributes:
        method: Plain name of the method, such as ``"quantize_dynamic, int8 per channel"``.
        kv_cache: ``shared``: past and present are one buffer of full length; ``growing``: present is past plus one
            step; empty for models without a cache.
        fidelity: See `Fidelity`; None where it was not measured.
        reference: What ``fidelity`` compares with: ``pytorch``, or ``onnx-fp32`` where no weights were there.
    """

    method: str
    kv_cache: Literal["shared", "growing", ""] = ""
    fidelity: Fidelity | None = None
    reference: str = ""


@dataclass(frozen=True)
class Manifest:
    """The contents of ``studio.json``.

    Attributes:
        task: Task id it was added for.
        source: See `Source`.
        created_with: Versions of the libraries that made it.
        files: Every file of the folder but ``studio.json``, by relative path.
        precisions: By precision.
        parameters: Number of parameters.
        measured: Figures of a measured run, by name.
    """

    task: str = ""
    source: Source = field(default_factory=Source)
    created_with: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileRecord] = field(default_factory=dict)
    precisions: Mapping[str, PrecisionRecord] = field(default_factory=dict)
    parameters: int | None = None
    measured: Mapping[str, float] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, or None where there is none (a folder that was not added by the studio).

    Raises:
        DamagedModelError: It can't be read.
    """
    data = json_of(folder, MANIFEST)
    if not data:
        return None
    try:
        return _parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedModelError(
            _("The file {name} of the model is damaged.").format(name=MANIFEST),
            _("Remove the model and add it again, or delete {name} to use the folder without it.").format(
                name=MANIFEST
            ),
            f"{folder / MANIFEST}: {error!r}",
        ) from error


def _parse(data: Mapping[str, Any]) -> Manifest:
    source = data.get("source") or {}
    return Manifest(
        task=str(data.get("task") or ""),
        source=Source(
            str(source.get("name") or ""),
            str(source.get("path") or ""),
            dict(source.get("weights_sha256") or {}),
            str(source.get("revision") or ""),
            str(source.get("licence") or ""),
            tuple(str(code) for code in source.get("languages") or ()),
        ),
        created_with={str(k): str(v) for k, v in (data.get("created_with") or {}).items()},
        files={str(name): _file(record) for name, record in (data.get("files") or {}).items()},
        precisions={str(name): _precision(record) for name, record in (data.get("precisions") or {}).items()},
        parameters=int(data["parameters"]) if data.get("parameters") is not None else None,
        measured={str(k): float(v) for k, v in (data.get("measured") or {}).items()},
    )


def _file(record: Mapping[str, Any]) -> FileRecord:
    return FileRecord(str(record["sha256"]), int(record["size"]), str(record.get("etag") or ""))


def _precision(record: Mapping[str, Any]) -> PrecisionRecord:
    given = record.get("fidelity")
    fidelity = (
        Fidelity(float(given["max_logit_difference"]), float(given["same_outputs"]), int(given["inputs"]))
        if given
        else None
    )
    cache = record.get("kv_cache")
    return PrecisionRecord(
        str(record.get("method") or ""),
        "shared" if cache == "shared" else "growing" if cache == "growing" else "",
        fidelity,
        str((given or {}).get("reference") or ""),
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``studio.json``."""
    source: dict[str, Any] = {"name": manifest.source.name}
    if manifest.source.path:
        source["path"] = manifest.source.path
    if manifest.source.weights:
        source["weights_sha256"] = dict(manifest.source.weights)
    if manifest.source.revision:
        source["revision"] = manifest.source.revision
    if manifest.source.licence:
        source["licence"] = manifest.source.licence
    if manifest.source.languages:
        source["languages"] = list(manifest.source.languages)
    precisions: dict[str, Any] = {}
    for name, record in manifest.precisions.items():
        entry: dict[str, Any] = {"method": record.method}
        if record.kv_cache:
            entry["kv_cache"] = record.kv_cache
        if record.fidelity:
            entry["fidelity"] = {**asdict(record.fidelity), "reference": record.reference}
        precisions[name] = entry
    data = {
        "schema_version": SCHEMA_VERSION,
        "task": manifest.task,
        "source": source,
        "created_with": dict(manifest.created_with),
        "parameters": manifest.parameters,
        "precisions": precisions,
        "measured": dict(manifest.measured),
        "files": {name: _file_row(record) for name, record in sorted(manifest.files.items())},
    }
    (folder / MANIFEST).write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _file_row(record: FileRecord) -> dict[str, Any]:
    row: dict[str, Any] = {"sha256": record.sha256, "size": record.size}
    return {**row, "etag": record.etag} if record.etag else row


def record_again(folder: Path, names: Iterable[str], measured: Mapping[str, float] | None = None) -> None:
    """Take files as they are now for right, such as a card that figures were written into after adding the model.

    Args:
        folder: A model with a ``studio.json``.
        names: The files that were changed on purpose.
        measured: Figures of a measured run to add, by name.

    Raises:
        DamagedModelError: There is no ``studio.json``, or it can't be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise DamagedModelError(
            _("The file {name} of the model is missing.").format(name=MANIFEST), _("Add the model again.")
        )
    records = {**manifest.files, **{name: record_of(folder / name) for name in names}}
    write_manifest(folder, replace(manifest, files=records, measured={**manifest.measured, **(measured or {})}))


def record_files(folder: Path) -> dict[str, FileRecord]:
    """Hash and size of every file of the folder but ``studio.json``."""
    return {name: record_of(folder / name) for name in files_in(folder) if name != MANIFEST}


def record_of(path: Path) -> FileRecord:
    """Hash and size of a file as it is now."""
    return FileRecord(sha256_of(path), path.stat().st_size)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
