"""Energy that the processor and NVIDIA GPUs have drawn, where the machine counts it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.engine.gpu import ask

_POWERCAP = Path("/sys/class/powercap")
_UJ_PER_WH = 3.6e9
_MJ_PER_WH = 3.6e6


class EnergyMeter:
    """Counts from when it is made. It counts the whole machine: what other programs draw is in it.

    Sources: Intel's and AMD's RAPL counters (Linux, where they may be read), and NVML's total energy.
    """

    def __init__(self, folder: Path = _POWERCAP) -> None:
        self._folder = folder
        self._last = self._read()
        self._used: float | None = 0.0 if self._last else None

    def used_wh(self) -> float | None:
        """Energy since then in Wh; None where nothing counts it.

        Counters begin anew after so much, some within the hour: ask every few minutes.
        """
        now = self._read()
        if self._used is not None:
            self._used += sum(_used(last, *now[name]) for name, (last, _top) in self._last.items() if name in now)
        self._last = now
        return self._used

    def _read(self) -> Mapping[str, tuple[float, float]]:
        """Counters in Wh by name, each with the value at which it begins anew."""
        return {**_processors(self._folder), **ask(_gpus, {})}


def _used(before: float, now: float, top: float) -> float:
    # One that does not say where it begins anew (a GPU whose driver was loaded again) has counted from 0.
    return now - before if now >= before else now + max(0.0, top - before)


def _processors(folder: Path) -> dict[str, tuple[float, float]]:
    found = {}
    # One zone a socket (``intel-rapl:0``); the zones inside of it (``intel-rapl:0:0``) are part of it.
    for zone in sorted(folder.glob("*rapl:*")):
        if zone.name.count(":") != 1:
            continue
        try:
            used = int((zone / "energy_uj").read_text())
            top = int((zone / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            # Since 2020 only an administrator may read them on many systems.
            continue
        found[zone.name] = (used / _UJ_PER_WH, top / _UJ_PER_WH)
    return found


def _gpus(nvml: Any) -> dict[str, tuple[float, float]]:
    found = {}
    for index in range(nvml.nvmlDeviceGetCount()):
        used = nvml.nvmlDeviceGetTotalEnergyConsumption(nvml.nvmlDeviceGetHandleByIndex(index))
        found[f"gpu {index}"] = (used / _MJ_PER_WH, 0.0)
    return found
