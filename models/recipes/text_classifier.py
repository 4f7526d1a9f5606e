"""Trains a small BERT classifier from scratch.

    python models/recipes/text_classifier.py support-intents-tiny --data DIR --out DIR

DIR holds one folder for each data set, as named in `SETS`; models/README.md says where they come from.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from card import Card, write_card
from data import CLINC150, GOEMOTIONS, SUPPORT, DataSet, Row, read_rows
from entities import varied
from sklearn.metrics import accuracy_score, f1_score
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from training import Schedule, device, set_seed, shuffled_batches, train
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast


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
    #: Whether the card may quote the data; not where it contains profanity.
    show_rows: bool = True


_SUPPORT_CAN = (
    "Recognises which of 27 customer-support intents an English message has: cancel an order, get a refund, track a "
    "parcel, reach a person, and so on."
)
_ENGLISH = "It reads English only."
_SUPPORT_CANNOT = (
    "It knows no label for a message about anything else: every message gets one of the 27 labels.",
    _ENGLISH,
    "The training messages were made from templates, so figures on real messages will be lower than those below.",
)
_CLINC_CAN = "Recognises which of 150 requests to a voice assistant an English sentence is, or that it is none (oos)."
_CLINC_CANNOT = (
    _ENGLISH,
    "Only 100 of the training sentences are out of scope, so many requests it does not know get a wrong label.",
)
_MOOD_CAN = "Tells whether a short English comment is negative, neutral or positive."
_MOOD_CANNOT = (
    _ENGLISH,
    "It learned from comments of one forum; irony, and words it has not seen, mislead it.",
    "People disagree on many of these comments, which limits what any model can reach on them.",
)
PRESETS = {
    "support-intents-tiny": Preset(
        SUPPORT, "Support intents, tiny", 2500, 96, 2, 4, Schedule(30, 2e-3), _SUPPORT_CAN, _SUPPORT_CANNOT
    ),
    "support-intents-small": Preset(
        SUPPORT, "Support intents, small", 4000, 256, 4, 4, Schedule(14, 5e-4), _SUPPORT_CAN, _SUPPORT_CANNOT
    ),
    "clinc150-tiny": Preset(
        CLINC150, "Assistant requests, tiny", 4000, 128, 2, 4, Schedule(30, 2e-3), _CLINC_CAN, _CLINC_CANNOT, 64
    ),
    "sentiment-tiny": Preset(
        GOEMOTIONS, "Sentiment, tiny", 8000, 128, 2, 4, Schedule(8, 1e-3), _MOOD_CAN, _MOOD_CANNOT, show_rows=False
    ),
}
BATCH = 32
#: Share of words replaced by [UNK] in training, so that an unknown word is nothing new.
WORD_DROP = 0.1


def shown(row: Row, chance: random.Random) -> str:
    """A row's text as training sees it this time: other order numbers, at times no final mark or capitals."""
    text, _ = varied(row.text, row.entity_type, row.entity_value, chance)
    return text.rstrip(".?! ") if chance.random() < 0.15 else text


def make_tokenizer(texts: Iterable[str], size: int, max_tokens: int) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer that splits digits, so that order numbers share their pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)]
    )
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, min_frequency=2)
    tokenizer.train_from_iterator(texts, trainer)
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
    rows, held_rows = (read_rows(args.data, preset.data, split) for split in ("train", "validation"))
    texts, names = [row.text for row in rows], [row.label for row in rows]
    held_texts, held_names = [row.text for row in held_rows], [row.label for row in held_rows]
    labels = sorted(set(names))
    index = {label: i for i, label in enumerate(labels)}
    chance = random.Random(args.seed)
    tokenizer = make_tokenizer([*texts, *(shown(row, chance) for row in rows)], preset.vocabulary, preset.max_tokens)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=preset.width, num_hidden_layers=preset.layers,
            num_attention_heads=preset.heads, intermediate_size=preset.width * 4,
            max_position_embeddings=preset.max_tokens, type_vocab_size=2, pad_token_id=tokenizer.pad_token_id,
            id2label=dict(enumerate(labels)), label2id=index, hidden_dropout_prob=0.2,
        )
    )
    held = tokenizer(held_texts, truncation=True)["input_ids"]
    targets = [index[name] for name in names]
    steps = (len(texts) + BATCH - 1) // BATCH

    def pad(many: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = torch.zeros(len(many), max(map(len, many)), dtype=torch.long)
        for i, row in enumerate(many):
            ids[i, : len(row)] = torch.tensor(row)
        return ids.to(device()), (ids != 0).long().to(device())

    def batches(epoch: int) -> Iterable[Any]:
        chance = random.Random(args.seed * 1000 + epoch)
        encoded = tokenizer([shown(row, chance) for row in rows], truncation=True)["input_ids"]
        lengths = [len(ids) for ids in encoded]
        for picked in shuffled_batches(len(texts), BATCH, lengths, args.seed * 1000 + epoch):
            ids, mask = pad([encoded[i] for i in picked])
            drop = (torch.rand(ids.shape, device=ids.device) < WORD_DROP) & (ids > 4)
            yield ids.masked_fill(drop, 1), mask, torch.tensor([targets[i] for i in picked], device=ids.device)

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
    if "oos" in index:
        pairs = [(e, f) for e, f in zip(held_names, found, strict=True) if e != "oos"]
        figures["accuracy_in_scope"] = sum(e == f for e, f in pairs) / len(pairs)
    print(json.dumps({"model": args.preset, "rows": len(held), **figures}))
    out = args.out / args.preset
    model.to("cpu").save_pretrained(out)
    tokenizer.save_pretrained(out)
    quoted = held_texts if preset.show_rows else []
    wrong = [(t, f, e) for t, f, e in zip(quoted, found, held_names, strict=False) if f != e]
    right = [(t, f) for t, f, e in zip(quoted, found, held_names, strict=False) if f == e]
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
