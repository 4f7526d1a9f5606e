"""Spoken digits, and how training hears them: another voice, another tempo, another microphone, several in a row."""

from __future__ import annotations

import random
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from card import Data
from scipy.signal import fftconvolve, lfilter

Array = npt.NDArray[Any]

RATE = 8000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: The speaker who is kept for validation.
HELD_OUT = "lucas"
ABOUT = Data(
    "speech-digits",
    "https://github.com/Jakobovski/free-spoken-digit-dataset",
    "CC BY-SA 4.0",
    "Zohar Jackson et al., Free Spoken Digit Dataset.",
)
#: Kinds of voices, and how often each is heard; see `speech_voices`.
KINDS = {"person": 45, "flite": 15, "espeak": 40}
#: Places, among the recordings of a digit, of those that `set_aside` takes.
_SET_ASIDE = (10, 20, 21, 22, 30, 31, 32, 40, 41, 42)
#: Samples of a piece when the tempo is changed, from one to the next, and how far its place may be moved.
_PIECE, _HOP, _REACH = 200, 100, 50
_FADE = np.hanning(_PIECE + 2)[1:-1].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Clip:
    """One digit as one person said it; float32, -1 to 1."""

    wave: Array
    digit: int
    speaker: str


def read_clips(data: Path) -> list[Clip]:
    """Every recording, by name: ``{digit}_{speaker}_{index}.wav``, 8 kHz, mono, 16 bit."""
    clips = []
    for path in sorted((data / "speech-digits" / "recordings").glob("*.wav")):
        digit, speaker, _index = path.stem.split("_")
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
                raise ValueError(f"{path.name} is not 8 kHz, mono, 16 bit")
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
        clips.append(Clip(samples, int(digit), speaker))
    return clips


def set_aside(clips: Sequence[Clip]) -> dict[int, list[Clip]]:
    """Recordings of the speaker kept out that ship as samples, by digit: never trained on. Taken by their place."""
    found = {}
    for digit in range(len(WORDS)):
        own = [clip for clip in clips if clip.speaker == HELD_OUT and clip.digit == digit]
        found[digit] = [own[place] for place in _SET_ASIDE]
    return found


def kind_of(speaker: str) -> str:
    """Which of `KINDS` a speaker is."""
    prefix = speaker.partition("-")[0]
    return prefix if prefix in KINDS else "person"


def sentence(
    by_speaker: Mapping[str, Sequence[Clip]], chance: random.Random, count: int
) -> tuple[Array, tuple[int, ...], list[tuple[int, int]]]:
    """Several digits of one speaker as one recording, which they are, and where each begins and ends in samples."""
    rng = np.random.default_rng(chance.randrange(2**32))
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    clips = by_speaker[chance.choice(sorted(name for name in by_speaker if kind_of(name) == kind))]
    # The synthesizers have many voices already.
    most = 0.3 if kind == "person" else 0.15
    voice, tempo = np.exp(rng.uniform(-most, most)), np.exp(rng.uniform(-0.3, 0.3))
    pause = rng.uniform(0.02, 0.4)
    parts, digits, spans = [_silence(rng.uniform(0, 0.25))], [], []
    for place in range(count):
        clip = chance.choice(clips)
        digits.append(clip.digit)
        own = float(voice * np.exp(rng.uniform(-0.06, 0.06)))
        sound = revoiced(clip.wave, own)
        if chance.random() < 0.7:
            sound = hurried(sound, float(np.clip(tempo * np.exp(rng.uniform(-0.1, 0.1)) / own, 0.5, 2.0)))
        begin = sum(map(len, parts))
        spans.append((begin, begin + len(sound)))
        parts.append(sound / (np.abs(sound).max() + 1e-6) * rng.uniform(0.4, 1.0))
        last = place == count - 1
        parts.append(_silence(rng.uniform(0.0, 0.3) if last else pause * rng.uniform(0.5, 1.2)))
    return elsewhere(np.concatenate(parts), chance, rng), tuple(digits), spans


def revoiced(samples: Array, factor: float) -> Array:
    """Higher (above 1) or lower in pitch and formants, and quicker or slower by as much."""
    count = max(16, int(len(samples) / factor))
    places = np.linspace(0, len(samples) - 1, count)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def hurried(samples: Array, factor: float) -> Array:
    """Quicker (above 1) or slower, in the same voice: waveform similarity overlap-add (Verhelst and Roelands 1993)."""
    count = int((len(samples) - _PIECE - _HOP) / (_HOP * factor))
    if count < 2:
        return samples
    out = np.zeros(count * _HOP + _PIECE, np.float32)
    padded = np.pad(samples, (_REACH, _REACH + _PIECE + _HOP))
    at = _REACH
    for number in range(count):
        wanted = int(number * _HOP * factor) + _REACH
        if number:
            # Where the sound goes on most like what would have followed.
            follows = padded[at + _HOP : at + 2 * _HOP]
            around = padded[wanted - _REACH : wanted + _REACH + _HOP]
            at = wanted - _REACH + int(np.correlate(around, follows, "valid").argmax())
        out[number * _HOP : number * _HOP + _PIECE] += padded[at : at + _PIECE] * _FADE
    return out


def elsewhere(samples: Array, chance: random.Random, rng: np.random.Generator) -> Array:
    """Through another microphone, in another room, with noise."""
    if chance.random() < 0.3:
        taps = rng.normal(size=rng.integers(2, 24))
        taps = taps * np.exp(-np.arange(len(taps)) / rng.uniform(0.5, 3))
        taps[0] = 1 + abs(taps[0])
        samples = np.convolve(samples, taps)[: len(samples)]
    if chance.random() < 0.25:
        length = int(RATE * rng.uniform(0.05, 0.25))
        echo = rng.normal(size=length) * np.exp(-np.arange(length) / (length / 5)) * rng.uniform(0.01, 0.06)
        echo[0] = 1
        samples = fftconvolve(samples, echo)[: len(samples)]
    samples = _coloured(samples, chance, rng)
    level = np.sqrt((samples**2).mean()) + 1e-6
    if chance.random() < 0.2:
        hum = np.sin(2 * np.pi * rng.uniform(30, 65) * np.arange(len(samples)) / RATE + rng.uniform(0, 6))
        samples = samples + level * rng.uniform(0.05, 0.6) * hum
    noise = rng.standard_normal(len(samples))
    if chance.random() < 0.5:
        noise = lfilter([1], [1, -rng.uniform(0.7, 0.97)], noise)
    quieter = 10 ** (-rng.uniform(10, 50) / 20)
    return (samples + noise / (noise.std() + 1e-6) * level * quieter).astype(np.float32)


def _coloured(samples: Array, chance: random.Random, rng: np.random.Generator) -> Array:
    """Some pitches louder and some softer, and at times nothing above or below what a telephone lets through."""
    pitches = np.fft.rfftfreq(len(samples), 1 / RATE)
    points = np.geomspace(60, RATE / 2, 9)
    gain = np.interp(np.log(np.maximum(pitches, 30)), np.log(points), rng.normal(0, rng.uniform(0, 6), len(points)))
    if chance.random() < 0.6:
        gain = gain - 40 * np.clip((pitches - rng.uniform(2500, 3700)) / rng.uniform(100, 600), 0, 1)
    if chance.random() < 0.3:
        gain = gain - 40 * np.clip((rng.uniform(80, 350) - pitches) / rng.uniform(40, 150), 0, 1)
    return np.fft.irfft(np.fft.rfft(samples) * 10 ** (gain / 20), len(samples))


def _silence(seconds: float) -> Array:
    return np.zeros(int(RATE * seconds), np.float32)
