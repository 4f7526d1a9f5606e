"""int8 of models that read pictures: no slow convolutions, and answers like those of fp32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.domain.running import LoadSpec
from studio.runtime.image_classifier import ImageClassifier
from studio.runtime.image_quantization import quantize_picture_int8, shipped_photos
from studio.runtime.quantization import operators
from tests.tiny import images
from tests.tiny.cache import TinyCache


@pytest.mark.parametrize("family", images.FAMILIES)
def test_no_convolution_is_quantized_while_it_runs(tiny: TinyCache, family: str) -> None:
    folder = tiny.built(images.exported, family)
    kinds = operators(folder / "onnx" / "model_int8.onnx")
    assert "ConvInteger" not in kinds
    # Fixed ranges where there is nothing but convolutions, ranges found while it runs for the products of others.
    assert ("QuantizeLinear" in kinds) == (family == "resnet")
    assert ("MatMulInteger" in kinds) == (family != "resnet")


def test_ranges_may_come_from_other_pictures(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(images.exported, "resnet")
    (tmp_path / "onnx").mkdir()
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    chosen = [Path(path) for path in images.pictures(tmp_path / "pictures", 3)]
    target = tmp_path / "onnx" / "model_int8.onnx"
    method = quantize_picture_int8(folder / "onnx" / "model.onnx", target, tmp_path, chosen)
    assert method.endswith("from 3 pictures")
    ours = ImageClassifier(LoadSpec("image-classification", tmp_path, "int8"))
    whole = ImageClassifier(LoadSpec("image-classification", folder, "fp32"))
    for path in chosen:
        one, other = ours.logits(str(path)), whole.logits(str(path))
        assert np.abs(one - other).max() < 0.2 * np.abs(other).max()


def test_there_are_photos_to_find_ranges_on() -> None:
    assert len(shipped_photos()) == 40
