"""From a Hugging Face folder to a `Model`, without loading it and without ever failing: a listing must go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

from studio.domain.errors import StudioError
from studio.domain.i18n import _
from studio.domain.layout import PrecisionFiles, Role, precisions_in
from studio.domain.model import Model, ModelState
from studio.domain.task import TEXT_FILES, Task
from studio.library.card import Card, read_card
from studio.library.manifest import MANIFEST, Manifest, read_manifest
from studio.library.safety import files_in, inside, json_of
from studio.runtime.folder import number
from studio.tasks import all_tasks

#: Roles that can answer on their own; an encoder without its decoder can't.
_COMPLETE: tuple[frozenset[Role], ...] = (
    frozenset({"model"}),
    frozenset({"encoder", "decoder_merged"}),
    frozenset({"encoder", "decoder", "decoder_with_past"}),
    frozenset({"encoder", "decoder"}),
    frozenset({"decoder_merged"}),
    frozenset({"decoder", "decoder_with_past"}),
)
#: A header of a safetensors file larger than this is damage, not a model.
_MOST_HEADER_BYTES = 100_000_000
_MB = 1_000_000


def looks_like_model(folder: Path) -> bool:
    """Whether a folder has what makes it worth listing."""
    return any((folder / name).is_file() for name in ("config.json", MANIFEST))


def read_model(folder: Path, model_id: str, shipped: bool = False) -> Model:
    """The model in ``folder``. Whatever can't be read becomes its ``state`` and a sentence in ``problem``.

    Args:
        folder: Where it lies.
        model_id: Its name in the library, or its path.
        shipped: Whether it ships with the studio.
    """
    problems: list[tuple[ModelState, str]] = []
    config: dict[str, Any] = {}
    manifest: Manifest | None = None
    names: tuple[str, ...] = ()
    try:
        names = files_in(folder)
        config = json_of(folder, "config.json")
    except (StudioError, OSError) as error:
        problems.append(("damaged", _sentence(error)))
    try:
        manifest = read_manifest(folder)
    except StudioError as error:
        problems.append(("damaged", error.message))
    card = read_card(folder)
    precisions = precisions_in(names)
    sizes, unsafe = _sizes(folder, names)
    problems += [("damaged", sentence) for sentence in unsafe]
    found = task_of(config, card.pipeline_tag)
    problems += _lacking(config, names, precisions, found)
    if manifest:
        problems += [("damaged", sentence) for sentence in _size_problems(manifest, sizes)]
    state, problem = problems[0] if problems else ("ready", "")
    task = (manifest.task if manifest else "") or (found.id if found else None)
    return Model(
        id=model_id,
        folder=folder,
        task=task,
        architecture=str(config.get("model_type") or ""),
        precisions=complete_precisions(precisions),
        licence=card.licence or (manifest.source.licence if manifest else ""),
        languages=card.languages or (manifest.source.languages if manifest else ()),
        size_mb=sum(sizes.values()) / _MB,
        state=state,
        problem=problem,
        parameters=(manifest.parameters if manifest else None) or parameters_of(folder, names),
        max_tokens=number(config, "max_position_embeddings", "n_positions", "max_sequence_length"),
        fidelity={n: r.fidelity for n, r in manifest.precisions.items() if r.fidelity} if manifest else {},
        weights=_weights(folder, names, manifest),
        source=_source(manifest, card),
        labels=_labels(config),
        shipped=shipped,
        title=card.name,
    )


def task_of(config: Mapping[str, Any], pipeline_tag: str = "") -> Task | None:
    """The task that a model is for, or None where neither its configuration nor its card tells.

    The class names in ``config.json`` decide where they mean one task. Where they mean several, or none, the card's
    pipeline tag does.
    """
    listed = config.get("architectures")
    architectures = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    # A tag that a task claims as another name of its models comes before a task of that very name.
    named = sorted(all_tasks(), key=lambda t: pipeline_tag not in t.pipeline_tags)
    tagged = next((t for t in named if pipeline_tag and pipeline_tag in {t.id, *t.pipeline_tags}), None)
    matching = _matching(architectures)
    claimed = [t for t in matching if t.claims and t.claims(config, pipeline_tag)]
    matching = claimed or [t for t in matching if not t.claims]
    if len(matching) == 1:
        return matching[0]
    if matching and tagged not in matching:
        return None
    return tagged


def _matching(architectures: Sequence[str]) -> list[Task]:
    """The tasks that a class name means: those with the longest ending of it."""
    fits = {
        task.id: max(
            (len(end) for name in architectures for end in task.architectures if name.endswith(end)), default=0
        )
        for task in all_tasks()
    }
    longest = max(fits.values(), default=0)
    return [task for task in all_tasks() if longest and fits[task.id] == longest]


def _sentence(error: StudioError | OSError) -> str:
    if isinstance(error, StudioError):
        return error.message
    return _("The folder can't be read: {reason}.").format(reason=error.strerror or error)


def _sizes(folder: Path, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Size of each file in bytes, and a sentence for each that can't be used."""
    sizes: dict[str, int] = {}
    problems = []
    for name in names:
        try:
            sizes[name] = inside(folder, name).stat().st_size
        except OSError:
            problems.append(_("The file {name} can't be read, or is a link to nothing.").format(name=name))
        except StudioError as error:
            problems.append(error.message)
    return sizes, problems


def _lacking(
    config: Mapping[str, Any], names: Sequence[str], precisions: Sequence[PrecisionFiles], task: Task | None
) -> list[tuple[ModelState, str]]:
    found: list[tuple[ModelState, str]] = []
    if not config and "config.json" not in names:
        found.append(("incomplete", _("The file config.json is missing, which says what kind of model it is.")))
    if not precisions:
        found.append(
            (
                "incomplete",
                _("There are no ONNX files in it: `studio models add FOLDER` makes them from PyTorch weights."),
            )
        )
    elif not complete_precisions(precisions):
        parts = ", ".join(name for files in precisions for name in files.roles.values())
        found.append(("incomplete", _("Parts of the model are missing; there is only: {parts}.").format(parts=parts)))
    needed = task.needs if task else TEXT_FILES
    return [*found, *(("incomplete", _missing(one_of)) for one_of in needed if set(one_of).isdisjoint(names))]


def _missing(one_of: Sequence[str]) -> str:
    if one_of[0] == "tokenizer.json":
        return _("The file tokenizer.json is missing: `studio models add FOLDER` converts an older tokenizer.")
    return _("The file {name} is missing, which says how its input is prepared.").format(name=one_of[0])


def complete_precisions(precisions: Sequence[PrecisionFiles]) -> tuple[PrecisionFiles, ...]:
    """Those that have every part a model needs to answer."""
    return tuple(files for files in precisions if any(needed <= set(files.roles) for needed in _COMPLETE))


def _size_problems(manifest: Manifest, sizes: Mapping[str, int]) -> list[str]:
    """A sentence for each file that is missing or differs in size from what was recorded."""
    found = []
    for name, record in manifest.files.items():
        if name not in sizes:
            found.append(_("The file {name} is missing.").format(name=name))
        elif sizes[name] != record.size:
            found.append(
                _("The file {name} has {size} bytes instead of {expected}.").format(
                    name=name, size=sizes[name], expected=record.size
                )
            )
    return found


def weight_files(names: Sequence[str]) -> tuple[str, ...]:
    """The safetensors files among these names that hold a model's weights."""
    return tuple(
        name
        for name in names
        if name == "model.safetensors" or (name.startswith("model-") and name.endswith(".safetensors"))
    )


def pickled_files(names: Sequence[str]) -> tuple[str, ...]:
    """The files among these names that hold pickled weights, which can run code when they are opened."""
    return tuple(
        name
        for name in names
        if "/" not in name
        and (name.endswith((".pt", ".pth", ".ckpt")) or (name.endswith(".bin") and name.startswith("pytorch_model")))
    )


def parameters_of(folder: Path, names: Sequence[str]) -> int | None:
    """Number of parameters in the folder's safetensors files, from their headers; None where there are none."""
    total = 0
    for name in weight_files(names):
        try:
            header = _safetensors_header(inside(folder, name))
            for key, entry in header.items():
                if key != "__metadata__":
                    count = 1
                    for size in entry["shape"]:
                        count *= int(size)
                    total += count
        except (OSError, ValueError, KeyError, TypeError, AttributeError, StudioError):
            return None
    return total or None


def _safetensors_header(path: Path) -> dict[str, Any]:
    """https://huggingface.co/docs/safetensors: eight bytes of length (little endian), then JSON."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_MOST_HEADER_BYTES, path.stat().st_size - 8):
            raise ValueError("no safetensors header")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("no safetensors header")
    return header


def _weights(folder: Path, names: Sequence[str], manifest: Manifest | None) -> Path | None:
    if weight_files(names):
        return folder
    # A studio.json can come from outside: looking for a folder on a server would tell that server who is looking.
    if manifest and manifest.source.path and not PureWindowsPath(manifest.source.path).drive.startswith("\\\\"):
        original = Path(manifest.source.path)
        try:
            if original.is_dir() and weight_files([path.name for path in original.iterdir()]):
                return original
        except OSError:
            return None
    return None


def _source(manifest: Manifest | None, card: Card) -> str:
    if manifest and manifest.source.name:
        return manifest.source.name
    return card.base_model[0] if card.base_model else ""


def _labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    named = config.get("id2label")
    if not isinstance(named, dict):
        return ()
    numbered = [(int(key), str(value)) for key, value in named.items() if str(key).isdecimal()]
    return tuple(label for _index, label in sorted(numbered))
