"""Trains the recogniser of spoken digits: a small wav2vec2 with CTC, from nothing, on three people and on the
voices of speech synthesizers.

    python models/recipes/speech_ctc.py digits-small --data DIR --out OUT

A fourth voice is kept for validation, and no epoch is chosen by it: the last one is kept. `speech_ship.py` exports,
measures and ships the model.
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
from speech_data import HELD_OUT, RATE, WORDS, Clip, kind_of, read_clips, sentence
from speech_model import DELIMITER, MIDDLE, STEP, VOCABULARY, make_model, normalised
from speech_voices import synthetic_clips
from training import Schedule, save_trained, set_seed, train
from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor

_SCHEDULE = Schedule(70, 2e-3, warm_up=0.04, weight_decay=0.02, averaging=0.99)
STEPS = 60
#: How many digits a recording has, as often as they stand here.
_COUNTS = (1, 1, 1, 2, 2, 3, 4)
#: Share of the CTC loss beside that of single moments.
_CTC = 0.3
#: Most moments are blank, so they count less.
_WEIGHTS = torch.tensor([0.25] + [1.0] * (len(VOCABULARY) - 1))
_IGNORED = -100


def moments(spans: Sequence[tuple[int, int]], digits: Sequence[int], count: int) -> torch.Tensor:
    """What each moment should say: the word in its middle, the delimiter between two, and blank elsewhere.

    CTC alone takes long to find out where the words are; here it is known, since the recordings were put together.
    Around the middle of a word and of a pause, anything is right.
    """
    wanted = torch.zeros(count, dtype=torch.long)
    for (_start, end), (start, _end) in pairwise(spans):
        place = round(((end + start) / 2 - MIDDLE) / STEP)
        wanted[max(0, place - 1) : place + 2] = _IGNORED
        if 0 <= place < count:
            wanted[place] = DELIMITER
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


def train_recogniser(clips: Sequence[Clip], held_out: str, checkpoint: Path, seed: int) -> tuple[Any, float]:
    """A trained model, and the seconds it took."""
    by_speaker: dict[str, list[Clip]] = {}
    for clip in (*clips, *synthetic_clips(checkpoint.with_name("voices.npz"))):
        if clip.speaker != held_out:
            by_speaker.setdefault(clip.speaker, []).append(clip)
    model = make_model([clip for name, own in by_speaker.items() if kind_of(name) == "person" for clip in own])

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

    held = [clip for clip in clips if clip.speaker == held_out]
    epochs = 0

    def validate(network: Any) -> float:
        nonlocal epochs
        epochs += 1
        said = [written(network, clip.wave) for clip in held[::2]]
        wrong = sum(text != WORDS[clip.digit] for text, clip in zip(said, held[::2], strict=True))
        print(f"{held_out}: {wrong / len(said):.3f} of single digits wrong", flush=True)
        # Not the error: the last epoch is kept, whatever the voice that was kept out says of it.
        return float(epochs)

    return model, train(model, batches, loss_of, STEPS, _SCHEDULE, checkpoint, validate)


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
    checkpoint = args.out / "work" / f"{args.name}-{args.held_out}.ckpt"
    model, seconds = train_recogniser(read_clips(args.data), args.held_out, checkpoint, args.seed)
    save(args.out / args.name, model, seconds, args.seed)


if __name__ == "__main__":
    main()
