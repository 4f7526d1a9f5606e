"""Open sets: a package whose modules each declare one thing under the same name; a new file there adds one."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any


def declared(package: str, name: str) -> list[Any]:
    """What every module of a package declares under ``name``, by the modules' names; those with a ``_`` are left out.

    Raises:
        RuntimeError: There is none, as it silently is in a packaged app whose modules were not collected.
    """
    found = [
        getattr(import_module(f"{package}.{module.name}"), name)
        for module in pkgutil.iter_modules(import_module(package).__path__)
        if not module.name.startswith("_")
    ]
    if not found:
        raise RuntimeError(f"{package} is empty: its modules were not collected into the package")
    return found
