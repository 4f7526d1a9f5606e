"""Adding a model: checks here, the work in a process of its own, and one move into the library at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from studio.domain.errors import (
    DamagedModelError,
    InputError,
    MissingDependencyError,
    ModelFolderError,
    UnsafeModelError,
)
from studio.domain.i18n import _
from studio.domain.layout import precisions_in
from studio.domain.model import Model
from studio.domain.running import never_cancelled
from studio.domain.task import Task
from studio.library.card import read_card
from studio.library.links import read_links
from studio.library.plan import MAKEABLE, PRECISIONS_BY_TASK, Plan
from studio.library.preparing_process import prepare
from studio.library.reading import looks_like_model, pickled_files, read_model, task_of, weight_files
from studio.library.safety import check_id, files_in, inside, json_of
from studio.library.store import Library
from studio.library.verify import structure_problems
from studio.library.working_folder import place, working_folder
from studio.tasks import find_task

#: Disk space needed while converting, as a multiple of the original weights: fp32 twice, and every other precision.
_SPACE_FACTOR = 4
#: Endings of files that may be given in place of the folder they belong to.
MODEL_FILES = (".onnx", ".safetensors")
_PREPARING = ("torch", "transformers", "optimum", "onnx", "sentencepiece")


class AddObserver(Protocol):
    """Hears how adding a model goes on."""

    def stage(self, name: str, fraction: float, message: str) -> None:
        """A step began.

        Args:
            name: ``check``, ``tokenizer``, ``export``, ``quantize``, ``fidelity`` or ``finish``.
            fraction: How much is done, 0 to 1; steps differ in length, so it is a guess.
            message: What happens now, in plain words.
        """
        ...


class Silent:
    """An observer that does nothing."""

    def stage(self, name: str, fraction: float, message: str) -> None:
        """Nothing."""


@dataclass(frozen=True)
class AddRequest:
    """What a user asks for.

    Attributes:
        source: A folder, or a file in it that holds the model.
        id: Name in the library; the folder's name where None.
        task: Task id; read from the model where None.
        precisions: Which to make; empty means what suits the task.
        keep_weights: Whether to copy the PyTorch weights, for the baseline.
        allow_pickle: Whether pickled weights may be opened.
        replace: Whether to take the place of a model of the same id.
        source_name: What ``studio.json`` says about the origin, instead of the folder's path.
        log: Where to keep what the libraries print; None keeps nothing.
        threads: Threads for fidelity runs; 0 means all physical cores.
    """

    source: str
    id: str | None = None
    task: str | None = None
    precisions: tuple[str, ...] = ()
    keep_weights: bool = False
    allow_pickle: bool = False
    replace: bool = False
    source_name: str | None = None
    log: Path | None = None
    threads: int = 0


def add_model(
    request: AddRequest, library: Library, observer: AddObserver, cancelled: Callable[[], bool] = never_cancelled
) -> Model | None:
    """Convert a model and put it into the library; nothing is left behind where that fails.

    Args:
        request: What to add.
        library: Where to.
        observer: Hears about the steps, on this thread.
        cancelled: Asked about ten times a second; once true, the work is ended.

    Returns:
        The new model, or None where it was cancelled.

    Raises:
        InputError: The request can't be done as asked.
        ModelFolderError: The folder is no model, or lacks something.
        UnsafeModelError: The model wants to run code of its own, or its weights are pickled.
        MissingDependencyError: The libraries for converting are not installed.
        ConversionError: A step failed, or the result differs too much from the original.
    """
    observer.stage("check", 0.0, _("Checking the folder"))
    plan = make_plan(request, library)
    with working_folder(library.own) as working:
        _check_space(plan, working)
        if not prepare(plan, working, request.log, observer.stage, cancelled):
            return None
        observer.stage("finish", 0.99, _("Putting it into the library"))
        place(working / "model", library.own / plan.id, working)
    return read_model(library.own / plan.id, plan.id, library.writes_shipped)


def fetch(source: str) -> Path:
    """The local folder that ``source`` means; a file of a model stands for the folder that it belongs to.

    Raises:
        InputError: There is no such folder. For the id of a model on the Hub it says how to download that.
    """
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            return path.resolve()
        is_file = path.exists()
        if is_file and path.name.lower().endswith(MODEL_FILES):
            # transformers.js and this studio keep graphs in a folder "onnx" beside config.json.
            parent = path.absolute().parent
            return parent.parent if parent.name == "onnx" and not looks_like_model(parent) else parent
    except (OSError, ValueError, RuntimeError) as error:
        # No path at all: too long, or of a user (~name) whom nobody knows.
        raise InputError(_("There is no folder {source}.").format(source=source), _("Check the path.")) from error
    if is_file:
        raise InputError(
            _("{source} is a file; a model is a folder.").format(source=source),
            _("Give the folder that holds config.json, or its .onnx or .safetensors file."),
        )
    if source.count("/") == 1 and not source.startswith((".", "/", "~")) and "\\" not in source:
        raise InputError(
            _("There is no folder {source}.").format(source=source),
            _("If it is a model on the Hub: `studio models download {source}`.").format(source=source),
        )
    raise InputError(_("There is no folder {source}.").format(source=source), _("Check the path."))


def make_plan(request: AddRequest, library: Library) -> Plan:
    """Everything that can be told without the heavy libraries, checked.

    Raises:
        InputError, ModelFolderError, UnsafeModelError, MissingDependencyError: see `add_model`.
    """
    source = fetch(request.source)
    if not looks_like_model(source):
        raise ModelFolderError(
            _("{folder} is no model: it has no config.json.").format(folder=request.source),
            _("A model's folder has config.json, a tokenizer, and weights (model.safetensors) or ONNX files."),
        )
    model_id = check_id(request.id or source.name)
    _check_target(model_id, request, library)
    names = files_in(source)
    for name in names:
        inside(source, name)
    config = json_of(source, "config.json")
    task = _task(request, config, read_card(source).pipeline_tag, source)
    offered = tuple(files.precision for files in read_model(source, model_id).precisions)
    weights, pickled = weight_files(names), pickled_files(names)
    wanted = _precisions(request.precisions or _precision_of(request.source), task, offered)
    to_make = tuple(precision for precision in wanted if precision not in offered)
    _check_weights(source, weights, pickled, offered, to_make, request.allow_pickle)
    check_files(source, names)
    convert = bool(weights or pickled) and "fp32" not in offered
    if to_make or any(set(one_of).isdisjoint(names) for one_of in task.needs) or (weights and offered):
        _check_installed()
    return Plan(
        id=model_id,
        source=source,
        task=task.id,
        export_task=task.export_task,
        precisions=wanted,
        offered=offered,
        convert=convert,
        pickled=bool(pickled) and not weights and request.allow_pickle,
        keep_weights=request.keep_weights and bool(weights or pickled),
        source_name=request.source_name or source.name,
        record_path=request.source_name is None and not library.writes_shipped,
        threads=request.threads,
    )


def _check_target(model_id: str, request: AddRequest, library: Library) -> None:
    target = library.own / model_id
    if is_taken(model_id, library) and not request.replace:
        raise InputError(
            _("There is already a model {id}.").format(id=model_id),
            _("Choose another name with --id, or add --replace to take its place."),
        )
    if request.replace and target.exists() and Path(request.source).expanduser().resolve() == target.resolve():
        raise InputError(_("A model can't be replaced by itself."), _("Choose another name with --id."))


def is_taken(model_id: str, library: Library) -> bool:
    """Whether there is a model of that name, in a place where a model may be.

    Raises:
        InputError: No model can have that name, because of what else is in the library.
    """
    target = library.own / model_id
    if target.exists() and not looks_like_model(target):
        raise InputError(
            _("{id} is a folder of other models.").format(id=model_id), _("Choose another name with --id.")
        )
    above = next((p for p in target.parents if p.is_relative_to(library.own) and looks_like_model(p)), None)
    if above:
        raise InputError(
            _("{id} would lie inside another model.").format(id=model_id), _("Choose another name with --id.")
        )
    linked = model_id in read_links(library.own)
    return linked or looks_like_model(target) or looks_like_model(library.shipped / model_id)


def _task(request: AddRequest, config: dict[str, Any], pipeline_tag: str, source: Path) -> Task:
    if request.task:
        return find_task(request.task)
    found = task_of(config, pipeline_tag)
    if found is None:
        raise InputError(
            _("Neither the card nor config.json of {folder} says which use case it is for.").format(folder=source.name),
            _("Say it with --task; `studio tasks` lists them."),
            f"architectures: {config.get('architectures')}, pipeline_tag: {pipeline_tag!r}",
        )
    return found


def _precision_of(source: str) -> tuple[str, ...]:
    """What a single graph that was given stands for; nothing where a folder or weights were given."""
    return tuple(files.precision for files in precisions_in([Path(source).name]))


#: Kinds of output whose models stay good with 4 bits.
_BEAR_INT4 = frozenset({"text", "findings", "transcript"})


def _precisions(asked: tuple[str, ...], task: Task, offered: tuple[str, ...]) -> tuple[str, ...]:
    if not asked:
        return offered or PRECISIONS_BY_TASK.get(task.id, ("fp32", "int8"))
    for precision in asked:
        if precision not in MAKEABLE and precision not in offered:
            raise InputError(
                _("There is no precision {name!r} to make.").format(name=precision),
                _("Choose from: {names}.").format(names=", ".join(MAKEABLE)),
            )
        if precision == "int4" and task.output not in _BEAR_INT4 and precision not in offered:
            raise InputError(
                _("int4 is for models that write text or compare texts; others gain nothing from it."),
                _("Choose int8 instead."),
            )
    return tuple(dict.fromkeys(asked))


def _check_weights(
    source: Path,
    weights: tuple[str, ...],
    pickled: tuple[str, ...],
    offered: tuple[str, ...],
    to_make: tuple[str, ...],
    allow_pickle: bool,
) -> None:
    if not to_make or "fp32" in offered or weights:
        return
    if pickled and not allow_pickle:
        raise UnsafeModelError(
            _("The weights of {folder} are pickled ({names}); such a file can run code when it is opened.").format(
                folder=source.name, names=", ".join(pickled)
            ),
            _("Get the model with .safetensors files; or, if you trust its source, add --allow-pickle."),
        )
    if not pickled:
        present = precisions_in(files_in(source))
        raise ModelFolderError(
            _("{folder} has no PyTorch weights (model.safetensors) to make {names} from.").format(
                folder=source.name, names=", ".join(to_make)
            ),
            _("It has ONNX files for: {names}.").format(names=", ".join(files.precision for files in present))
            if present
            else _("Download the model again, with all its files."),
        )


def check_files(source: Path, names: tuple[str, ...]) -> None:
    """Refuse a damaged file now, by its name, and not after minutes of converting.

    Raises:
        UnsafeModelError: A graph names data outside the folder.
        DamagedModelError: A file is cut short, or is not what its name says.
    """
    for name in names:
        for problem in structure_problems(source, name):
            kind = UnsafeModelError if problem.kind == "unsafe" else DamagedModelError
            raise kind(problem.message, problem.next_step)


def _check_installed() -> None:
    missing = [name for name in _PREPARING if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            _("Converting a model needs libraries that are not installed: {names}.").format(names=", ".join(missing)),
            _('Install them with: pip install "prototype-studio[prepare]"'),
        )


def _check_space(plan: Plan, working: Path) -> None:
    weights = sum(
        (plan.source / name).stat().st_size
        for name in files_in(plan.source)
        if name.endswith((".safetensors", ".bin", ".onnx", ".onnx_data"))
    )
    free = shutil.disk_usage(working).free
    if free < weights * _SPACE_FACTOR:
        raise InputError(
            _("The disk of the library has too little space: {free:.0f} MB free, about {needed:.0f} MB needed.").format(
                free=free / 1e6, needed=weights * _SPACE_FACTOR / 1e6
            ),
            _("Free some space, or choose a library on another disk with --library."),
        )
