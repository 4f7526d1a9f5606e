"""What the installed ONNX Runtime offers."""

from __future__ import annotations

import onnxruntime as ort

from studio.domain.provider import InstalledRuntime


def installed_runtime() -> InstalledRuntime:
    """Its version and the execution providers it was built with."""
    return InstalledRuntime(ort.__version__, tuple(ort.get_available_providers()))
