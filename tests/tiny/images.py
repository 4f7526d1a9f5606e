"""Tiny vision models with random weights, and pictures for them. torch is imported inside functions only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FAMILIES = ("vit", "deit", "deit-distilled", "swin", "mobilevit", "resnet", "convnext")
LABELS = ("dress", "hat", "shoes", "t-shirt", "shirt", "skirt", "pants")
#: Side of the square that each model reads: small, so that a test is quick.
SIDE = 64

_SMALL: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
_PROCESSORS: dict[str, dict[str, Any]] = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": SIDE},
    "deit": {"image_processor_type": "DeiTImageProcessor", "size": 72, "crop_size": SIDE},
    "swin": {"image_processor_type": "ViTImageProcessor", "size": {"height": SIDE, "width": SIDE}, "resample": 3},
    "mobilevit": {"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 72}, "crop_size": SIDE},
    "resnet": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": SIDE, "crop_pct": 0.875},
    "convnext": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": SIDE}, "resample": 3},
}


def pictures(folder: Path, count: int = 5) -> list[str]:
    """Pictures of several sizes and forms in a folder; always the same ones.

    Returns:
        Their paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(5)
    paths = []
    for number in range(count):
        width, height = (int(side) for side in chance.integers(50, 260, 2))
        columns, rows = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        waves = [np.sin(columns * chance.uniform(2, 30) + rows * chance.uniform(2, 30)) for _channel in range(3)]
        pixels = 128 + 90 * np.stack(waves, -1) + chance.normal(0, 12, (height, width, 3))
        path = folder / f"picture-{number}.{'png' if number % 2 else 'jpg'}"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        paths.append(str(path))
    return paths


def weights(folder: Path, family: str, kind: str = "single") -> None:
    """A PyTorch folder: ``config.json``, ``model.safetensors`` and ``preprocessor_config.json``.

    Args:
        folder: An empty folder.
        family: One of `FAMILIES`.
        kind: ``"single"`` for softmax over labels, ``"multi"`` for a sigmoid of each.
    """
    import torch
    from transformers import (
        AutoConfig,
        AutoModelForImageClassification,
        DeiTForImageClassification,
        DeiTForImageClassificationWithTeacher,
    )

    name = family.removesuffix("-distilled")
    config = AutoConfig.for_model(
        name,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
        problem_type="multi_label_classification" if kind == "multi" else "single_label_classification",
        **_shape(name),
    )
    torch.manual_seed(7)
    if family == "deit-distilled":
        model: Any = DeiTForImageClassificationWithTeacher(config).eval()
    elif family == "deit":
        model = DeiTForImageClassification(config).eval()
    else:
        model = AutoModelForImageClassification.from_config(config).eval()
    with torch.no_grad():
        # Fresh weights give nearly equal scores whatever the picture; wider ones let a test tell answers apart.
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=2.0 / (parameter.numel() / len(parameter)) ** 0.5)
        # Layers of batch norm learn the size of what comes; else signals fade to nothing on their way.
        model.train()
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        model(pixel_values=torch.rand(8, 3, SIDE, SIDE))
        model.eval()
    model.save_pretrained(folder, safe_serialization=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(_PROCESSORS[name], indent=2))


def exported(folder: Path, family: str, kind: str = "single") -> None:
    """`weights`, and beside them ``onnx/model.onnx``, as optimum exports it, and ``onnx/model_int8.onnx``."""
    from optimum.exporters.onnx import main_export

    from studio.runtime.image_quantization import quantize_picture_int8

    weights(folder, family, kind)
    main_export(
        str(folder),
        output=folder / "onnx",
        task="image-classification",
        opset=18,
        do_validation=False,
        local_files_only=True,
    )
    for extra in (folder / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()
    quantize_picture_int8(folder / "onnx" / "model.onnx", folder / "onnx" / "model_int8.onnx", folder)


def _shape(family: str) -> dict[str, Any]:
    if family in ("vit", "deit"):
        return {**_SMALL, "image_size": SIDE, "patch_size": 16}
    if family == "swin":
        return {
            "image_size": SIDE,
            "patch_size": 4,
            "embed_dim": 16,
            "depths": [1, 1],
            "num_heads": [2, 2],
            "window_size": 4,
        }
    if family == "mobilevit":
        sizes = {"hidden_sizes": [16, 20, 24], "neck_hidden_sizes": [8, 8, 12, 16, 20, 24, 48]}
        return {"image_size": SIDE, "expand_ratio": 2.0, **sizes}
    if family == "resnet":
        return {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}
    return {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}
