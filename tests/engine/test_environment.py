"""What a report says about the computer."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine import environment as module
from studio.engine.environment import cpu_name, environment, runtime_packages, usable_cores
from studio.engine.gpu import device_memory_mb, nvidia_gpus
from studio.engine.memory import peak_memory_mb


def test_facts_are_there_and_plausible() -> None:
    facts = environment()
    assert facts["logical_cores"] == os.cpu_count()
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    memory_mb = facts["memory_mb"]
    assert isinstance(memory_mb, float)
    assert 500 < memory_mb < 1e8
    assert cpu_name()
    assert runtime_packages() == ("onnxruntime",)


def test_what_is_not_installed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIBRARIES", ("no-such-library",))
    monkeypatch.setattr(module, "_RUNTIMES", ("no-such-runtime",))
    assert module.library_versions() == {"onnxruntime": None, "no-such-library": None}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_is_a_high_water_mark() -> None:
    before = peak_memory_mb() or 0.0
    ballast = bytearray(int(before * 1e6) + 50_000_000)
    during = peak_memory_mb() or 0.0
    del ballast
    after = peak_memory_mb() or 0.0
    assert during > before
    # The kernel counts in batches, so the figure may move by a few pages.
    assert after > 0.95 * during
    assert peak_memory_mb(2**22 + 1) is None


class _NvmlError(Exception):
    pass


def _driver(**own: Any) -> SimpleNamespace:
    """A driver with two GPUs."""
    processes = {
        0: [SimpleNamespace(pid=7, usedGpuMemory=300_000_000)],
        1: [SimpleNamespace(pid=7, usedGpuMemory=None)],
    }
    functions = {
        "NVMLError": _NvmlError,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: b"560.35",
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetMemoryInfo": lambda _handle: SimpleNamespace(total=8_000_000_000, free=6_000_000_000),
        "nvmlDeviceGetName": lambda handle: f"GPU {handle}",
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: processes[handle],
    }
    return SimpleNamespace(**{**functions, **own})


def test_gpus_and_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", _driver())
    first, second = nvidia_gpus()
    assert (first.name, second.name) == ("GPU 0", "GPU 1")
    assert (first.memory_mb, first.free_mb, first.driver) == (8000.0, 6000.0, "560.35")
    assert device_memory_mb(7) == 300.0
    assert device_memory_mb(8) is None


def test_without_a_driver_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise _NvmlError("not supported")

    for broken in (_driver(nvmlInit=refuse), _driver(nvmlDeviceGetCount=refuse), None):
        monkeypatch.setitem(sys.modules, "pynvml", broken)
        assert nvidia_gpus() == ()
        assert device_memory_mb(7) is None
