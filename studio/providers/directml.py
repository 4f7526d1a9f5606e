"""Any DirectX 12 GPU on Windows through DirectML."""

from studio.domain.i18n import N_
from studio.domain.provider import Provider

PROVIDER = Provider(
    id="directml",
    title=N_("GPU on Windows (DirectML)"),
    execution_provider="DmlExecutionProvider",
    package="onnxruntime-directml",
    platforms=("win32",),
    options={"device_id": "0"},
    needs=N_("Windows 10 or newer and a GPU that speaks DirectX 12 (AMD, Intel, NVIDIA or Qualcomm)."),
)
