"""Trains a text classifier: a small BERT from nothing, or MiniLM with a new head.

    python models/recipes/text_classifier.py support-intents-tiny --data DIR --out DIR

DIR holds one folder for each data set; models/README.md says where they come from. Afterwards `ship.py` exports and
measures the model.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from classifier_models import make_classifier
from classifier_presets import PRESETS, Cut, Preset
from data import Row, read_rows
from entities import varied
from sklearn.metrics import accuracy_score
from training import device, save_trained, set_seed, shuffled_batches, train
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

BATCH = 32
_UNKNOWN, _LAST_SPECIAL = 1, 4


def shown(row: Row, chance: random.Random) -> str:
    """A row's text as training sees it this time: other order numbers, at times no final mark or capitals."""
    text, _ = varied(row.text, row.entity_type, row.entity_value, chance)
    return text.rstrip(".?! ") if chance.random() < 0.15 else text


def padded(many: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids as one matrix, and its attention mask."""
    ids = torch.zeros(len(many), max(map(len, many)), dtype=torch.long)
    for i, row in enumerate(many):
        ids[i, : len(row)] = torch.tensor(row)
    return ids.to(device()), (ids != 0).long().to(device())


def train_classifier(
    preset: Preset, data: Path, checkpoint: Path, seed: int
) -> tuple[Any, PreTrainedTokenizerFast, float]:
    """A trained classifier, its tokenizer, and the seconds it took."""
    rows, held = (read_rows(data, preset.data, split) for split in ("train", "validation"))
    labels = sorted({row.label for row in rows})
    chance = random.Random(seed)
    texts = [*(row.text for row in rows), *(shown(row, chance) for row in rows)]
    model, tokenizer = make_classifier(preset, labels, texts, checkpoint.with_suffix(".tokenizer.json"))
    targets = [labels.index(row.label) for row in rows]
    expected = [row.label for row in held]

    def batches(epoch: int) -> Iterable[Any]:
        chance = random.Random(seed * 1000 + epoch)
        encoded = tokenizer([shown(row, chance) for row in rows], truncation=True)["input_ids"]
        for picked in shuffled_batches(len(rows), BATCH, [len(ids) for ids in encoded], seed * 1000 + epoch):
            ids, mask = padded([encoded[i] for i in picked])
            drop = (torch.rand(ids.shape, device=ids.device) < preset.word_drop) & (ids > _LAST_SPECIAL)
            yield ids.masked_fill(drop, _UNKNOWN), mask, torch.tensor([targets[i] for i in picked], device=ids.device)

    def loss_of(network: Any, batch: Any) -> torch.Tensor:
        ids, mask, target = batch
        logits = network(input_ids=ids, attention_mask=mask).logits
        return torch.nn.functional.cross_entropy(logits.float(), target, label_smoothing=0.05)

    def accuracy(network: Any) -> float:
        return float(accuracy_score(expected, predict(network, tokenizer, [row.text for row in held])))

    slow = ("bert.embeddings.", "bert.encoder.") if isinstance(preset.start, Cut) else ()
    steps = -(-len(rows) // BATCH)
    seconds = train(model, batches, loss_of, steps, preset.schedule, checkpoint, accuracy, slow=slow)
    return model, tokenizer, seconds


def predict(network: BertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> list[str]:
    """The likeliest label of each text."""
    encoded = tokenizer(texts, truncation=True)["input_ids"]
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    found = [""] * len(texts)
    for start in range(0, len(order), 64):
        picked = order[start : start + 64]
        ids, mask = padded([encoded[i] for i in picked])
        best = network(input_ids=ids, attention_mask=mask).logits.argmax(-1).tolist()
        for i, number in zip(picked, best, strict=True):
            found[i] = network.config.id2label[number]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=sorted(PRESETS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("work"), help="where checkpoints go")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    set_seed(args.seed)
    model, tokenizer, seconds = train_classifier(
        PRESETS[args.preset], args.data, args.work / f"{args.preset}.pt", args.seed
    )
    print(json.dumps({"model": args.preset, "parameters": sum(p.numel() for p in model.parameters())}))
    save_trained(args.out / args.preset, model, tokenizer, seconds, args.seed)


if __name__ == "__main__":
    main()
