"""int8 for networks of convolutions: activations get fixed scales, found on pictures of the training data.

`studio models add` quantizes activations while the model runs, which has no fast form for convolutions: this network
takes three times as long that way as in fp32. With scales in the graph it is faster than fp32.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from studio.runtime.image import ImageProcessor

METHOD = "onnxruntime quantize_static, int8 weights per channel, int8 activations, ranges from 200 training pictures"
_PICTURES = 200
_TOGETHER = 20


class _Pictures(CalibrationDataReader):
    """Training pictures as the model reads them, some at a time."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._parts: Iterator[np.ndarray] = (
            pixels[start : start + _TOGETHER] for start in range(0, len(pixels), _TOGETHER)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        part = next(self._parts, None)
        return None if part is None else {"pixel_values": part}


def quantize(source: Path, target: Path, model: Path, training: Sequence[Path], seed: int) -> str:
    """Write ``target``.

    Args:
        source: The fp32 graph.
        target: Where the int8 graph goes.
        model: Folder with ``preprocessor_config.json``.
        training: Training pictures, of which some are drawn.
        seed: Of the draw.

    Returns:
        A plain name of the method.
    """
    processor = ImageProcessor.open(model)
    drawn = np.random.default_rng(seed).permutation(len(training))[:_PICTURES]
    pixels = np.stack([processor.read(training[number]) for number in drawn])
    with tempfile.TemporaryDirectory() as scratch:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(str(source), str(ready))
        quantize_static(
            str(ready),
            str(target),
            _Pictures(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    _strip(target)
    return METHOD


def _strip(graph: Path) -> None:
    """Drop what only describes the graph: shapes of what is between, names for people."""
    model = onnx.load(str(graph))
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
    onnx.save_model(model, str(graph))
