"""Trains the recogniser of spoken digits: a small wav2vec2 with CTC, from nothing, on three people and on the
voices of speech synthesizers.

    python models/recipes/speech_ctc.py digits-small --data DIR --out OUT

A fourth person is kept out at first: how a stranger fares is measured on the model of that round, which is written
beside (OUT/digits-small-held). A short second round goes on with that person too, without the recordings that ship as
samples, and gives the model that ships. No epoch is chosen by what it gets right: the last one is kept.
`speech_ship.py` exports, measures and ships.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from speech_data import HELD_OUT, RATE, WORDS, Clip, read_clips, sentence, set_aside
from speech_model import DELIMITER, MIDDLE, STEP, VOCABULARY, make_model, normalised
from speech_voices import synthetic_clips
from training import Schedule, save_trained, set_seed, train
from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor

_FIRST = Schedule(70, 2e-3, warm_up=0.04, weight_decay=0.02, averaging=0.99)
_SECOND = Schedule(8, 8e-4, warm_up=0.05, weight_decay=0.02, averaging=0.99)
STEPS = 60
#: How many digits a recording has, as often as they stand here.
_COUNTS = (1, 1, 1, 2, 2, 3, 4)
#: Share of the CTC loss beside that of single moments.
_CTC = 0.3
#: Most moments are blank, so they count less; a pause that is not heard spoils two words.
_WEIGHTS = torch.tensor([0.25, 1.0, 2.0] + [1.0] * len(WORDS))
_IGNORED = -100


def moments(spans: Sequence[tuple[int, int]], digits: Sequence[int], count: int) -> torch.Tensor:
    """What each moment should say: the word in its middle, the delimiter between two, and blank elsewhere.

    CTC alone takes long to find out where the words are; here it is known, since the recordings were put together.
    Around the middle of a word, anything is right.
    """
    wanted = torch.zeros(count, dtype=torch.long)
    for (_start, end), (start, _end) in pairwise(spans):
        place = round(((end + start) / 2 - MIDDLE) / STEP)
        wanted[max(0, place - 1) : place + 2] = DELIMITER
    for (start, end), digit in zip(spans, digits, strict=True):
        place = min(max(0, round(((start + end) / 2 - MIDDLE) / STEP)), count - 1)
        half = max(1, int((end - start) / STEP * 0.15))
        around = wanted[max(0, place - half - 2) : place + half + 3]
        around[around == 0] = _IGNORED
        wanted[max(0, place - half) : place + half + 1] = digit + 3
    return wanted


def padded(waves: Sequence[Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Recordings as one matrix, and the mask of what fills the shorter ones."""
    values = np.zeros((len(waves), max(map(len, waves))), np.float32)
    mask = np.zeros(values.shape, np.int64)
    for place, samples in enumerate(waves):
        values[place, : len(samples)] = normalised(samples)
        mask[place, : len(samples)] = 1
    return torch.from_numpy(values), torch.from_numpy(mask)


def train_round(
    model: Any, clips: Sequence[Clip], held: Sequence[Clip], schedule: Schedule, checkpoint: Path, seed: int
) -> float:
    """Train a model in place; returns the seconds it took.

    Args:
        model: See `speech_model`.
        clips: What is trained on.
        held: What is not; how many of it are wrong is printed after each epoch.
        schedule: How long.
        checkpoint: File to write and resume from.
        seed: Fixes what is heard in which epoch.
    """
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)

    def batches(epoch: int) -> Iterable[Any]:
        chance = random.Random(seed * 1_000_000 + epoch)
        for _step in range(STEPS):
            count = chance.choice(_COUNTS)
            made = [sentence(by_speaker, chance, count) for _one in range(max(8, 64 // (1 + count)))]
            values, mask = padded([samples for samples, _digits, _spans in made])
            targets = torch.full((len(made), 2 * count - 1), DELIMITER)
            targets[:, ::2] = torch.tensor([digits for _samples, digits, _spans in made]) + 3
            lengths = model._get_feat_extract_output_lengths(mask.sum(1)).tolist()
            wanted = torch.full((len(made), int(max(lengths))), _IGNORED)
            for place, ((_samples, digits, spans), length) in enumerate(zip(made, lengths, strict=True)):
                wanted[place, : int(length)] = moments(spans, digits, int(length))
            yield values, mask, targets, wanted

    def loss_of(network: Any, batch: Any) -> torch.Tensor:
        values, mask, targets, wanted = batch
        out = network(input_values=values, attention_mask=mask, labels=targets)
        each = torch.nn.functional.cross_entropy(
            out.logits.float().flatten(0, 1), wanted.flatten(), weight=_WEIGHTS, ignore_index=_IGNORED
        )
        return each + _CTC * out.loss.float()

    epochs = 0

    def validate(network: Any) -> float:
        nonlocal epochs
        epochs += 1
        wrong = [written(network, clip.wave) != WORDS[clip.digit] for clip in held]
        print(f"{sum(wrong) / len(wrong):.3f} of what is kept out is wrong", flush=True)
        # Not the error: the last epoch is kept, whatever comes out of this.
        return float(epochs)

    return train(model, batches, loss_of, STEPS, schedule, checkpoint, validate)


def written(network: Any, samples: Any) -> str:
    """What a network writes down, as the studio would."""
    values, mask = padded([samples])
    ids = network(input_values=values, attention_mask=mask).logits[0].argmax(-1).tolist()
    tokens = {number: token for token, number in VOCABULARY.items()}
    kept = [one for place, one in enumerate(ids) if one and (place == 0 or one != ids[place - 1])]
    return "".join(" " if one == DELIMITER else tokens[one] for one in kept).strip()


def save(folder: Path, model: Any, seconds: float, seed: int) -> None:
    """Write the model as a Hugging Face folder."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps(VOCABULARY), encoding="utf-8")
    tokenizer = Wav2Vec2CTCTokenizer(str(vocabulary), bos_token=None, eos_token=None)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE, return_attention_mask=True).save_pretrained(folder)
    save_trained(folder, model, tokenizer, seconds, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["digits-small"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--held-out", default=HELD_OUT, help="the speaker who is not trained on")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    set_seed(args.seed)
    work = args.out / "work"
    clips, synthetic = read_clips(args.data), synthetic_clips(work / "voices.npz")
    others = [clip for clip in clips if clip.speaker != args.held_out]
    stranger = [clip for clip in clips if clip.speaker == args.held_out]
    model = make_model(others)
    checkpoint = work / f"{args.name}-{args.held_out}.ckpt"
    seconds = train_round(model, [*others, *synthetic], stranger[::2], _FIRST, checkpoint, args.seed)
    save(args.out / f"{args.name}-held", model, seconds, args.seed)
    samples = [clip for own in set_aside(clips).values() for clip in own]
    known = [clip for clip in clips if not any(clip is sample for sample in samples)]
    checkpoint = work / f"{args.name}.ckpt"
    seconds += train_round(model, [*known, *synthetic], samples, _SECOND, checkpoint, args.seed)
    save(args.out / args.name, model, seconds, args.seed)


if __name__ == "__main__":
    main()
