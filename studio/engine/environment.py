"""What a report needs to say about the computer and the libraries, so that a figure can be reproduced."""

from __future__ import annotations

import os
import platform
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from studio import __version__
from studio.engine.gpu import nvidia_gpus

#: ONNX Runtime comes under several names; one of them is installed.
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
_LIBRARIES = ("tokenizers", "numpy", "torch", "transformers", "optimum", "onnxruntime-genai")


@lru_cache(maxsize=1)
def environment() -> dict[str, str | int | float | None]:
    """Versions, processor, cores and memory; None for what is not installed or not told. Do not change the result."""
    import psutil

    gpus = nvidia_gpus()
    return {
        "studio": __version__,
        "python": platform.python_version(),
        "os": _os_name(),
        "cpu": cpu_name(),
        "physical_cores": psutil.cpu_count(logical=False),
        "logical_cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "memory_mb": psutil.virtual_memory().total / 1e6,
        "gpu": ", ".join(gpu.name for gpu in gpus) or None,
        "gpu_driver": gpus[0].driver if gpus else None,
        **{name.replace("-", "_"): found for name, found in library_versions().items()},
    }


def library_versions() -> dict[str, str | None]:
    """Versions of the libraries that decide how a model runs; None for what is not installed."""
    return {"onnxruntime": _runtime_version(), **{name: _version(name) for name in _LIBRARIES}}


def runtime_packages() -> tuple[str, ...]:
    """The names under which ONNX Runtime is installed. More than one is a mistake: they overwrite each other."""
    return tuple(name for name in _RUNTIMES if _version(name))


def usable_cores() -> int:
    """Logical processors that this process may use: an affinity mask or a container may allow fewer than there are."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Windows and macOS
        return os.cpu_count() or 1


def cpu_name() -> str:
    """The processor's name as its maker sells it, or the architecture where the system does not tell."""
    if sys.platform == "linux":
        try:
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith(("model name", "Model")):
                    return line.partition(":")[2].strip()
        except OSError:
            pass
    if sys.platform == "darwin":
        import subprocess

        try:
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass
    return platform.processor() or platform.machine()


def _os_name() -> str:
    if sys.platform == "linux":
        try:
            return f"{platform.freedesktop_os_release()['PRETTY_NAME']} ({platform.release()})"
        except (OSError, KeyError):
            pass
    return platform.platform()


def _runtime_version() -> str | None:
    return next((found for name in _RUNTIMES if (found := _version(name))), None)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
