"""Files of the user's own that have no name yet: what was pasted or recorded gets one beside the projects."""

from __future__ import annotations

import time
from pathlib import Path

from studio.services.projects import own_folder


def new_file(kind: str, ending: str) -> Path:
    """An empty file that nobody else has, named after the moment.

    Args:
        kind: Name of the folder, such as ``"pictures"``.
        ending: With its dot.

    Raises:
        OSError: It can't be made.
    """
    folder = own_folder() / kind
    folder.mkdir(parents=True, exist_ok=True)
    moment = time.strftime("%Y-%m-%d %H.%M.%S")
    number = 0
    while True:
        path = folder / (f"{moment}{ending}" if not number else f"{moment} ({number}){ending}")
        try:
            # Two windows may need one within one second.
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path
