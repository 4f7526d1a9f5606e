"""The small JSON files of a model's folder, read with care: a folder from outside is data, and may be broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.domain.errors import DamagedModelError, ModelFolderError
from studio.domain.i18n import _
from studio.domain.layout import PrecisionFiles, precisions_in

#: A configuration larger than this is none. tokenizer.json is opened by the tokenizers library, not here.
_MAX_BYTES = 32 * 1024 * 1024


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """The object in ``folder/name``; empty where there is no such file.

    Raises:
        DamagedModelError: It is there but is no JSON object.
    """
    path = folder / name
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("too large")
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise TypeError("not a JSON object")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise DamagedModelError(
            _("The file {name} of the model is damaged.").format(name=name),
            _("Add or repair the model."),
            f"{path}: {error}",
        ) from error
    return value


def files_of(folder: Path, precision: str) -> PrecisionFiles:
    """The ONNX files of one precision.

    Raises:
        ModelFolderError: The folder has none of that precision.
    """
    here = [path for part in (folder, folder / "onnx") if part.is_dir() for path in part.iterdir()]
    offered = precisions_in(path.relative_to(folder).as_posix() for path in here)
    for files in offered:
        if files.precision == precision:
            return files
    raise ModelFolderError(
        _("The model in {folder} has no {precision} files.").format(folder=folder.name, precision=precision),
        _("It has: {names}.").format(names=", ".join(f.precision for f in offered) or _("no ONNX files at all")),
    )


def number(config: Mapping[str, Any], *names: str) -> int | None:
    """The first of these keys that holds a whole number above 0 and below 10^9.

    Tokenizer configurations write 10^30 for "no limit"; that is not one.
    """
    for name in names:
        value = config.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9:
            return int(value)
    return None
