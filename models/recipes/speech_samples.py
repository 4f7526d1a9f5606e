"""Writes the sample recordings that ship with the studio: digits that the starter model was not trained on.

    python models/recipes/speech_samples.py --data DIR

They are taken by their place, none by how it sounds; half of the files put three together.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

import numpy as np
import soundfile
from speech_data import RATE, WORDS, Clip, read_clips, set_aside

SAMPLES = Path(__file__).resolve().parents[2] / "resources" / "samples"
_PAUSE_S = 0.15


def together(clips: list[Clip]) -> np.ndarray:
    """Several recordings after each other, with the faint noise of a quiet room between them."""
    room = np.random.default_rng(3).normal(0, 6e-5, int(_PAUSE_S * RATE)).astype(np.float32)
    edge = room[: len(room) // 3]
    between = [part for clip in clips for part in (room, clip.wave)][1:]
    return np.concatenate([edge, *between, edge])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    by_digit = set_aside(read_clips(args.data))
    chance = random.Random(4)
    rows: list[tuple[str, str, str]] = []
    folder = SAMPLES / "digits"
    folder.mkdir(exist_ok=True)
    for digit in range(10):
        clip = by_digit[digit][0]
        name = f"{WORDS[digit]}.flac"
        soundfile.write(folder / name, together([clip]), RATE, subtype="PCM_16")
        rows.append((f"digits/{name}", WORDS[digit], "one digit"))
    order = [*range(10), *range(10), *range(10)]
    chance.shuffle(order)
    for number in range(10):
        digits = order[number * 3 : number * 3 + 3]
        name = f"three-{number + 1:02}.flac"
        parts = [by_digit[digit][1 + number % 3 * 3 + place] for place, digit in enumerate(digits)]
        soundfile.write(folder / name, together(parts), RATE, subtype="PCM_16")
        rows.append((f"digits/{name}", " ".join(WORDS[digit] for digit in digits), "three digits"))
    with (SAMPLES / "digits.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("recording", "said", "length"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
