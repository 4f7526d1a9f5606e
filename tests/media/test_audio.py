"""Recordings are read as any program would, and what is no recording is refused with a sentence."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.domain.errors import InputError, StoppedError
from studio.media.audio import audio_seconds, read_audio

RATE = 16_000


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def hour_header(path: Path, seconds: int) -> None:
    """A WAV file whose header tells of so many seconds; the file is as long on paper only (a sparse file)."""
    size = seconds * 8000
    with path.open("wb") as file:
        file.write(
            b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
        )
        file.write(b"data" + struct.pack("<I", size))
        file.truncate(44 + size)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_every_kind_of_file_gives_the_same_sound(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    soundfile.write(path, tone(1.0), RATE)
    found = read_audio(str(path), RATE)
    assert found.seconds == pytest.approx(1.0, abs=0.1)
    assert found.samples.dtype == np.float32
    assert np.sqrt((found.samples**2).mean()) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    assert audio_seconds(str(path)) == pytest.approx(found.seconds, abs=0.1)


def test_channels_are_mixed_and_rates_converted(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    left, right = tone(1.0, 44_100, 300.0), tone(1.0, 44_100, 900.0)
    soundfile.write(path, np.stack([left, right], 1), 44_100, subtype="FLOAT")
    found = read_audio(str(path), RATE)
    expected = (tone(1.0, RATE, 300.0) + tone(1.0, RATE, 900.0)) / 2
    assert len(found.samples) == pytest.approx(RATE, abs=2)
    middle = slice(2000, 14_000)
    assert np.abs(found.samples[middle] - expected[middle]).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.wav", b"this is a text, whatever its name says\n" * 20, "can't be read as sound"),
        ("empty.wav", b"", "is empty"),
        ("x.raw", b"\0\1" * 999, "can't be read as sound"),
        ("cut.flac", None, "can't be read as sound"),
    ],
)
def test_what_is_no_sound_is_refused(name: str, content: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is None:
        soundfile.write(path, tone(0.5), RATE)
        content = path.read_bytes()[:60]
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_audio(str(path), RATE)
    assert name in caught.value.message
    assert caught.value.next_step


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.wav", tmp_path, Path("bad\0name.wav")):
        with pytest.raises(InputError):
            read_audio(str(path), RATE)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros(RATE, np.float32), "is silent"),
        (np.full(RATE, 5e-4, np.float32), "is silent"),
        (np.zeros(0, np.float32), "no sound in"),
        (tone(0.01), "too short"),
        (np.full(RATE, np.nan, np.float32), "can't be read as sound"),
    ],
)
def test_nothing_to_hear_is_refused(samples: np.ndarray, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    with pytest.raises(InputError, match=words):
        read_audio(str(path), RATE)


def test_hours_are_refused_by_the_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.wav"
    hour_header(path, 3 * 3600)
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_a, **_k: pytest.fail("it was decoded"))
    for read in (lambda: read_audio(str(path), RATE), lambda: audio_seconds(str(path))):
        with pytest.raises(InputError, match="180 minutes long; the studio takes up to 60"):
            read()


def test_the_beginning_of_a_damaged_file_is_used(tmp_path: Path) -> None:
    path = tmp_path / "cut.flac"
    noise = np.random.default_rng(0).normal(scale=0.1, size=RATE * 60).astype(np.float32)
    soundfile.write(path, noise, RATE)
    path.write_bytes(path.read_bytes()[:1_500_000])
    found = read_audio(str(path), RATE)
    assert 20 < found.seconds < 60
    assert "damaged after" in found.notices[0]


def test_a_recording_cut_short_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(2.0), RATE)
    path.write_bytes(path.read_bytes()[:40_000])
    found = read_audio(str(path), RATE)
    assert found.seconds == pytest.approx(1.25, abs=0.01)
    assert "damaged after 1.2 of 2.0 seconds" in found.notices[0]


def test_reading_stops_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(2.0), RATE)
    with pytest.raises(StoppedError):
        read_audio(str(path), RATE, lambda: True)
