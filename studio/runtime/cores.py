"""How many processor cores there are for a model. Apart from sessions, so that asking loads no ONNX Runtime."""

from __future__ import annotations

import os
from pathlib import Path


def available_cores() -> int:
    """Physical cores this process may use: what the affinity mask allows, hyper-threads counted once."""
    try:
        logical = os.sched_getaffinity(0)
    except AttributeError:  # Windows and macOS have no affinity call in the standard library
        return max(1, (os.cpu_count() or 1) // (2 if os.name == "nt" else 1))
    cores = set()
    for cpu in logical:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))
