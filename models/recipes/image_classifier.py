"""Trains an image classifier from nothing: a small ResNet that reads squares of 128 pixels.

    python models/recipes/image_classifier.py clothes-small --data DIR --out DIR

DIR holds one folder for each data set; models/README.md says where they come from. Afterwards `image_ship.py` exports
and measures the model.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from image_data import FOLDER, Pictures, read_pictures, training_batches
from sklearn.metrics import balanced_accuracy_score
from torch.nn import functional
from training import Schedule, device, save_facts, set_seed, train
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessor

SIDE = 128
#: Pixels from 0 to 1 are made to have about mean 0 and deviation 1.
MEAN, STD = 0.5, 0.25
_BATCH = 64
#: How often two pictures are mixed. Three thousand pictures are few: what keeps them from being learned by heart is
#: that none is seen twice alike.
_MIX = 0.5
_SMOOTHING = 0.05
_SCHEDULE = Schedule(60, 3e-3, warm_up=0.08, weight_decay=0.05)


def make_model(labels: list[str]) -> ResNetForImageClassification:
    """A ResNet-18 of half its usual width, with random weights."""
    config = ResNetConfig(
        embedding_size=32,
        hidden_sizes=[32, 64, 128, 256],
        depths=[2, 2, 2, 2],
        layer_type="basic",
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        num_labels=len(labels),
    )
    return ResNetForImageClassification(config).to(memory_format=torch.channels_last)


def train_classifier(data: Path, checkpoint: Path, seed: int) -> tuple[ResNetForImageClassification, float]:
    """A trained classifier, and the seconds it took."""
    pictures, held = (read_pictures(data / FOLDER / split) for split in ("train", "validation"))
    model = make_model(pictures.labels)
    counts = torch.bincount(pictures.targets).float()
    weight = (counts.mean() / counts).sqrt().to(device())

    def loss_of(network: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        pixels, shares = (each.to(device()) for each in batch)
        logits = network(pixel_values=as_read(pixels)).logits.float()
        shares = (1 - _SMOOTHING) * shares + _SMOOTHING / shares.shape[1]
        return -(functional.log_softmax(logits, 1) * shares * weight).sum(1).mean()

    def validate(network: torch.nn.Module) -> float:
        return float(balanced_accuracy_score(held.targets, predict(network, held)))

    seconds = train(
        model,
        lambda epoch: training_batches(pictures, _BATCH, SIDE, seed * 1000 + epoch, _MIX),
        loss_of,
        len(pictures.targets) // _BATCH,
        _SCHEDULE,
        checkpoint,
        validate,
    )
    return model, seconds


def as_read(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels from 0 to 1 as the network reads them."""
    return ((pixels - MEAN) / STD).to(memory_format=torch.channels_last)


def predict(network: torch.nn.Module, pictures: Pictures) -> torch.Tensor:
    """The likeliest label of each picture, by number."""
    found = []
    for start in range(0, len(pictures.targets), _BATCH):
        pixels = pictures.pixels[start : start + _BATCH].to(device()).float() / 255
        small = functional.interpolate(pixels, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        found.append(network(pixel_values=as_read(small)).logits.float().argmax(1).cpu())
    return torch.cat(found)


def processor() -> ViTImageProcessor:
    """How pictures are prepared for the trained model: squeezed to a square, as validation does it."""
    return ViTImageProcessor(size={"height": SIDE, "width": SIDE}, image_mean=[MEAN] * 3, image_std=[STD] * 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["clothes-small"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("work"), help="where checkpoints go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    set_seed(args.seed)
    model, seconds = train_classifier(args.data, args.work / f"{args.name}.pt", args.seed)
    print(json.dumps({"model": args.name, "parameters": sum(p.numel() for p in model.parameters())}))
    folder = args.out / args.name
    model.to("cpu").save_pretrained(folder)
    processor().save_pretrained(folder)
    save_facts(folder, model, seconds, args.seed)


if __name__ == "__main__":
    main()
