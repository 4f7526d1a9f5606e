"""NVIDIA GPUs through CUDA and cuDNN."""

from studio.domain.i18n import N_
from studio.domain.provider import Provider

PROVIDER = Provider(
    id="cuda",
    title=N_("NVIDIA GPU (CUDA)"),
    execution_provider="CUDAExecutionProvider",
    # The extras bring CUDA and cuDNN as Python packages, so that nothing has to be installed system-wide.
    package="onnxruntime-gpu[cuda,cudnn]",
    platforms=("linux", "win32"),
    options={
        "device_id": "0",
        # The default doubles the arena at each growth: a small model would take, and be shown with, twice its memory.
        "arena_extend_strategy": "kSameAsRequested",
        # The default tries every algorithm for every new shape, which slows first answers; text models gain nothing.
        "cudnn_conv_algo_search": "HEURISTIC",
    },
    needs=N_("An NVIDIA GPU with a current driver."),
)
