"""NVIDIA GPUs, as the driver tells of them; nothing of CUDA is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
_MB = 1e6


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU.

    Attributes:
        name: Such as ``"NVIDIA GeForce RTX 4070"``.
        memory_mb: Memory it has, 10^6 bytes.
        free_mb: Memory free right now, 10^6 bytes.
        driver: Version of the driver.
    """

    name: str
    memory_mb: float
    free_mb: float
    driver: str


def nvidia_gpus() -> tuple[Gpu, ...]:
    """All of them; empty without one, or without its driver."""
    return ask(_gpus, ())


def device_memory_mb(pid: int | None) -> float | None:
    """GPU memory of a process, over all GPUs, 10^6 bytes; None without one, or where the driver does not tell."""
    return None if pid is None else ask(lambda nvml: _used_mb(nvml, pid), None)


def ask(question: Callable[[Any], T], unknown: T) -> T:
    """What NVML answers; ``unknown`` without a GPU, without its driver, or where the driver does not tell."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # noqa: BLE001 - no driver, no library, no GPU: all mean the same
        return unknown
    try:
        return question(pynvml)
    except pynvml.NVMLError:
        return unknown
    finally:
        pynvml.nvmlShutdown()


def _gpus(nvml: Any) -> tuple[Gpu, ...]:
    driver = _text(nvml.nvmlSystemGetDriverVersion())
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        found.append(Gpu(_text(nvml.nvmlDeviceGetName(handle)), memory.total / _MB, memory.free / _MB, driver))
    return tuple(found)


def _used_mb(nvml: Any, pid: int) -> float | None:
    used = []
    for index in range(nvml.nvmlDeviceGetCount()):
        processes = nvml.nvmlDeviceGetComputeRunningProcesses(nvml.nvmlDeviceGetHandleByIndex(index))
        used += [process.usedGpuMemory for process in processes if process.pid == pid]
    # Windows and containers list the process but not what it uses.
    known = [size for size in used if size is not None]
    return sum(known) / _MB if known else None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
