"""int8 for models that read pictures. Needs the ``prepare`` extra (onnx); never used for running.

Dynamic int8 has no fast form for convolutions: ONNX Runtime takes several times as long for them as in fp32. So a
network of convolutions gets fixed ranges, found on photos, which is faster than fp32; of a transformer only the
products are made int8, and the few convolutions that cut its picture into pieces stay as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.places import resources_folder
from studio.media.picture import PICTURE_FILES
from studio.runtime.image import ImageProcessor
from studio.runtime.quantization import quantize_dynamic_only, save
from studio.runtime.session import Array

#: Pictures that go through the graph together while ranges are looked for.
_TOGETHER = 10


def quantize_picture_int8(source: Path, target: Path, model: Path, pictures: Sequence[Path] = ()) -> str:
    """Write ``target``.

    Args:
        source: The fp32 graph.
        target: Where the int8 graph goes.
        model: Folder with ``preprocessor_config.json``.
        pictures: What ranges are found on, best the model's own training pictures; where empty, the photos that ship
            with the studio.

    Returns:
        A plain name of the method.
    """
    if not _only_convolutions(source):
        quantize_dynamic_only(source, target, ("MatMul", "Gemm", "Gather", "Attention"))
        return "onnxruntime quantize_dynamic, int8 weights per channel, convolutions as they were"
    chosen = list(pictures) or shipped_photos()
    _quantize_static(source, target, ImageProcessor.open(model), chosen)
    return f"onnxruntime quantize_static, int8 weights per channel, activation ranges from {len(chosen)} pictures"


def shipped_photos() -> list[Path]:
    """Photos of everyday things that ship with the studio."""
    folder = resources_folder() / "samples" / "clothes"
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_FILES)


def _only_convolutions(graph: Path) -> bool:
    """Whether a graph has convolutions and no products with weights but those of its last layer (``Gemm``)."""
    import onnx

    loaded = onnx.load(str(graph), load_external_data=False).graph
    stored = {tensor.name for tensor in loaded.initializer}
    kinds = {node.op_type for node in loaded.node if any(name in stored for name in node.input)}
    return "Conv" in kinds and "MatMul" not in kinds


def _quantize_static(source: Path, target: Path, processor: ImageProcessor, pictures: Sequence[Path]) -> None:
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as scratch:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(str(source), str(ready))
        name = onnx.load(str(ready), load_external_data=False).graph.input[0].name
        quantize_static(
            str(ready),
            str(target),
            _reader(name, processor, pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    model = onnx.load(str(target))
    _drop_remarks(model)
    save(model, target)


def _reader(name: str, processor: ImageProcessor, pictures: Sequence[Path]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Pictures as the model reads them, some at a time."""

        def __init__(self) -> None:
            self._parts = _parts(processor, pictures)

        def get_next(self) -> dict[str, Array] | None:
            part = next(self._parts, None)
            return None if part is None else {name: part}

    return Reader()


def _parts(processor: ImageProcessor, pictures: Sequence[Path]) -> Iterator[Array]:
    for start in range(0, len(pictures), _TOGETHER):
        read = [processor.read(path) for path in pictures[start : start + _TOGETHER]]
        # Those that keep their shape differ in size, and go alone.
        if len({each.shape for each in read}) == 1:
            yield np.stack(read)
        else:
            yield from (each[None] for each in read)


def _drop_remarks(model: Any) -> None:
    """Drop what only describes the graph: sizes of what is between its nodes, and where they came from."""
    del model.graph.value_info[:]
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
