"""The open set of screens: one file each, found by being in this folder. A file declares ``SCREEN``."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from studio.gui.page import Screen


@lru_cache(maxsize=1)
def all_screens() -> tuple[Screen, ...]:
    """Every screen, in the rail's order.

    Raises:
        RuntimeError: The folder is empty, as it silently is in a packaged app whose modules were not collected.
    """
    found = [
        import_module(f"{__name__}.{module.name}").SCREEN
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    if not found:
        raise RuntimeError("studio/gui/screens is empty: its modules were not collected into the package")
    return tuple(sorted(found, key=lambda screen: (screen.below, screen.order)))
