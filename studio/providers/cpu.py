"""The processor itself: there on every computer, and what every other provider falls back to."""

from studio.domain.i18n import N_
from studio.domain.provider import Provider

PROVIDER = Provider(
    id="cpu",
    title=N_("Processor (CPU)"),
    execution_provider="CPUExecutionProvider",
    package="onnxruntime",
    platforms=("linux", "win32", "darwin"),
    needs=N_("Any computer."),
)
