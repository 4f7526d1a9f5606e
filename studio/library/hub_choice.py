"""Which files of a model on the Hub are downloaded: those of the chosen precisions, and what all of them need."""

from __future__ import annotations

from collections.abc import Sequence

from studio.domain.errors import HubError, InputError, ModelFolderError
from studio.domain.hub import HubFile, HubModel
from studio.domain.i18n import _
from studio.domain.layout import PrecisionFiles, Role
from studio.library.kept_files import is_kept
from studio.library.reading import complete_precisions

#: Small and good first. Generated text bears 4 bits well; other answers gain nothing from less than 8.
_USUAL_CHAT = ("int4", "int8", "uint8", "q4f16", "fp16", "fp32", "bnb4")
_USUAL = ("int8", "uint8", "fp16", "fp32", "int4", "q4f16", "bnb4")
#: A merged decoder does the work of these two; both together would double a download for nothing.
_SPARED: frozenset[Role] = frozenset({"decoder", "decoder_with_past"})


def offered(model: HubModel) -> tuple[PrecisionFiles, ...]:
    """The precisions that can run, best quality first, each with no more files than it needs."""
    return tuple(_spare(files) for files in complete_precisions(model.precisions))


def _spare(files: PrecisionFiles) -> PrecisionFiles:
    if "decoder_merged" not in files.roles:
        return files
    dropped = tuple(name for role, name in files.roles.items() if role in _SPARED)
    roles = {role: name for role, name in files.roles.items() if role not in _SPARED}
    return PrecisionFiles(files.precision, roles, tuple(n for n in files.external if not n.startswith(dropped)))


def usual_precision(model: HubModel, task: str = "") -> str:
    """See `studio.services.catalog.usual_precision`."""
    names = [files.precision for files in offered(model)]
    order = _USUAL_CHAT if (task or model.task) == "chat" else _USUAL
    return next((name for name in order if name in names), "")


def choose(model: HubModel, precisions: Sequence[str], convert: bool, task: str = "") -> tuple[HubFile, ...]:
    """The files to download, small ones first.

    Args:
        model: What the Hub offers.
        precisions: Which; empty for the usual one. With ``convert`` they are made later and choose nothing.
        convert: Take the PyTorch weights instead of ONNX files.
        task: Task id, where the model does not tell.

    Raises:
        HubError: The file list leads out of the model's folder.
        InputError: It has no such precision.
        ModelFolderError: It has nothing that could be used.
    """
    if model.refused:
        raise HubError(
            _("{id} lists a file outside its folder: {name!r}. Nothing was downloaded.").format(
                id=model.id, name=model.refused[0]
            ),
            _("Don't use this model unless you know who made it and why."),
        )
    if model.file("config.json") is None:
        raise ModelFolderError(
            _("{id} is no model for the studio: it has no config.json.").format(id=model.id),
            _("Look for one of the task's list, or search for a conversion to ONNX."),
        )
    small = [file for file in model.files if is_kept(file.name)]
    large = list(model.weights) if convert else _graphs(model, precisions, task)
    if convert:
        small += [f for f in model.files if f.name.endswith(".safetensors.index.json") and "/" not in f.name]
        if not large:
            raise ModelFolderError(
                _("{id} has no weights in the safe format (safetensors) to convert.").format(id=model.id),
                _("Search for a conversion to ONNX of the same model."),
            )
    # README.md and readme.md are one file on some systems; of such names the first is kept.
    chosen: dict[str, HubFile] = {}
    for file in sorted((*large, *small), key=lambda f: f.name):
        chosen.setdefault(file.name.casefold(), file)
    return tuple(sorted(chosen.values(), key=lambda file: (file.size, file.name)))


def _graphs(model: HubModel, precisions: Sequence[str], task: str) -> list[HubFile]:
    by_name = {files.precision: files for files in offered(model)}
    if not by_name:
        raise ModelFolderError(
            _("{id} has no ONNX files.").format(id=model.id),
            _("Its weights can be converted here: choose to convert it (`--convert`).")
            if model.weights
            else _("Search for a conversion to ONNX of the same model."),
        )
    wanted = tuple(precisions) or (usual_precision(model, task),)
    for precision in wanted:
        if precision not in by_name:
            raise InputError(
                _("{id} has no precision {name!r}.").format(id=model.id, name=precision),
                _("Choose from: {names}.").format(names=", ".join(by_name)),
            )
    names = {name for precision in wanted for name in by_name[precision].all_files}
    return [file for file in model.files if file.name in names]
