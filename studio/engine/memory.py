"""What memory a process has used, in 10^6 bytes; None where the system does not tell, never a stand-in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_MB = 1e6


def peak_memory_mb(pid: int | None = None) -> float | None:
    """The high-water mark of a process's resident memory.

    Linux: ``VmHWM`` of ``/proc/PID/status`` — not ``ru_maxrss``, which a spawned child inherits from its parent.
    Windows: ``peak_wset``. macOS has no such figure for another process.
    """
    if sys.platform == "linux":
        return _linux_peak_mb(pid)
    elif sys.platform == "win32":
        import psutil

        try:
            return float(psutil.Process(pid).memory_info().peak_wset) / _MB
        except psutil.Error:
            return None
    else:
        return None


def _linux_peak_mb(pid: int | None) -> float | None:
    try:
        for line in Path(f"/proc/{pid or 'self'}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / _MB
    except (OSError, ValueError, IndexError):
        pass
    return None


def device_memory_mb(pid: int | None = None) -> float | None:
    """GPU memory of a process, over all NVIDIA GPUs; None without one, or where the driver does not tell."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # noqa: BLE001 - no driver, no library, no GPU: all mean "not available"
        return None
    try:
        total, seen = 0, False
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            for process in pynvml.nvmlDeviceGetComputeRunningProcesses(handle):
                if process.pid == (pid or os.getpid()) and process.usedGpuMemory is not None:
                    total, seen = total + process.usedGpuMemory, True
        return total / _MB if seen else None
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()
