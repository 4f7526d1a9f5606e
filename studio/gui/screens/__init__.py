"""The open set of screens: one file each, found by being in this folder. A file declares ``SCREEN``."""

from __future__ import annotations

from functools import lru_cache

from studio.domain.open_set import declared
from studio.gui.page import Screen


@lru_cache(maxsize=1)
def all_screens() -> tuple[Screen, ...]:
    """Every screen, in the rail's order."""
    return tuple(sorted(declared(__name__, "SCREEN"), key=lambda screen: (screen.below, screen.order)))
