"""Where providers keep what they compiled for a model on this computer's device."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_dir


def compiled_models_folder(provider_id: str) -> str:
    """The folder for one provider; the worker makes it before a model is opened."""
    return str(Path(user_cache_dir("prototype-studio", appauthor=False)) / "compiled" / provider_id)
