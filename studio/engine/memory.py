"""What memory a process has used, in 10^6 bytes; None where the system does not tell, never a stand-in."""

from __future__ import annotations

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
