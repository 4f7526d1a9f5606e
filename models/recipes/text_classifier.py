"""Trains a small BERT classifier from scratch.

    python models/recipes/text_classifier.py support-intents-tiny --data DIR --out DIR

DIR holds one folder for each data set, as named in `SETS`; models/README.md says where they come from.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from card import Card, Data, write_card
from sklearn.metrics import accuracy_score, f1_score
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from training import Schedule, device, set_seed, shuffled_batches, train
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast


@dataclass(frozen=True)
class DataSet:
    """Where the rows are, which columns count, and who made them."""

    folder: str
    text: str
    label: str
    about: Data


SUPPORT = DataSet(
    "intents-support",
    "utterance",
    "intent",
    Data(
        "bitext/customer-support-intent-detection-training-dataset",
        "https://github.com/bitext/customer-support-intent-detection-training-dataset",
        "CDLA-Sharing-1.0",
        "Bitext Innovations International, Inc.",
    ),
)


@dataclass(frozen=True)
class Preset:
    """A model: its data, its size and how it is trained."""

    data: DataSet
    title: str
    vocabulary: int
    width: int
    layers: int
    heads: int
    schedule: Schedule
    can: str
    cannot: tuple[str, ...]
    max_tokens: int = 128


_SUPPORT_CAN = (
    "Recognises which of 27 customer-support intents an English message has: cancel an order, get a refund, track a "
    "parcel, reach a person, and so on."
)
_SUPPORT_CANNOT = (
    "It knows no label for a message about anything else: every message gets one of the 27 labels.",
    "It reads English only.",
    "The training messages were made from templates, so figures on real messages will be lower than those below.",
)
PRESETS = {
    "support-intents-tiny": Preset(
        SUPPORT, "Support intents, tiny", 2500, 96, 2, 4, Schedule(24, 2e-3), _SUPPORT_CAN, _SUPPORT_CANNOT
    ),
    "support-intents-small": Preset(
        SUPPORT, "Support intents, small", 4000, 256, 4, 4, Schedule(12, 5e-4), _SUPPORT_CAN, _SUPPORT_CANNOT
    ),
}
BATCH = 32
#: Share of words replaced by [UNK] in training, so that an unknown word is nothing new.
WORD_DROP = 0.1


def read(data: Path, part: DataSet, split: str) -> tuple[list[str], list[str]]:
    """Texts and labels of one split."""
    with (data / part.folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[part.text].strip()]
    return [row[part.text] for row in rows], [row[part.label] for row in rows]


def make_tokenizer(texts: Iterable[str], size: int, max_tokens: int) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer that splits digits, so that order numbers share their pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)]
    )
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, min_frequency=2))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=max_tokens, unk_token="[UNK]", pad_token="[PAD]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    )


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
    preset = PRESETS[args.preset]
    set_seed(args.seed)
    texts, names = read(args.data, preset.data, "train")
    held_texts, held_names = read(args.data, preset.data, "validation")
    labels = sorted(set(names))
    index = {label: i for i, label in enumerate(labels)}
    tokenizer = make_tokenizer(texts, preset.vocabulary, preset.max_tokens)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=preset.width, num_hidden_layers=preset.layers,
            num_attention_heads=preset.heads, intermediate_size=preset.width * 4,
            max_position_embeddings=preset.max_tokens, type_vocab_size=1, pad_token_id=tokenizer.pad_token_id,
            id2label=dict(enumerate(labels)), label2id=index, hidden_dropout_prob=0.2,
        )
    )
    encoded = tokenizer(texts, truncation=True)["input_ids"]
    held = tokenizer(held_texts, truncation=True)["input_ids"]
    targets = [index[name] for name in names]
    lengths = [len(ids) for ids in encoded]
    steps = (len(texts) + BATCH - 1) // BATCH

    def pad(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
        return ids.to(device()), (ids != 0).long().to(device())

    def batches(epoch: int) -> Iterable[Any]:
        for rows in shuffled_batches(len(texts), BATCH, lengths, args.seed * 1000 + epoch):
            ids, mask = pad([encoded[i] for i in rows])
            drop = (torch.rand(ids.shape, device=ids.device) < WORD_DROP) & (ids > 4)
            yield ids.masked_fill(drop, 1), mask, torch.tensor([targets[i] for i in rows], device=ids.device)

    def loss_of(network: Any, batch: Any) -> torch.Tensor:
        ids, mask, target = batch
        logits = network(input_ids=ids, attention_mask=mask).logits
        return torch.nn.functional.cross_entropy(logits, target, label_smoothing=0.05)

    def predict(network: Any) -> list[str]:
        found = []
        for start in range(0, len(held), 64):
            ids, mask = pad(held[start : start + 64])
            found += [labels[i] for i in network(input_ids=ids, attention_mask=mask).logits.argmax(-1).tolist()]
        return found

    seconds = train(
        model, batches, loss_of, steps, preset.schedule, args.work / f"{args.preset}.pt",
        lambda network: float(accuracy_score(held_names, predict(network))),
    )
    model.eval()
    with torch.inference_mode():
        found = predict(model)
    figures = {
        "accuracy": float(accuracy_score(held_names, found)),
        "macro_f1": float(f1_score(held_names, found, average="macro")),
    }
    print(json.dumps({"model": args.preset, "rows": len(held), **figures}))
    out = args.out / args.preset
    model.to("cpu").save_pretrained(out)
    tokenizer.save_pretrained(out)
    wrong = [(t, f, e) for t, f, e in zip(held_texts, found, held_names, strict=True) if f != e]
    right = [(t, f) for t, f, e in zip(held_texts, found, held_names, strict=True) if f == e]
    write_card(
        out,
        Card(
            preset.title, "text-classification", ["en"], preset.can, preset.cannot, [preset.data.about],
            sum(p.numel() for p in model.parameters()),
            f"python models/recipes/text_classifier.py {args.preset} --data DIR --out DIR --seed {args.seed}",
            args.seed, seconds, figures, right[:: max(1, len(right) // 5)][:5], wrong[:5],
        ),
    )


if __name__ == "__main__":
    main()
