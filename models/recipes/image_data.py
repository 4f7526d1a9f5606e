"""Pictures as training sees them: cut, turned, coloured and mixed by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from card import Data
from PIL import Image
from torch.nn import functional

#: Folder under ``--data`` with a folder of pictures for each label in ``train`` and in ``validation``.
FOLDER = "images-clothing"
ABOUT = Data(
    "alexeygrigorev/clothing-dataset-small",
    "https://github.com/alexeygrigorev/clothing-dataset-small",
    "CC0-1.0",
    "Alexey Grigorev and contributors. Pictures were scaled down to a shorter side of 160 pixels.",
)
#: Side of the square that a picture is kept at, before training cuts its own part of it.
KEPT = 160


@dataclass(frozen=True)
class Pictures:
    """Pictures with their labels.

    Attributes:
        pixels: uint8, shape ``(n, 3, KEPT, KEPT)``.
        targets: int64, shape ``(n,)``.
        labels: Names, in the order of the targets.
    """

    pixels: torch.Tensor
    targets: torch.Tensor
    labels: list[str]


def read_pictures(folder: Path) -> Pictures:
    """A folder with one folder of pictures for each label; each picture is squeezed into a square."""
    labels = sorted(path.name for path in folder.iterdir() if path.is_dir())
    pixels, targets = [], []
    for number, label in enumerate(labels):
        for path in sorted((folder / label).iterdir()):
            picture = Image.open(path).convert("RGB").resize((KEPT, KEPT), Image.Resampling.BICUBIC)
            pixels.append(torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1))
            targets.append(number)
    return Pictures(torch.stack(pixels), torch.tensor(targets), labels)


def training_batches(
    data: Pictures, size: int, side: int, seed: int, mix: float
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """One epoch: every picture once, classes as they are, each changed by chance; targets are shares of the labels.

    Args:
        data: The pictures.
        size: Pictures a batch.
        side: Side of the square that the model reads.
        seed: Of all chance.
        mix: How often two pictures are mixed (mixup or CutMix, half and half).
    """
    chance = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(data.targets), generator=chance)
    for start in range(0, len(order) - size + 1, size):
        picked = order[start : start + size]
        pixels = changed(data.pixels[picked].float() / 255, side, chance)
        target = functional.one_hot(data.targets[picked], len(data.labels)).float()
        if torch.rand((), generator=chance) < mix:
            pixels, target = mixed(pixels, target, chance)
        yield pixels.clamp(0, 1), target


def changed(pixels: torch.Tensor, side: int, chance: torch.Generator) -> torch.Tensor:
    """Another part, angle, side and light of each picture; shape ``(n, 3, side, side)``."""
    n = len(pixels)

    def between(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(n, generator=chance)

    scale = between(0.35, 1.0).sqrt()
    ratio = torch.exp(between(-0.29, 0.29)).sqrt()
    wide, high = (scale * ratio).clamp(max=1.1), (scale / ratio).clamp(max=1.1)
    flip = torch.where(torch.rand(n, generator=chance) < 0.5, -1.0, 1.0)
    angle = between(-0.35, 0.35) * (torch.rand(n, generator=chance) < 0.5)
    cos, sin = angle.cos(), angle.sin()
    move = torch.stack([between(-1, 1) * (1 - wide).clamp(min=0), between(-1, 1) * (1 - high).clamp(min=0)], 1)
    turn = torch.stack(
        [torch.stack([wide * cos * flip, -sin * high], 1), torch.stack([wide * sin * flip, cos * high], 1)], 1
    )
    grid = functional.affine_grid(torch.cat([turn, move[:, :, None]], 2), [n, 3, side, side], align_corners=False)
    seen = functional.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    light, contrast, colour = (between(1 - d, 1 + d)[:, None, None, None] for d in (0.4, 0.4, 0.5))
    seen = seen * light
    seen = (seen - seen.mean((1, 2, 3), keepdim=True)) * contrast + seen.mean((1, 2, 3), keepdim=True)
    grey = seen.mean(1, keepdim=True)
    seen = grey + (seen - grey) * torch.where(torch.rand(n, 1, 1, 1, generator=chance) < 0.1, 0.0, colour)
    for row in torch.nonzero(torch.rand(n, generator=chance) < 0.25).flatten().tolist():
        top, left, box = (int(v) for v in torch.randint(0, side, (3,), generator=chance))
        box = side // 8 + box // 4
        seen[row, :, top : top + box, left : left + box] = torch.rand(3, 1, 1, generator=chance)
    return seen


def mixed(pixels: torch.Tensor, target: torch.Tensor, chance: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Each picture mixed with another of the batch: blended (mixup) or patched (CutMix)."""
    other = torch.randperm(len(pixels), generator=chance)
    share = float(torch.rand((), generator=chance))
    if torch.rand((), generator=chance) < 0.5:
        share = 0.5 + share / 2
        return share * pixels + (1 - share) * pixels[other], share * target + (1 - share) * target[other]
    side = pixels.shape[-1]
    box = int(side * (1 - share) ** 0.5)
    top, left = (int(v) for v in torch.randint(0, side - box + 1, (2,), generator=chance))
    pixels = pixels.clone()
    pixels[:, :, top : top + box, left : left + box] = pixels[other][:, :, top : top + box, left : left + box]
    share = 1 - (box / side) ** 2
    return pixels, share * target + (1 - share) * target[other]
