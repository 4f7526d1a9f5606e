"""Opening PyTorch weights with transformers: nothing from the network, no code of the model's own, no pickles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from studio.domain.errors import DamagedModelError, MissingDependencyError, ModelFolderError, UnsafeModelError
from studio.domain.i18n import _
from studio.domain.layout import precisions_in
from studio.domain.running import LoadSpec, Placement
from studio.media.preparation import PREPARATION_FILES, no_preparation


def prepare_process(threads: int) -> int:
    """Settle what must be settled before transformers is imported; returns the threads used.

    Raises:
        MissingDependencyError: torch or transformers is not installed.
    """
    # transformers would otherwise ask the Hub about folders that lie on this disk.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingDependencyError(
            _("The PyTorch baseline needs torch and transformers, which are not installed."),
            _('Install them with: pip install "prototype-studio[prepare]"'),
            str(error),
        ) from error
    transformers.logging.set_verbosity_error()
    used = threads or _physical_cores()
    torch.set_num_threads(used)
    return used


def weights_folder(spec: LoadSpec) -> Path:
    """Where the weights of a candidate lie.

    Raises:
        ModelFolderError: They are not there.
    """
    folder = spec.weights or spec.folder
    if not any(folder.glob("model*.safetensors")):
        raise ModelFolderError(
            _("The PyTorch weights (model.safetensors) of {model} are not on this computer.").format(
                model=spec.folder.name
            ),
            _("Add the model again from its original folder with `studio models add … --keep-weights`."),
        )
    return folder


def open_weights(auto_class: Any, folder: Path) -> Any:
    """A model in fp32 and evaluation mode.

    Args:
        auto_class: Such as ``transformers.AutoModelForCausalLM``.
        folder: Hugging Face folder with safetensors.

    Raises:
        UnsafeModelError: The model needs code of its own.
        DamagedModelError: transformers can't open it.
    """
    import torch

    try:
        model = auto_class.from_pretrained(
            str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype=torch.float32
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise _explained(folder, error) from error
    return model.eval()


def open_original(auto_class: Any, spec: LoadSpec) -> Any:
    """A candidate's model in PyTorch, from its original weights or from those in its graph.

    Raises:
        ModelFolderError: Neither is there, or a graph can't be read.
        ConversionError: A graph has not all weights.
        UnsafeModelError, DamagedModelError: See `open_weights`.
    """
    if not spec.read_back:
        return open_weights(auto_class, weights_folder(spec))
    from studio.baseline.graph_weights import weights_in
    from studio.baseline.rebuilding import rebuilt

    here = [path for part in (spec.folder, spec.folder / "onnx") if part.is_dir() for path in part.iterdir()]
    offered = precisions_in(path.relative_to(spec.folder).as_posix() for path in here)
    graphs = next((files.roles for files in offered if files.precision == spec.precision), {})
    config = open_config(spec.folder).to_dict()
    return rebuilt(spec.folder, weights_in({role: spec.folder / name for role, name in graphs.items()}, config))


def open_tokenizer(folder: Path) -> Any:
    """The model's tokenizer, as transformers has it.

    Raises:
        UnsafeModelError: It needs code of its own.
        DamagedModelError: transformers can't open it.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise _explained(folder, error) from error


def open_image_processor(folder: Path) -> Any:
    """The model's own way to prepare pictures, as transformers has it (the one that works on Pillow's pictures).

    Raises:
        ModelFolderError: The folder does not say how.
        UnsafeModelError: It needs code of its own.
        DamagedModelError: transformers can't open it.
    """
    from transformers import AutoImageProcessor

    if not any((folder / name).is_file() for name in PREPARATION_FILES):
        raise no_preparation()
    try:
        return AutoImageProcessor.from_pretrained(
            str(folder), trust_remote_code=False, local_files_only=True, use_fast=False
        )
    except Exception as error:
        raise _explained(folder, error) from error


def open_feature_extractor(folder: Path) -> Any:
    """The model's own way to prepare sound, as transformers has it.

    Raises:
        UnsafeModelError: It needs code of its own.
        DamagedModelError: transformers can't open it.
    """
    from transformers import AutoFeatureExtractor

    try:
        return AutoFeatureExtractor.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise _explained(folder, error) from error


def open_config(folder: Path) -> Any:
    """The model's configuration, as transformers has it; errors as in `open_feature_extractor`."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise _explained(folder, error) from error


def placement(threads: int) -> Placement:
    """Where the baseline runs."""
    return Placement("PyTorch", ("PyTorch",), threads=threads)


def _explained(folder: Path, error: Exception) -> UnsafeModelError | DamagedModelError:
    text = str(error)
    if "trust_remote_code" in text:
        return UnsafeModelError(
            _("The model in {folder} needs program code of its own, which the studio does not run.").format(
                folder=folder.name
            ),
            _("Choose a model of an architecture that transformers knows."),
            text,
        )
    return DamagedModelError(
        _("PyTorch can't open the model in {folder}.").format(folder=folder.name),
        _("Check that the folder has all files of the model."),
        text,
    )


def _physical_cores() -> int:
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
