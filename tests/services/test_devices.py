"""The diagnosis of a computer, and advice that fits it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import Failure, ModelFolderError, UnknownNameError
from studio.domain.provider import InstalledRuntime
from studio.engine.gpu import Gpu
from studio.engine.jobs import Failed, Finished
from studio.library.store import Library
from studio.services import devices
from studio.services.devices import Diagnosis, diagnose, try_device
from tests.tiny import encoders
from tests.tiny.cache import TinyCache

CPU_ONLY = InstalledRuntime("1.24.0", ("CPUExecutionProvider",))
WITH_CUDA = InstalledRuntime("1.24.0", ("CUDAExecutionProvider", "CPUExecutionProvider"))
FACTS: dict[str, Any] = {"cpu": "AMD Ryzen 7", "usable_cores": 8, "logical_cores": 8}
VERSIONS = {"torch": "2.13.0", "transformers": "4.57.6"}


class _FakeSupervisor:
    """Its worker answers a probe with ``runtime``."""

    def __init__(self, runtime: InstalledRuntime | Failure) -> None:
        self.runtime = runtime

    def start(self) -> _FakeSupervisor:
        return self

    def probe(self) -> _FakeSupervisor:
        return self

    def wait(self) -> Any:
        return Failed(self.runtime) if isinstance(self.runtime, Failure) else Finished(self.runtime)

    def close(self) -> None:
        pass


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A diagnosis of a computer with what is given, and plenty of everything else."""

    def build(
        runtime: InstalledRuntime | Failure = CPU_ONLY,
        gpus: tuple[Gpu, ...] = (),
        platform: str = "linux",
        packages: tuple[str, ...] = ("onnxruntime",),
        free_mb: float = 16_000.0,
        facts: dict[str, Any] | None = None,
        versions: dict[str, str | None] | None = None,
    ) -> Diagnosis:
        monkeypatch.setattr(devices, "environment", lambda: {**FACTS, **(facts or {})})
        monkeypatch.setattr(devices, "nvidia_gpus", lambda: gpus)
        monkeypatch.setattr(devices, "runtime_packages", lambda: packages)
        monkeypatch.setattr(devices, "library_versions", lambda: {**VERSIONS, **(versions or {})})
        monkeypatch.setattr(devices, "free_memory_mb", lambda: free_mb)
        monkeypatch.setattr(sys, "platform", platform)
        return diagnose(_FakeSupervisor(runtime))  # type: ignore[arg-type]

    return build


GPU = Gpu("NVIDIA L4", 24_000.0, 23_000.0, "560.35")


def test_nothing_to_improve_says_nothing(computer: Any) -> None:
    assert computer().advice == ()
    assert computer(WITH_CUDA, (GPU,), packages=("onnxruntime-gpu",)).advice == ()


def test_an_unused_gpu_comes_with_the_exact_command(computer: Any) -> None:
    (advice,) = computer(gpus=(GPU,)).advice
    assert "NVIDIA L4" in advice.message
    uninstall, install = advice.command.split(" && ")
    # The environment that the studio runs in, whatever `pip` is on the path.
    assert uninstall == f"{sys.executable} -m pip uninstall -y onnxruntime"
    assert install == f"{sys.executable} -m pip install 'onnxruntime-gpu[cuda,cudnn]'"


def test_packages_that_overwrite_each_other_come_first(computer: Any) -> None:
    advice = computer(gpus=(GPU,), packages=("onnxruntime", "onnxruntime-gpu")).advice
    assert "overwrite" in advice[0].message
    assert advice[0].command.endswith("pip install onnxruntime-gpu")


def test_a_runtime_that_can_not_be_imported(computer: Any) -> None:
    broken = Failure("WorkerCrashed", "The model's process crashed (SIGILL).")
    diagnosis = computer(broken)
    assert diagnosis.runtime is None
    assert diagnosis.failure == broken
    assert not any(status.installed for status in diagnosis.providers)
    assert "SIGILL" in diagnosis.advice[0].message
    assert "--force-reinstall onnxruntime" in diagnosis.advice[0].command


def test_intel_processors_and_windows_have_advice_of_their_own(computer: Any) -> None:
    (advice,) = computer(facts={"cpu": "Intel(R) Core(TM) i7"}).advice
    assert "onnxruntime-openvino" in advice.command
    (advice,) = computer(platform="win32").advice
    assert "onnxruntime-directml" in advice.command
    assert computer(platform="darwin", facts={"cpu": "Intel(R) Core(TM) i7"}).advice == ()


def test_scarce_cores_memory_and_libraries_are_told(computer: Any) -> None:
    cores, memory, torch = computer(free_mb=900.0, facts={"usable_cores": 2}, versions={"torch": None}).advice
    assert "2 of 8" in cores.message
    assert "0.9 GB" in memory.message
    assert "prototype-studio[prepare]" in torch.command


def test_the_real_computer_can_be_diagnosed() -> None:
    diagnosis = diagnose()
    assert diagnosis.failure is None
    states = {status.provider.id: status for status in diagnosis.providers}
    assert states["cpu"].installed
    assert states["cpu"].possible
    assert diagnosis.free_memory_mb > 0


def _library(tmp_path: Path, source: Path | None) -> Library:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    if source is not None:
        shutil.copytree(source, shipped / "starter" / "tiny")
    return Library(shipped=shipped, own=tmp_path / "own")


def test_a_device_is_tested_with_a_shipped_model(tiny: TinyCache, tmp_path: Path) -> None:
    library = _library(tmp_path, tiny.built(encoders.exported, "bert"))
    tested = try_device("cpu", library)
    assert tested.works
    assert tested.model == "starter/tiny"
    assert tested.result.placement is not None
    assert tested.result.placement.provider == "CPUExecutionProvider"


def test_a_device_that_is_not_there_does_not_work(tiny: TinyCache, tmp_path: Path) -> None:
    library = _library(tmp_path, tiny.built(encoders.exported, "bert"))
    tested = try_device("directml", library)
    assert not tested.works
    assert tested.result.failure is not None
    assert tested.result.failure.kind == "DeviceError"


def test_testing_needs_a_known_device_and_a_model(tmp_path: Path) -> None:
    library = _library(tmp_path, None)
    with pytest.raises(UnknownNameError):
        try_device("abacus", library)
    with pytest.raises(ModelFolderError):
        try_device("cpu", library)
