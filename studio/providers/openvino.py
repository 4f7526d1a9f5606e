"""Intel processors, GPUs and NPUs through OpenVINO."""

from studio.domain.i18n import N_
from studio.domain.provider import Provider
from studio.providers._cache import compiled_models_folder

PROVIDER = Provider(
    id="openvino",
    title=N_("Intel processor, GPU or NPU (OpenVINO)"),
    execution_provider="OpenVINOExecutionProvider",
    package="onnxruntime-openvino",
    platforms=("linux", "win32"),
    options={
        # OpenVINO picks the best device that it finds.
        "device_type": "AUTO",
        "cache_dir": compiled_models_folder("openvino"),
    },
    needs=N_("An Intel processor, or an Intel GPU or NPU with its driver."),
)
