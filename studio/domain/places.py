"""Where the files lie that ship with the studio."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resources_folder() -> Path:
    """Icons, translations, sample data: in the wheel inside the package, in a checkout beside it."""
    return _shipped("resources")


def shipped_models_folder() -> Path:
    """The starter models: in the wheel inside the package, in a checkout beside it."""
    return _shipped("models")


def _shipped(name: str) -> Path:
    packed = _PACKAGE / "_shipped" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
