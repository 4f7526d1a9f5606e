"""The open set of viewers for answers: one file for each kind of output, found by being in this folder.

A file declares ``VIEWER``. An output of a new kind (an image, a sound, a vector) needs its file here and nothing else.
"""

from __future__ import annotations

from functools import lru_cache

from studio.domain.open_set import declared
from studio.gui.widgets.answers._view import AnswerView, PlainAnswer, Viewer

__all__ = ["AnswerView", "Viewer", "all_viewers", "viewer_for"]


@lru_cache(maxsize=1)
def all_viewers() -> tuple[Viewer, ...]:
    """Every viewer."""
    return tuple(declared(__name__, "VIEWER"))


def viewer_for(kind: str) -> AnswerView:
    """A new viewer for an output of that kind; a plain one where the kind has none of its own."""
    build = next((viewer.build for viewer in all_viewers() if viewer.kind == kind), PlainAnswer)
    return build()
