"""Models that the library lists where they lie, without a copy: by their names, in one small file of the library."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.library.safety import check_id

_FILE = ".links.json"
#: A file longer than this is none of ours.
_MOST_BYTES = 4_000_000


def read_links(root: Path) -> dict[str, Path]:
    """The linked folders by model id; what can't be read links to nothing."""
    path = root / _FILE
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
        return {check_id(str(name)): Path(str(folder)) for name, folder in data.items()}
    except (OSError, ValueError, AttributeError, RecursionError, InputError):
        return {}


def write_links(root: Path, links: Mapping[str, Path]) -> None:
    """Keep these links, and no others.

    Raises:
        InputError: The library can't be written to.
    """
    unfinished = root / f"{_FILE}.{uuid.uuid4().hex[:8]}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        data = {name: str(folder) for name, folder in sorted(links.items())}
        unfinished.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(root / _FILE)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(
            _("The library {root} can't be written to: {reason}.").format(root=root, reason=error.strerror or error),
            _("Choose another folder with --library, or set STUDIO_LIBRARY."),
            str(error),
        ) from error
