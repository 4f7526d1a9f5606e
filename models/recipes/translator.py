"""Trains a translator between English and Chinese.

    python models/recipes/translator.py translate-en-zh-base --data DIR --out DIR

DIR holds the folder ``translation-en-zh``; models/README.md says where it comes from.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import torch
from evaluate import SHORT_WORDS, translation_figures
from training import device, save_trained, set_seed, shuffled_batches, train
from translation_data import Pair, read_pairs, varied
from translation_models import Translator, make_translator, turn
from translation_numbers import Templates, with_digits
from translation_presets import PRESETS, Preset

SMOOTHING = 0.1
#: Share of the written tokens that the decoder does not get to see, so that it looks at the source.
HIDDEN = 0.1
#: Share of the pairs whose place a template takes.
TEMPLATES = 0.05


def sides(pairs: Iterable[Pair], to_chinese: bool) -> tuple[list[str], list[str]]:
    """Sentences to read and sentences to write."""
    both = [(pair.en, pair.zh) if to_chinese else (pair.zh, pair.en) for pair in pairs]
    return [source for source, _ in both], [target for _, target in both]


def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    """Rows of token ids as one matrix."""
    matrix = torch.full((len(rows), max(map(len, rows))), fill, dtype=torch.long)
    for number, row in enumerate(rows):
        matrix[number, : len(row)] = torch.tensor(row)
    return matrix.to(device())


class Batches:
    """The batches of an epoch: the pairs with other names and numbers each time, of similar length together."""

    def __init__(self, translator: Translator, pairs: list[Pair], preset: Preset, seed: int) -> None:
        self._translator, self._pairs, self._preset, self._seed = translator, pairs, preset, seed
        self._templates = Templates()

    def __call__(self, epoch: int) -> Iterable[Any]:
        chance = random.Random(self._seed * 1000 + epoch)
        read: Literal["en", "zh"] = "en" if self._preset.to_chinese else "zh"
        shown = (
            self._templates(chance)
            if chance.random() < TEMPLATES
            else with_digits(varied(pair, chance, read=read), chance)
            for pair in self._pairs
        )
        sources, targets = sides(shown, self._preset.to_chinese)
        inputs = self._translator.tokenizer(sources, truncation=True)["input_ids"]
        outputs = self._translator.encode_target(targets)
        lengths = [len(a) + len(b) for a, b in zip(inputs, outputs, strict=True)]
        config = self._translator.model.config
        for picked in shuffled_batches(len(inputs), self._preset.batch, lengths, self._seed * 1000 + epoch):
            ids = padded([inputs[i] for i in picked], config.pad_token_id)
            labels = padded([outputs[i] for i in picked], -100)
            shifted = labels.roll(1, 1).masked_fill_(labels.roll(1, 1) == -100, config.pad_token_id)
            shifted[:, 0] = config.decoder_start_token_id
            hide = torch.rand(shifted.shape, device=shifted.device) < HIDDEN
            hide[:, 0] = False
            shifted = shifted.masked_fill(hide, self._translator.tokenizer.unk_token_id)
            yield ids, (ids != config.pad_token_id).long(), shifted, labels


def loss_of(network: Any, batch: Any, written: int) -> torch.Tensor:
    """Cross entropy over the tokens that may be written."""
    ids, mask, shifted, labels = batch
    hidden = network.model(
        input_ids=ids, attention_mask=mask, decoder_input_ids=shifted, use_cache=False
    ).last_hidden_state
    chosen = labels != -100
    logits = torch.nn.functional.linear(hidden[chosen], network.lm_head.weight[:written]).float()
    return torch.nn.functional.cross_entropy(logits, labels[chosen], label_smoothing=SMOOTHING)


def translate(network: Any, translator: Translator, sources: list[str], beams: int) -> list[str]:
    """Translations by the PyTorch model."""
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    found = [""] * len(sources)
    for start in range(0, len(order), 64):
        picked = order[start : start + 64]
        ids = padded(
            translator.tokenizer([sources[i] for i in picked], truncation=True)["input_ids"],
            network.config.pad_token_id,
        )
        mask = (ids != network.config.pad_token_id).long()
        out = network.generate(
            input_ids=ids, attention_mask=mask, num_beams=beams, max_length=48, early_stopping=beams > 1
        )
        for i, text in zip(picked, translator.tokenizer.batch_decode(out, skip_special_tokens=True), strict=True):
            found[i] = text
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
    preset = PRESETS[args.preset]
    set_seed(args.seed)
    pairs, held = (read_pairs(args.data, split) for split in ("train", "validation"))
    chance = random.Random(args.seed)
    # The names and places that training will show belong to the vocabulary; every other sentence counts once.
    seen = [*pairs, *(other for pair in pairs if (other := varied(pair, chance, 1.0)).zh != pair.zh)]
    checkpoint = args.work / f"{args.preset}.pt"
    translator = make_translator(
        preset.size, *sides(seen, preset.to_chinese), checkpoint.with_suffix(".tokenizer.json")
    )
    start_from = preset.size.turned_from
    if start_from and not checkpoint.is_file():
        if not (args.out / start_from).is_dir():
            raise SystemExit(f"{args.preset} starts from {start_from}: train that first, with the same --out.")
        turn(translator, args.out / start_from)
    model = translator.model
    sources, expected = sides([pair for pair in held if len(pair.en.split()) <= SHORT_WORDS], preset.to_chinese)
    print(
        json.dumps({"vocabulary": len(translator.tokenizer), "parameters": sum(p.numel() for p in model.parameters())}),
        flush=True,
    )
    slow = ("model.encoder.", "model.shared.") if preset.size.pretrained else ()
    seconds = train(
        model,
        Batches(translator, pairs, preset, args.seed),
        lambda network, batch: loss_of(network, batch, translator.written),
        -(-len(pairs) // preset.batch),
        preset.schedule,
        checkpoint,
        lambda network: translation_figures(expected, translate(network, translator, sources, 1), preset.to_chinese)[
            "bleu"
        ],
        slow=slow,
    )
    model.eval()
    with torch.inference_mode():
        for beams in (1, 4):
            found = translate(model, translator, sources, beams)
            print(
                json.dumps(
                    {
                        "model": args.preset,
                        "beams": beams,
                        "rows": len(sources),
                        **translation_figures(expected, found, preset.to_chinese),
                    }
                )
            )
    save_trained(args.out / args.preset, model, translator.tokenizer, seconds, args.seed)


if __name__ == "__main__":
    main()
