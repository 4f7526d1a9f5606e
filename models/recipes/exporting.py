"""Takes a trained model into a library by the studio's own command, and notes there what was measured of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from studio.library.manifest import record_again


def export(trained: Path, name: str, library: Path, precisions: str, recipe: str, *options: str) -> Path:
    """Export a trained folder as a starter, in place of one of that name.

    Args:
        trained: The model's folder, with its weights.
        name: The starter's name, without ``starter/``.
        library: Where it goes.
        precisions: Those to make, with commas between.
        recipe: The file here that trained it, for the card.
        options: More options of ``studio models add``.

    Returns:
        The new model's folder.
    """
    command = [
        sys.executable, "-m", "studio.cli.app", "models", "add", str(trained), "--library", str(library),
        "--id", f"starter/{name}", "--precision", precisions,
        "--source-name", f"models/recipes/{recipe} {name}", "--replace", *options,
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return library / "starter" / name


def record(folder: Path, figures: Mapping[str, Mapping[str, float]]) -> None:
    """Note the figures of each precision beside the model, whose card was written meanwhile."""
    flat = {f"{precision}_{metric}": value for precision, values in figures.items() for metric, value in values.items()}
    record_again(folder, ["README.md"], measured=flat)
