"""Vectors and how alike they are; numpy alone, for ONNX Runtime and the PyTorch baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def unit(vectors: Array) -> Array:
    """Vectors scaled to length 1, float32; a zero vector stays one."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    scaled: Array = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
