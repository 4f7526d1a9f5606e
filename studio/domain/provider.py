"""A provider is a way to run: the CPU, a GPU through CUDA or DirectML, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provider:
    """One file in ``studio/providers`` declares one, as ``PROVIDER``.

    Attributes:
        id: What the user types, such as ``"cuda"``.
        title: What a person sees, such as ``"NVIDIA GPU (CUDA)"``.
        execution_provider: ONNX Runtime's name, such as ``"CUDAExecutionProvider"``.
        package: The PyPI package of ONNX Runtime that contains it.
        platforms: ``sys.platform`` values it exists on.
        options: Provider options as ONNX Runtime takes them.
        needs: In one sentence, what the computer must have.
    """

    id: str
    title: str
    execution_provider: str
    package: str
    platforms: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""


@dataclass(frozen=True)
class InstalledRuntime:
    """The ONNX Runtime that is installed.

    Attributes:
        version: Such as ``"1.24.1"``.
        providers: Names of the execution providers it was built with. Being built in is no promise that one works:
            a driver or a library may be missing.
    """

    version: str
    providers: tuple[str, ...]
