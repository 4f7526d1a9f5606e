"""Which ONNX files of a Hugging Face folder belong to which precision and which part of the model.

Reads names only. Knows optimum's layout (files in the root) and transformers.js' (an ``onnx/`` subfolder), precision
suffixes, merged and split decoders, and external data files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

#: Parts of a model. ``model``: an encoder or a whole decoder with its cache. ``encoder`` and ``decoder*``: the
#: parts of an encoder-decoder, and of older decoder exports; ``decoder_merged`` serves first and later steps.
Role = Literal["model", "encoder", "decoder", "decoder_with_past", "decoder_merged"]

_ROLES: dict[str, Role] = {
    "model": "model",
    "encoder_model": "encoder",
    "decoder_model": "decoder",
    "decoder_with_past_model": "decoder_with_past",
    "decoder_model_merged": "decoder_merged",
}
#: File name suffix → precision. Several suffixes can mean one precision; the earlier wins where a folder has both.
_SUFFIXES: dict[str, str] = {
    "": "fp32",
    "_fp32": "fp32",
    "_fp16": "fp16",
    "_int8": "int8",
    "_quantized": "int8",
    "_uint8": "uint8",
    "_int4": "int4",
    "_q4": "int4",
    "_q4f16": "q4f16",
    "_bnb4": "bnb4",
}
#: Best quality first: the order in which precisions are listed.
PRECISIONS = ("fp32", "fp16", "int8", "uint8", "int4", "q4f16", "bnb4")
_NAME = re.compile(r"^(?P<stem>" + "|".join(sorted(_ROLES, key=len, reverse=True)) + r")(?P<suffix>_[a-z0-9]+)?\.onnx$")


@dataclass(frozen=True)
class PrecisionFiles:
    """The files of one precision.

    Attributes:
        precision: One of `PRECISIONS`.
        roles: Part → path of its ``.onnx`` file, relative to the model's folder, with forward slashes.
        external: Paths of the external data files that belong to them.
    """

    precision: str
    roles: Mapping[Role, str]
    external: tuple[str, ...] = field(default=())

    @property
    def all_files(self) -> tuple[str, ...]:
        """Every file of this precision, graphs first."""
        return (*self.roles.values(), *self.external)


def precisions_in(names: Iterable[str]) -> tuple[PrecisionFiles, ...]:
    """The precisions that a folder with these files offers, best quality first.

    Args:
        names: Paths relative to the folder, with forward slashes. Only the root and ``onnx/`` count; where both
            hold the same part, ``onnx/`` wins.
    """
    listed = sorted(set(names))
    found: dict[str, dict[Role, tuple[int, str]]] = {}
    suffixes = list(_SUFFIXES)
    for name in listed:
        path = PurePosixPath(name)
        if str(path.parent) not in {".", "onnx"}:
            continue
        match = _NAME.match(path.name)
        suffix = (match["suffix"] or "") if match else None
        if match is None or suffix not in _SUFFIXES:
            continue
        role = _ROLES[match["stem"]]
        rank = suffixes.index(suffix) + (0 if str(path.parent) == "onnx" else len(suffixes))
        parts = found.setdefault(_SUFFIXES[suffix], {})
        if role not in parts or rank < parts[role][0]:
            parts[role] = (rank, name)
    result = []
    for precision in PRECISIONS:
        if precision in found:
            roles: dict[Role, str] = {role: name for role, (_rank, name) in found[precision].items()}
            result.append(PrecisionFiles(precision, roles, _external(roles.values(), listed)))
    return tuple(result)


def _external(graphs: Iterable[str], listed: list[str]) -> tuple[str, ...]:
    """External data files named after a graph: ``model.onnx_data``, ``model.onnx_data_1``, ``model.onnx.data``."""
    wanted = tuple(graph + mark for graph in graphs for mark in ("_data", ".data"))
    return tuple(name for name in listed if name.startswith(wanted))
