"""NVIDIA GPUs through TensorRT, which compiles a model for the GPU it finds."""

from studio.domain.i18n import N_
from studio.domain.provider import Provider
from studio.providers._cache import compiled_models_folder

PROVIDER = Provider(
    id="tensorrt",
    title=N_("NVIDIA GPU (TensorRT)"),
    execution_provider="TensorrtExecutionProvider",
    package="onnxruntime-gpu[cuda,cudnn] tensorrt",
    platforms=("linux", "win32"),
    options={
        "device_id": "0",
        # Compiling takes minutes: once is enough for a model, a GPU and a version.
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": compiled_models_folder("tensorrt"),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": compiled_models_folder("tensorrt"),
    },
    needs=N_("An NVIDIA GPU with a current driver, and patience at the first start of each model."),
)
