"""Will it run here? What a candidate needs against what is free, in words, before a download and before a run.

What a candidate took when it ran replaces what `studio.library.fit` computes. The figures are kept beside the
settings, for all projects, and only for files of the size that they were measured with.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from studio.domain.i18n import N_, _
from studio.domain.layout import PrecisionFiles
from studio.domain.model import Model
from studio.domain.running import LoadSpec
from studio.engine.gpu import device_memory_mb, nvidia_gpus
from studio.engine.memory import peak_memory_mb
from studio.library.fit import Need, Sizing, expected, longer, sizing_in, sizing_of
from studio.services.settings import settings_file

#: ``fits``: there is room now. ``tight``: there would be if other programs were closed. ``too large``: never here.
Verdict = Literal["fits", "tight", "too large"]
#: What is left to the rest of the computer, 10^6 bytes.
RESERVE_MB = 500.0
#: What the system and the studio's window take of the whole memory whatever is closed.
_SYSTEM_MB = 1500.0
_GPUS = ("cuda", "tensorrt")
#: What a worker takes that asks an endpoint, 10^6 bytes.
_ASKING_MB = 120.0
#: The file holds so many candidates at most; the oldest are forgotten first.
_MOST_KEPT = 400
_VERDICTS: dict[Verdict, str] = {
    "fits": N_("fits"),
    "tight": N_("tight: close other programs"),
    "too large": N_("too large for this computer"),
}


@dataclass(frozen=True)
class Room:
    """What this computer has for models, 10^6 bytes.

    Attributes:
        free_mb: Memory that is available right now without swapping.
        total_mb: All of it.
        gpu_free_mb: Free memory of the NVIDIA GPU with the most of it; 0 without one.
        gpu_total_mb: All of that GPU's memory.
    """

    free_mb: float
    total_mb: float
    gpu_free_mb: float = 0.0
    gpu_total_mb: float = 0.0


@dataclass(frozen=True)
class Fit:
    """Advice about one candidate.

    Attributes:
        need: What it needs.
        room: What there is.
        verdict: See `Verdict`.
        instead: A precision of the same model that fits, and the memory it needs (10^6 bytes), where this one is too
            large.
    """

    need: Need
    room: Room
    verdict: Verdict
    instead: tuple[str, float] | None = None

    @property
    def short(self) -> str:
        """The verdict in words: ``"too large: try int4 (0.4 GB)"``."""
        if self.verdict == "too large" and self.instead:
            precision, need_mb = self.instead
            return _("too large: try {precision} ({need})").format(precision=precision, need=gigabytes(need_mb))
        return _(_VERDICTS[self.verdict])

    @property
    def words(self) -> str:
        """The figures, then the verdict: ``"needs 0.6 GB, 21 GB free: fits"``."""
        if self.verdict == "fits":
            return _("{figures}: fits").format(figures=self.figures)
        # The verdict has a colon of its own.
        return _("{figures}; {verdict}").format(figures=self.figures, verdict=self.short)

    @property
    def figures(self) -> str:
        """What it needs and what is free: of the GPU where it would lie there and that is what is short."""
        need_mb, free_mb = self.need.memory_mb, self.room.free_mb
        on_gpu = self.need.device_mb > 0 and self.room.gpu_total_mb > 0
        if on_gpu:
            need_mb, free_mb = self.need.device_mb, self.room.gpu_free_mb
        need, free = gigabytes(need_mb), gigabytes(free_mb)
        if on_gpu:
            if self.need.measured:
                return _("took {need} of the GPU's memory when it ran, {free} free").format(need=need, free=free)
            return _("needs {need} of the GPU's memory, {free} free").format(need=need, free=free)
        if self.need.measured:
            return _("took {need} when it ran, {free} free").format(need=need, free=free)
        return _("needs {need}, {free} free").format(need=need, free=free)


def gigabytes(size_mb: float) -> str:
    """A size as people read it: ``"0.6 GB"``."""
    return f"{max(size_mb / 1000, 0.1):.1f} GB" if size_mb < 9950 else f"{size_mb / 1000:.0f} GB"


# -- what there is ---------------------------------------------------------------------------------------------------


def room() -> Room:
    """What this computer has right now. Asks the GPU's driver, which may take some milliseconds."""
    best = max(nvidia_gpus(), key=lambda gpu: gpu.free_mb, default=None)
    free_mb, total_mb = _memory_mb()
    return Room(free_mb, total_mb, best.free_mb if best else 0.0, best.memory_mb if best else 0.0)


def free_memory_mb() -> float:
    """Memory that is available without swapping, in 10^6 bytes; what a container may use, in one."""
    return _memory_mb()[0]


def total_memory_mb() -> float:
    """All memory, in 10^6 bytes; what a container may use, in one."""
    return _memory_mb()[1]


def _memory_mb() -> tuple[float, float]:
    import psutil

    memory = psutil.virtual_memory()
    free, total = float(memory.available), float(memory.total)
    limit, used = _container_bytes()
    if limit and limit < total:
        free, total = min(free, max(0.0, limit - used)), limit
    return free / 1e6, total / 1e6


def _container_bytes(folder: Path = Path("/sys/fs/cgroup")) -> tuple[float, float]:
    """The memory limit of a container and what of it is taken (file caches left out); zeros without one."""
    try:
        limit = float((folder / "memory.max").read_text())
        used = float((folder / "memory.current").read_text())
        cached = next(
            float(line.split()[1])
            for line in (folder / "memory.stat").read_text().splitlines()
            if line.startswith("inactive_file ")
        )
    except (OSError, ValueError, IndexError, StopIteration):
        # Not Linux, no limit ("max"), or another kind of container.
        return 0.0, 0.0
    return limit, used - cached


# -- what is needed --------------------------------------------------------------------------------------------------


def need_of(spec: LoadSpec, tokens: int | None = None) -> Need:
    """What a candidate on this computer needs: measured where it ran before, else computed.

    Args:
        spec: How it is opened.
        tokens: Length of the text, prompt and answer together; what is usual for the use case where None.
    """
    if spec.remote is not None:
        return Need(_ASKING_MB)
    return _need(spec, sizing_of_spec(spec), tokens)


def sizing_of_spec(spec: LoadSpec) -> Sizing:
    """What the rule has to know of a candidate on this computer."""
    weights = (spec.weights or spec.folder) if spec.backend == "pytorch" else None
    return sizing_in(spec.folder, spec.task, spec.precision, weights)


def _need(spec: LoadSpec, sizing: Sizing, tokens: int | None = None) -> Need:
    measured = _Peaks.shared().of(spec, sizing)
    return longer(measured, sizing, tokens) if measured else expected(sizing, spec.device, tokens)


def judge(need: Need, found: Room, smaller: Iterable[tuple[str, Need]] = ()) -> Fit:
    """Whether a need can be met.

    Args:
        need: What is needed.
        found: What there is.
        smaller: Other precisions of the model and what they need, the best first: the first that fits is advised.
    """
    verdict = _verdict(need, found)
    instead = None
    if verdict == "too large":
        fitting = ((name, other) for name, other in smaller if _verdict(other, found) == "fits")
        instead = next(((name, max(other.memory_mb, other.device_mb)) for name, other in fitting), None)
    return Fit(need, found, verdict, instead)


def _verdict(need: Need, found: Room) -> Verdict:
    pairs = [(need.memory_mb + RESERVE_MB, found.free_mb, max(found.total_mb - _SYSTEM_MB, found.total_mb / 2))]
    if need.device_mb and found.gpu_total_mb:
        pairs.append((need.device_mb, found.gpu_free_mb, found.gpu_total_mb))
    if any(wanted > most for wanted, _free, most in pairs):
        return "too large"
    return "fits" if all(wanted <= free for wanted, free, _most in pairs) else "tight"


def fits_of(model: Model, found: Room | None = None, device: str = "cpu", tokens: int | None = None) -> dict[str, Fit]:
    """Advice for each precision of a model on this computer.

    Args:
        model: A model of the library.
        found: What this computer has; looked up where None.
        device: Provider id.
        tokens: See `need_of`.
    """
    needs = {
        files.precision: need_of(LoadSpec(model.task or "", model.folder, files.precision, device), tokens)
        for files in model.precisions
    }
    return _judged(needs, found or room())


def fits_before(
    task: str | None,
    precisions: Iterable[PrecisionFiles],
    sizes: Mapping[str, float],
    found: Room | None = None,
    config: Mapping[str, Any] | None = None,
    device: str = "cpu",
    tokens: int | None = None,
) -> dict[str, Fit]:
    """Advice for each precision of a model that is not here yet.

    Args:
        task: Task id.
        precisions: Its files, as `studio.domain.layout.precisions_in` reads their names.
        sizes: Bytes by file name, as the Hub states them.
        found: What this computer has; looked up where None.
        config: Its ``config.json`` where that is known already.
        device: Provider id.
        tokens: See `need_of`.
    """
    needs = {
        files.precision: expected(sizing_of(task, files, sizes, config or {}), device, tokens) for files in precisions
    }
    return _judged(needs, found or room())


def _judged(needs: Mapping[str, Need], found: Room) -> dict[str, Fit]:
    others = tuple(needs.items())
    return {name: judge(need, found, (other for other in others if other[0] != name)) for name, need in needs.items()}


# -- what was measured -----------------------------------------------------------------------------------------------


def remember_peak(spec: LoadSpec, pid: int | None) -> None:
    """A candidate has answered: keep the most memory that its process ever had. Never fails."""
    if pid is None or spec.remote is not None:
        return
    memory_mb = peak_memory_mb(pid)
    if memory_mb is not None:
        device_mb = device_memory_mb(pid) if spec.device in _GPUS else None
        _Peaks.shared().keep(spec, sizing_of_spec(spec), Need(memory_mb, device_mb or 0.0, measured=True))


class _Peaks:
    """Measured peaks by candidate, in a file. Safe to use from any thread."""

    _all: ClassVar[dict[Path, _Peaks]] = {}
    _making = threading.Lock()

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, list[float]] | None = None

    @classmethod
    def shared(cls) -> _Peaks:
        """Those of this computer's user."""
        file = settings_file().with_name("measured.json")
        with cls._making:
            return cls._all.setdefault(file, cls(file))

    def of(self, spec: LoadSpec, sizing: Sizing) -> Need | None:
        """What a candidate took; None where it has not run yet, or was another file then."""
        with self._lock:
            found = self._read().get(_key(spec, sizing))
        return Need(found[0], found[1], measured=True) if found else None

    def keep(self, spec: LoadSpec, sizing: Sizing, need: Need) -> None:
        """Keep the most that a candidate ever took."""
        if not sizing.files_mb:
            return
        key = _key(spec, sizing)
        with self._lock:
            known = self._read()
            before = known.get(key, [0.0, 0.0])
            after = [round(max(before[0], need.memory_mb), 1), round(max(before[1], need.device_mb), 1)]
            if after == before:
                return
            known.pop(key, None)
            known[key] = after
            for oldest in tuple(known)[:-_MOST_KEPT]:
                del known[oldest]
            self._write(known)

    def _read(self) -> dict[str, list[float]]:
        if self._known is None:
            self._known = {}
            with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
                data = json.loads(self._file.read_text(encoding="utf-8"))
                for key, figures in data.items():
                    memory_mb, device_mb = figures
                    if 0 < float(memory_mb) < 1e9 and 0 <= float(device_mb) < 1e9:
                        self._known[str(key)] = [float(memory_mb), float(device_mb)]
        return self._known

    def _write(self, known: Mapping[str, list[float]]) -> None:
        # Advice is worth no error message: where it can't be stored, it is computed again.
        unfinished = self._file.with_name(f".{self._file.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
            unfinished.replace(self._file)


def _key(spec: LoadSpec, sizing: Sizing) -> str:
    folder = spec.weights if spec.backend == "pytorch" and spec.weights else spec.folder
    runs = "pytorch" if spec.backend == "pytorch" else f"{spec.precision}@{spec.device}"
    return f"{folder.resolve()} {runs} {sizing.files_mb:.6f}"
