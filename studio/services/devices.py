"""What this computer has to run models on, what is used of it, and what would make it faster."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.domain.comparison import CandidateResult
from studio.domain.errors import Failure, ModelFolderError, StudioError
from studio.domain.i18n import _
from studio.domain.provider import InstalledRuntime, Provider
from studio.engine.environment import environment, library_versions, runtime_packages
from studio.engine.gpu import Gpu, nvidia_gpus
from studio.engine.jobs import Failed, Finished
from studio.engine.supervisor import Supervisor
from studio.library.store import Library
from studio.providers import all_providers, find_provider
from studio.services.candidates import resolve
from studio.services.comparison import Plan, run_candidate
from studio.services.fit import free_memory_mb
from studio.services.pool import CandidatePool
from studio.tasks import all_tasks

#: Less free memory than this is little for a model, in 10^6 bytes.
_LITTLE_MB = 2000.0


@dataclass(frozen=True)
class ProviderStatus:
    """One way to run, and whether it can be used here.

    Attributes:
        provider: Which.
        installed: Whether the installed ONNX Runtime was built with it. A driver or a library may still be missing:
            only `try_device` tells.
        possible: Whether it exists for this operating system.
    """

    provider: Provider
    installed: bool
    possible: bool


@dataclass(frozen=True)
class Advice:
    """Something that would help.

    Attributes:
        message: What, and why, in plain words.
        command: What to type for it; empty where no command does it.
    """

    message: str
    command: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The state of this computer.

    Attributes:
        facts: See `studio.engine.environment.environment`.
        free_memory_mb: Memory that is available right now, 10^6 bytes.
        gpus: NVIDIA GPUs.
        runtime: The installed ONNX Runtime; None where it can't be imported.
        failure: Why it can't.
        providers: All ways to run.
        versions: Library → version; None for what is not installed.
        advice: What would help, most useful first.
    """

    facts: Mapping[str, str | int | float | None]
    free_memory_mb: float
    gpus: tuple[Gpu, ...]
    runtime: InstalledRuntime | None
    failure: Failure | None
    providers: tuple[ProviderStatus, ...]
    versions: Mapping[str, str | None]
    advice: tuple[Advice, ...]


@dataclass(frozen=True)
class DeviceTest:
    """A model that was run on a device to see whether it works.

    Attributes:
        provider: Which device was asked for.
        model: Which model ran.
        result: How it went.
    """

    provider: Provider
    model: str
    result: CandidateResult

    @property
    def works(self) -> bool:
        """Whether the model answered, and really ran where it was asked to."""
        placement = self.result.placement
        return (
            self.result.failure is None
            and placement is not None
            and placement.provider == self.provider.execution_provider
        )


def diagnose(supervisor: Supervisor | None = None) -> Diagnosis:
    """Look at this computer. Takes about a second: ONNX Runtime is asked in a process of its own."""
    runtime, failure = _ask_runtime(supervisor)
    facts, gpus, versions = environment(), nvidia_gpus(), library_versions()
    names = runtime.providers if runtime else ()
    providers = tuple(
        ProviderStatus(provider, provider.execution_provider in names, sys.platform in provider.platforms)
        for provider in all_providers()
    )
    free_mb = free_memory_mb()
    packages = runtime_packages()
    advice = (
        *_runtime_advice(packages, failure),
        *_gpu_advice(packages, gpus, names),
        *_processor_advice(packages, facts, names),
        *_other_advice(free_mb, versions),
    )
    return Diagnosis(facts, free_mb, gpus, runtime, failure, providers, versions, advice)


def try_device(device: str, library: Library) -> DeviceTest:
    """Run the smallest shipped model on a device.

    Args:
        device: Provider id.
        library: Where the shipped models lie.

    Raises:
        UnknownNameError: No such device.
        ModelFolderError: No shipped model is ready.
    """
    provider = find_provider(device)
    tasks = {task.id: task for task in all_tasks() if task.samples}
    models = [m for m in library.all() if m.shipped and m.state == "ready" and m.task in tasks]
    if not models:
        raise ModelFolderError(
            _("No shipped model is ready, so there is nothing to test the device with."),
            _("`studio models list` shows what is there."),
        )
    model = min(models, key=lambda m: m.size_mb)
    task = tasks[model.task or ""]
    candidate, spec = resolve(task, model.id, library, device)
    with CandidatePool(keep=0) as pool:
        result = run_candidate(task, candidate, spec, task.samples[0].inputs, {}, pool, Plan(runs=3))
    return DeviceTest(provider, model.id, result)


def _ask_runtime(supervisor: Supervisor | None) -> tuple[InstalledRuntime | None, Failure | None]:
    own = supervisor or Supervisor()
    worker = own.start()
    try:
        outcome = worker.probe().wait()
    finally:
        worker.close()
    if isinstance(outcome, Finished):
        return outcome.value, None
    if isinstance(outcome, Failed):
        return None, outcome.failure
    return None, Failure.of(StudioError(_("ONNX Runtime could not be asked.")))


def _runtime_advice(packages: Sequence[str], failure: Failure | None) -> list[Advice]:
    if len(packages) > 1:
        # The plain one is the one that was there first.
        wanted = next((name for name in packages if name != "onnxruntime"), packages[0])
        return [
            Advice(
                _("{names} are installed together and overwrite each other's files. Keep one.").format(
                    names=", ".join(packages)
                ),
                f"{_pip('uninstall', '-y', *packages)} && {_pip('install', wanted)}",
            )
        ]
    if failure is not None:
        name = packages[0] if packages else "onnxruntime"
        return [
            Advice(
                _("ONNX Runtime can't be used: {reason}").format(reason=failure.message),
                _pip("install", "--force-reinstall", name),
            )
        ]
    return []


def _gpu_advice(packages: Sequence[str], gpus: Sequence[Gpu], providers: Sequence[str]) -> list[Advice]:
    if gpus and "CUDAExecutionProvider" not in providers:
        return [
            Advice(
                _("The {gpu} is not used. With CUDA, models run many times faster.").format(gpu=gpus[0].name),
                _instead(packages, find_provider("cuda")),
            )
        ]
    if sys.platform == "win32" and not gpus and "DmlExecutionProvider" not in providers:
        return [
            Advice(
                _("If this computer has an AMD, Intel or Qualcomm GPU, DirectML can use it."),
                _instead(packages, find_provider("directml")),
            )
        ]
    return []


def _processor_advice(
    packages: Sequence[str], facts: Mapping[str, str | int | float | None], providers: Sequence[str]
) -> list[Advice]:
    advice = []
    intel = "intel" in str(facts["cpu"]).lower()
    if (
        intel
        and sys.platform != "darwin"
        and not {"OpenVINOExecutionProvider", "CUDAExecutionProvider"} & set(providers)
    ):
        advice.append(
            Advice(
                _("OpenVINO often runs models faster on Intel processors, and uses Intel's GPUs and NPUs."),
                _instead(packages, find_provider("openvino")),
            )
        )
    usable, logical = facts["usable_cores"], facts["logical_cores"]
    if isinstance(usable, int) and isinstance(logical, int) and usable < logical:
        advice.append(
            Advice(
                _(
                    "The studio may use only {usable} of {logical} processor threads: a container or a setting of the "
                    "system limits it."
                ).format(usable=usable, logical=logical)
            )
        )
    return advice


def _other_advice(free_mb: float, versions: Mapping[str, str | None]) -> list[Advice]:
    advice = []
    if free_mb < _LITTLE_MB:
        advice.append(
            Advice(_("Only {free:.1f} GB of memory is free. Close other programs.").format(free=free_mb / 1000))
        )
    if not versions["torch"] or not versions["transformers"]:
        advice.append(
            Advice(
                _("Running models needs no more. Adding PyTorch models, and comparing with PyTorch, does."),
                _pip("install", "prototype-studio[prepare]"),
            )
        )
    return advice


def _instead(packages: Sequence[str], provider: Provider) -> str:
    """The command that puts a provider's package in the place of the installed ones."""
    install = _pip("install", *provider.package.split())
    return f"{_pip('uninstall', '-y', *packages)} && {install}" if packages else install


def _pip(*arguments: str) -> str:
    """A pip command for the environment that the studio runs in, whichever that is."""
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)
