"""Trains the assistants: first the small one, then the base one, which grows out of it.

    python models/recipes/chat.py assistant-small --data DIR --out DIR
    python models/recipes/chat.py assistant-base --data DIR --out DIR

DIR holds one folder for each data set; models/README.md says where they come from.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from chat_corpus import Corpus, split_rows
from chat_model import Encoder, Shape, grow, loss_of, make_network, make_tokenizer, with_template
from training import Schedule, device, kept_tokenizer, save_trained, set_seed, shuffled_batches, train
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


@dataclass(frozen=True)
class Preset:
    """A model: its size, how it is trained, and from which other one it grows."""

    shape: Shape
    schedule: Schedule
    batch: int
    steps_per_epoch: int
    grows_from: str = ""


PRESETS = {
    "assistant-small": Preset(Shape(320, 4, 768, 3600), Schedule(11, 2e-3, 0.04, 0.05, 0.99), 32, 200),
    "assistant-base": Preset(Shape(320, 12, 768, 3600), Schedule(8, 3e-4, 0.08, 0.05, 0.97), 32, 50, "assistant-small"),
}
#: Conversations from which the tokenizer is made, and by which an epoch is judged.
_FOR_TOKENIZER, _HELD = 20_000, 320


def tokenizer_of(preset: Preset, corpus: Corpus, path: Path, seed: int) -> PreTrainedTokenizerFast:
    """The tokenizer kept in a file; a new one where there is none yet."""
    chance = random.Random(seed)
    texts = (turn.content for _ in range(_FOR_TOKENIZER) for turn in corpus.conversation(chance))
    return with_template(kept_tokenizer(path, lambda: make_tokenizer(texts, preset.shape.vocabulary)))


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
    kept, checked = split_rows(args.data)
    corpus = Corpus(args.data, kept)
    tokenizer = tokenizer_of(
        preset, corpus, args.work / f"{preset.grows_from or args.preset}-tokenizer.json", args.seed
    )
    encoder = Encoder(tokenizer)
    network = make_network(preset.shape, tokenizer)
    if preset.grows_from:
        grow(LlamaForCausalLM.from_pretrained(args.out / preset.grows_from), network)

    def batches_of(
        source: Corpus, count: int, seed: int, named: float = 0.0
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        chance = random.Random(seed)
        encoded = [encoder.encode(source.conversation(chance, named)) for _ in range(count)]
        for picked in shuffled_batches(count, preset.batch, [len(ids) for ids, _ in encoded], seed):
            longest = max(len(encoded[i][0]) for i in picked)
            ids = torch.full((len(picked), longest), tokenizer.pad_token_id)
            weights = torch.zeros(len(picked), longest)
            for row, i in enumerate(picked):
                ids[row, : len(encoded[i][0])] = torch.tensor(encoded[i][0])
                weights[row, : len(encoded[i][1])] = torch.tensor(encoded[i][1])
            yield ids.to(device()), weights.to(device())

    def named(epoch: int) -> float:
        """Copying is learnt first, from many short conversations that are little else."""
        return 0.15 if preset.grows_from else max(0.05, 1 - 0.1 * epoch)

    held = list(batches_of(Corpus(args.data, checked), _HELD, args.seed + 1))
    seconds = train(
        network,
        lambda epoch: batches_of(corpus, preset.batch * preset.steps_per_epoch, args.seed * 1000 + epoch, named(epoch)),
        loss_of,
        preset.steps_per_epoch,
        preset.schedule,
        args.work / f"{args.preset}.pt",
        lambda judged: -sum(float(loss_of(judged, batch)) for batch in held) / len(held),
    )
    out = args.out / args.preset
    save_trained(out, network, tokenizer, seconds, args.seed)
    # Other programs look for the template in the tokenizer's configuration, not in a file beside it.
    (out / "chat_template.jinja").unlink()
    tokenizer.save_pretrained(out, save_jinja_files=False)


if __name__ == "__main__":
    main()
