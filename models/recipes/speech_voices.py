"""Digits as two speech synthesizers say them: three people are few to learn from, and these are many voices more.

Needs the programs ``flite`` (voices of the CMU ARCTIC speakers) and ``espeak-ng``, both in every Linux distribution.
"""

from __future__ import annotations

import io
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr
from speech_data import RATE, WORDS, Array, Clip

_FLITE = ("awb", "rms", "slt", "kal16")
_VARIANTS = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 klatt4 Andy Annie Denis Diogo Gene Gene2 Jacky Lee "
    "Mario Michael Mike Nguyen Reed RicishayMax Alicia Andrea Belinda Storm Henrique Hugo antonio Marco ed linda max "
    "steph travis zac adam boris benjamin caleb david edward john paul rob robert sandro shelby kaukovalta iven aunty "
    "grandma grandpa"
)
_ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan")
#: What is shorter or longer than this, in samples, is no digit.
_LEAST, _MOST = 800, 12_000


def synthetic_clips(kept: Path, seed: int = 3) -> list[Clip]:
    """Every digit by every voice; made once and kept in the file ``kept``.

    Raises:
        FileNotFoundError: flite or espeak-ng is not installed.
    """
    if not kept.is_file():
        with ThreadPoolExecutor() as pool:
            made = [clip for clip in pool.map(_said, _wanted(random.Random(seed))) if clip is not None]
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            kept,
            speakers=np.array([clip.speaker for clip in made]),
            digits=np.array([clip.digit for clip in made]),
            lengths=np.array([len(clip.wave) for clip in made]),
            samples=(np.concatenate([clip.wave for clip in made]) * 32767).astype(np.int16),
        )
    stored = dict(np.load(kept))
    ends = np.cumsum(stored["lengths"])
    waves = np.split(stored["samples"].astype(np.float32) / 32768, ends[:-1])
    return [
        Clip(wave, int(digit), str(speaker))
        for wave, digit, speaker in zip(waves, stored["digits"], stored["speakers"], strict=True)
    ]


def _wanted(chance: random.Random) -> list[tuple[str, int, list[str]]]:
    """Name of the voice, digit, and the command that says it."""
    found = []
    for voice in _FLITE:
        for digit, word in enumerate(WORDS):
            for _take in range(6):
                stretch = chance.uniform(0.75, 1.3)
                pitch = chance.uniform(85, 240 if voice == "slt" else 200)
                settings = ["--setf", f"duration_stretch={stretch:.2f}", "--setf", f"int_f0_target_mean={pitch:.0f}"]
                command = ["flite", "-voice", voice, *settings, "-t", word, "-o", "/dev/stdout"]
                found.append((f"flite-{voice}", digit, command))
    for variant in _VARIANTS.split():
        for accent in chance.sample(_ACCENTS, 3):
            for digit, word in enumerate(WORDS):
                speed, pitch = str(chance.randint(110, 190)), str(chance.randint(20, 75))
                command = ["espeak-ng", "-v", f"{accent}+{variant}", "-s", speed, "-p", pitch, "--stdout", word]
                found.append((f"espeak-{variant}", digit, command))
    return found


def _said(wanted: tuple[str, int, list[str]]) -> Clip | None:
    speaker, digit, command = wanted
    written = subprocess.run(command, capture_output=True, timeout=20, check=False).stdout
    try:
        samples, rate = soundfile.read(io.BytesIO(written), dtype="float32")
    except soundfile.SoundFileError:
        # A variant that this version of the program does not have.
        return None
    samples = _trimmed(soxr.resample(samples, rate, RATE).astype(np.float32))
    return Clip(samples, digit, speaker) if _LEAST < len(samples) < _MOST else None


def _trimmed(samples: Array) -> Array:
    """Without the silence before and after."""
    loud = np.abs(samples)
    heard = np.flatnonzero(loud > max(float(loud.max()) * 0.02, 1e-4))
    return samples[max(0, heard[0] - 160) : heard[-1] + 240] if len(heard) else samples[:0]
