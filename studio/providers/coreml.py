"""The GPU and Neural Engine of a Mac through Core ML."""

from studio.domain.i18n import N_
from studio.domain.provider import Provider
from studio.providers._cache import compiled_models_folder

PROVIDER = Provider(
    id="coreml",
    title=N_("Mac GPU and Neural Engine (Core ML)"),
    execution_provider="CoreMLExecutionProvider",
    package="onnxruntime",
    platforms=("darwin",),
    options={
        # The newer of Core ML's two formats knows more operators, so less of a model falls back to the processor.
        "ModelFormat": "MLProgram",
        "MLComputeUnits": "ALL",
        "ModelCacheDirectory": compiled_models_folder("coreml"),
    },
    needs=N_("A Mac with macOS 12 or newer."),
)
