"""Pictures are prepared as the processors of transformers do it, whatever their size and configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transformers
from PIL import Image

from studio.domain.errors import DamagedModelError, InputError, ModelFolderError
from studio.runtime.image import ImageProcessor

#: Width and height: wide, high, tiny, square, exactly what some models read, and odd in every way.
SIZES = ((501, 333), (97, 640), (23, 19), (256, 256), (224, 224), (225, 300))
#: Processor → what its configuration says, besides the class name.
CONFIGS: list[tuple[str, dict[str, Any]]] = [
    ("ViTImageProcessor", {}),
    ("ViTImageProcessor", {"size": 384, "resample": 3, "image_mean": [0.48, 0.45, 0.4], "image_std": [0.2, 0.3, 0.25]}),
    ("ViTImageProcessor", {"size": {"height": 160, "width": 192}, "do_normalize": False}),
    ("ViTImageProcessor", {"do_rescale": False, "size": [100, 120]}),
    ("ViTImageProcessor", {"rescale_factor": 1 / 127.5, "image_mean": [1.0, 1.0, 1.0], "image_std": [1.0, 1.0, 1.0]}),
    ("DeiTImageProcessor", {}),
    ("DeiTImageProcessor", {"do_center_crop": False, "size": 224}),
    ("DeiTImageProcessor", {"size": {"height": 200, "width": 200}, "crop_size": 225}),
    ("BeitImageProcessor", {}),
    ("ConvNextImageProcessor", {}),
    ("ConvNextImageProcessor", {"size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3}),
    ("ConvNextImageProcessor", {"size": 224, "do_center_crop": True, "crop_size": 100}),
    ("ConvNextImageProcessor", {"size": {"shortest_edge": 300}, "crop_pct": None}),
    ("MobileViTImageProcessor", {}),
    ("MobileViTImageProcessor", {"size": {"shortest_edge": 288}, "do_normalize": True}),
    ("MobileViTImageProcessor", {"do_flip_channel_order": False, "do_center_crop": False}),
    ("MobileNetV1ImageProcessor", {}),
    ("MobileNetV2ImageProcessor", {}),
    ("LevitImageProcessor", {}),
    ("PvtImageProcessor", {}),
    ("BitImageProcessor", {}),
    ("ViTHybridImageProcessor", {}),
    ("CLIPImageProcessor", {}),
    ("CLIPImageProcessor", {"size": 336, "crop_size": 336}),
    ("CLIPImageProcessor", {"size": {"shortest_edge": 224}, "crop_size": {"height": 250, "width": 260}}),
    ("ChineseCLIPImageProcessor", {"size": {"height": 224, "width": 224}, "do_center_crop": False}),
    ("SiglipImageProcessor", {}),
    ("SiglipImageProcessor", {"size": {"height": 256, "width": 256}, "resample": 2}),
]


def picture(width: int, height: int) -> Image.Image:
    """Fine noise over a coarse slope, so that a wrong filter, place or order of channels shows."""
    chance = np.random.default_rng(width * 1000 + height)
    slope = np.linspace(0, 160, width)[None, :, None] + np.linspace(0, 60, height)[:, None, None] * [0.2, 0.6, 1.0]
    return Image.fromarray((slope + chance.integers(0, 36, (height, width, 3))).astype(np.uint8))


def opened(folder: Path, config: dict[str, Any]) -> ImageProcessor:
    (folder / "preprocessor_config.json").write_text(json.dumps(config))
    return ImageProcessor.open(folder)


@pytest.mark.parametrize(("name", "said"), CONFIGS, ids=lambda value: value if isinstance(value, str) else str(value))
def test_pixels_equal_those_of_transformers(tmp_path: Path, name: str, said: dict[str, Any]) -> None:
    original = getattr(transformers, name)(**said)
    ours = opened(tmp_path, {"image_processor_type": name, **said})
    for size in SIZES:
        image = picture(*size)
        expected = original(image, return_tensors="np")["pixel_values"][0]
        found = ours.prepare(image)
        assert found.dtype == np.float32
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=1e-4, err_msg=str(size))


@pytest.mark.parametrize("name", ["ViTImageProcessor", "ConvNextImageProcessor", "MobileViTImageProcessor"])
def test_a_configuration_as_transformers_writes_it_reads_the_same(tmp_path: Path, name: str) -> None:
    original = getattr(transformers, name)()
    original.save_pretrained(tmp_path)
    image = picture(301, 203)
    expected = original(image, return_tensors="np")["pixel_values"][0]
    np.testing.assert_allclose(ImageProcessor.open(tmp_path).prepare(image), expected, atol=1e-4)


def test_older_names_and_newer_files_mean_the_same(tmp_path: Path) -> None:
    usual = opened(tmp_path, {"image_processor_type": "CLIPImageProcessor"})
    assert opened(tmp_path, {"feature_extractor_type": "CLIPFeatureExtractor"}) == usual
    assert opened(tmp_path, {"image_processor_type": "CLIPImageProcessorFast"}) == usual
    (tmp_path / "preprocessor_config.json").unlink()
    newer = {"image_processor": {"image_processor_type": "CLIPImageProcessor"}, "processor_class": "CLIPProcessor"}
    (tmp_path / "processor_config.json").write_text(json.dumps(newer))
    assert ImageProcessor.open(tmp_path) == usual


def test_a_model_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"preprocessor_config\.json"):
        ImageProcessor.open(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        {"image_processor_type": "DonutImageProcessor"},
        {"image_processor_type": "ViTImageProcessor", "size": {"longest_edge": 300}},
        {"image_processor_type": "ViTImageProcessor", "size": "large"},
        {"image_processor_type": "ViTImageProcessor", "size": 1_000_000},
        {"image_processor_type": "ViTImageProcessor", "size": [1, 2, 3]},
        {"image_processor_type": "ViTImageProcessor", "size": -5},
        {"image_processor_type": "ViTImageProcessor", "resample": 99},
        {"image_processor_type": "ViTImageProcessor", "image_mean": [0.5]},
        {"image_processor_type": "ViTImageProcessor", "image_std": [0.5, 0.0, 0.5]},
        {"image_processor_type": "ViTImageProcessor", "do_pad": True},
        {"image_processor_type": "ConvNextImageProcessor", "size": 224, "crop_pct": 1e-9},
        {"image_processor_type": "ConvNextImageProcessor", "size": 224, "crop_pct": 0},
    ],
    ids=str,
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, config: dict[str, Any]) -> None:
    with pytest.raises(DamagedModelError, match=r"preprocessor_config\.json"):
        opened(tmp_path, config)


def test_a_picture_like_a_thread_is_refused_before_it_is_blown_up(tmp_path: Path) -> None:
    clip = opened(tmp_path, {"image_processor_type": "CLIPImageProcessor"})
    with pytest.raises(InputError, match="too long and thin"):
        clip.prepare(Image.new("RGB", (3_000, 1)))
