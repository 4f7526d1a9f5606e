"""What the recipe does to recordings: another voice and tempo, digits that are where it says, samples left alone."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

RECIPES = Path(__file__).resolve().parents[2] / "models" / "recipes"


@pytest.fixture(autouse=True, scope="module")
def recipes_importable() -> Iterator[None]:
    sys.path.insert(0, str(RECIPES))
    yield
    sys.path.remove(str(RECIPES))


def tone(hertz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000).astype(np.float32)


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * 8000 / len(samples))


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.4])
def test_another_voice_is_higher_and_another_tempo_is_not(factor: float) -> None:
    from speech_data import hurried, revoiced

    sound = tone(440, 1.0)
    assert pitch(revoiced(sound, factor)) == pytest.approx(440 * factor, rel=0.02)
    quicker = hurried(sound, factor)
    assert len(quicker) == pytest.approx(8000 / factor, rel=0.06)
    assert pitch(quicker[400:-400]) == pytest.approx(440, rel=0.03)


@pytest.mark.parametrize("seed", range(6))
def test_digits_lie_where_it_says(seed: int) -> None:
    from speech_data import Clip, sentence

    clips = {f"{kind}-a" if kind else "anna": [Clip(tone(300 + 50 * d, 0.4), d, "x") for d in range(10)]
             for kind in ("", "flite", "espeak")}  # fmt: skip
    samples, digits, spans = sentence(clips, random.Random(seed), 3)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert len(digits) == len(spans) == 3
    assert all(end - start > 800 for start, end in spans)
    assert [start for start, _end in spans] == sorted(start for start, _end in spans)
    assert spans[-1][1] <= len(samples)


def test_samples_are_set_aside_by_their_place() -> None:
    from speech_data import HELD_OUT, Clip, set_aside

    clips = [Clip(np.full(1, place, np.float32), digit, HELD_OUT) for digit in range(10) for place in range(50)]
    found = set_aside([*clips, Clip(np.zeros(1, np.float32), 0, "somebody")])
    assert [int(clip.wave[0]) for clip in found[7]] == [10, 20, 21, 22, 30, 31, 32, 40, 41, 42]


@pytest.mark.slow
def test_each_moment_says_what_is_heard_in_it() -> None:
    from speech_ctc import moments

    wanted = moments([(800, 4000), (5600, 8800)], (7, 2), 60).tolist()
    assert {2, 5, 10} <= set(wanted) <= {-100, 0, 2, 5, 10}
    words = [token for place, token in enumerate(wanted) if token > 0 and (place == 0 or token != wanted[place - 1])]
    assert words == [10, 2, 5]
