"""From what a user types to candidates that can be opened."""

from __future__ import annotations

import re
from pathlib import Path

from studio.domain.comparison import Candidate
from studio.domain.endpoint import PREFIX
from studio.domain.errors import InputError, ModelFolderError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.layout import PRECISIONS
from studio.domain.model import Model
from studio.domain.running import LoadSpec, ProviderSetup
from studio.domain.task import Task
from studio.library.store import Library
from studio.providers import find_provider
from studio.services.endpoint_candidates import again, resolve_remote

#: What is taken where the user names no precision. On a CPU the quantized ones are several times faster at nearly
#: the same quality; a GPU has no fast kernels for dynamic int8.
_CPU_PREFERENCE = ("int8", "int4", "uint8", "q4f16", "bnb4", "fp32", "fp16")
_GPU_PREFERENCE = ("fp16", "q4f16", "int4", "fp32", "bnb4", "int8", "uint8")


def split_name(text: str) -> tuple[str, str | None]:
    """``ID:PRECISION`` into its parts; a colon that belongs to a path (``C:\\models``) is left alone.

    Raises:
        UnknownNameError: What follows the colon is no precision.
    """
    name, colon, precision = text.rpartition(":")
    if not colon or len(name) < 2 or Path(text).exists():
        return text, None
    if precision in PRECISIONS:
        return name, precision
    if re.fullmatch(r"[A-Za-z0-9_]*", precision):
        raise UnknownNameError(
            _("There is no precision {name!r}.").format(name=precision),
            _("Choose one of: {names}.").format(names=", ".join(PRECISIONS)),
        )
    return text, None


def resolve(
    task: Task, text: str, library: Library, device: str = "cpu", baseline: bool = False
) -> tuple[Candidate, LoadSpec]:
    """The candidate that ``text`` names, and how to open it.

    Args:
        task: What it shall do.
        text: What the user typed: ``ID``, ``ID:PRECISION``, a folder, or ``endpoint:NAME/MODEL``.
        library: Where models lie.
        device: Provider id.
        baseline: The PyTorch original of the model instead of an ONNX precision of it.

    Raises:
        UnknownNameError: No such model, precision or device.
        InputError: The model does another task.
        ModelFolderError: The model is not ready to run.
        EndpointError, OfflineError: See `studio.services.endpoint_candidates.resolve_remote`.
    """
    if text.startswith(PREFIX):
        if baseline:
            raise ModelFolderError(_("A model of an endpoint has no PyTorch baseline."))
        return resolve_remote(task, text)
    name, precision = split_name(text)
    model = library.find(name)
    if not task.runs(model.task, model.architecture) and not task.must_tell(model.task):
        raise InputError(
            _("{model} is made for {other}, not for {task}.").format(
                model=model.id, other=model.task or _("something the studio does not know"), task=task.id
            ),
            _("`studio models list` shows what each model is for."),
        )
    if baseline:
        return _baseline(task, model)
    provider = find_provider(device)
    if model.state != "ready":
        raise ModelFolderError(model.problem, _("`studio models verify {model}` says more.").format(model=model.id))
    precision = precision or preferred_precision(model, device)
    if model.files(precision) is None:
        raise UnknownNameError(
            _("{model} has no {precision}.").format(model=model.id, precision=precision),
            _("It has: {names}.").format(names=", ".join(files.precision for files in model.precisions)),
        )
    setup = ProviderSetup(provider.execution_provider, provider.options)
    spec = LoadSpec(task.id, model.folder, precision, provider.id, setup)
    return Candidate(model.id, precision, provider.id), spec


def named_again(task: Task, candidate: Candidate, library: Library) -> tuple[Candidate, LoadSpec]:
    """A candidate that was named before, and how to open it. Raises as `resolve`."""
    if candidate.remote:
        return again(task, candidate)
    baseline = candidate.backend == "pytorch"
    name = candidate.model if baseline else f"{candidate.model}:{candidate.precision}"
    return resolve(task, name, library, candidate.device, baseline)


def preferred_precision(model: Model, device: str) -> str:
    """The precision that is taken where the user names none: the quickest one that is nearly as good."""
    offered = [files.precision for files in model.precisions]
    order = _CPU_PREFERENCE if device == "cpu" else _GPU_PREFERENCE
    return min(offered, key=order.index)


def _baseline(task: Task, model: Model) -> tuple[Candidate, LoadSpec]:
    if model.weights is None:
        raise ModelFolderError(
            _("The PyTorch weights of {model} are not on this computer, so there is no baseline.").format(
                model=model.id
            ),
            _("Add the model again from its original folder with `studio models add … --keep-weights`."),
        )
    spec = LoadSpec(task.id, model.folder, "fp32", "cpu", backend="pytorch", weights=model.weights)
    return Candidate(model.id, "fp32", "cpu", "pytorch"), spec
