"""Keeps what is slow to build (exports by optimum) between runs of the tests, and between the processes of one run."""

from __future__ import annotations

import hashlib
import inspect
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

_LIBRARIES = ("torch", "transformers", "optimum", "optimum-onnx", "tokenizers", "onnxruntime")


class TinyCache:
    """Folders by the function that built them, its arguments, its source file and the versions of the libraries."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def built(self, build: Callable[..., None], *arguments: str) -> Path:
        """The folder that ``build(folder, *arguments)`` fills; it is built once. Tests must not write into it.

        Args:
            build: A function at the top level of a module. The folder is built again when that module changes.
            arguments: Short words that may stand in a file name, such as ``"bert"``.
        """
        source = Path(inspect.getsourcefile(build) or "").read_bytes()
        versions = " ".join(f"{name} {version(name)}" for name in _LIBRARIES)
        key = hashlib.sha256(source + versions.encode()).hexdigest()[:12]
        name = "-".join((build.__module__.rpartition(".")[2], build.__name__, *arguments, key))
        folder = self._root / name
        with FileLock(self._root / f"{name}.lock"):
            if not folder.is_dir():
                unfinished = self._root / f"{name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                build(unfinished, *arguments)
                unfinished.rename(folder)
        return folder
