"""Recordings as models hear them: one channel, float32, at the model's rate, whatever the file is.

Files are read through soundfile (WAV, FLAC, MP3, OGG and what else libsndfile knows) block by block, mixed down and
resampled by soxr, so an hour of stereo at 48 kHz never lies in memory whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.domain.errors import InputError, MissingDependencyError, StoppedError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled

Array = npt.NDArray[Any]
#: Reads a file at a rate in Hz; asked between blocks whether to stop.
ReadAudio = Callable[[str, int, Callable[[], bool]], "Recording"]

#: Longest recording, in seconds.
MOST_SECONDS = 3600.0
#: Shortest recording, in seconds: no model hears a word in less.
LEAST_SECONDS = 0.05
#: A recording whose loudest sample is below this (of full scale, -60 dB) counts as silent.
SILENCE = 1e-3
#: Samples of all channels that are decoded at once.
_BLOCK = 1 << 15
#: Rates in Hz that a recording can have.
_RATES = (1_000, 768_000)
#: What libsndfile says of a WAV file whose data is cut short.
_CUT_SHORT = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_KINDS = "WAV, FLAC, MP3, OGG"


@dataclass(frozen=True)
class Recording:
    """A recording that was read.

    Attributes:
        samples: float32, shape ``(n,)``, about -1 to 1.
        rate: Samples a second.
        notices: What the user must know, such as that the file ends early.
    """

    samples: Array
    rate: int
    notices: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def read_audio(path: str, rate: int, cancelled: Callable[[], bool] = never_cancelled) -> Recording:
    """A recording, mixed down to one channel and resampled.

    Args:
        path: Its file.
        rate: Samples a second that the model wants.
        cancelled: Asked between blocks.

    Raises:
        InputError: It is not there, no sound, damaged, empty, too short, silent, or longer than `MOST_SECONDS`.
        MissingDependencyError: soundfile or soxr is not installed.
        StoppedError: It was cancelled.
    """
    soundfile, soxr = _libraries()
    file = Path(path)
    _check_file(file)
    try:
        with soundfile.SoundFile(str(file)) as sound:
            _check_header(file, sound)
            resample = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float32")
            pieces, frames, early = [], 0, False
            try:
                for block in _blocks(sound, cancelled):
                    frames += len(block)
                    _check_length(file, frames / sound.samplerate)
                    pieces.append(block if sound.samplerate == rate else resample.resample_chunk(block))
            except soundfile.LibsndfileError:
                early = True
                if not frames:
                    raise
            if sound.samplerate != rate:
                pieces.append(resample.resample_chunk(np.zeros(0, np.float32), last=True))
            stated = sound.frames / sound.samplerate if early else _stated_seconds(sound)
            notices = _ends_early(frames / sound.samplerate, stated) if stated else ()
    except (soundfile.SoundFileError, OSError, TypeError, ValueError, OverflowError) as error:
        raise _unreadable(file, str(error)) from error
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    _check_sound(file, samples, rate)
    return Recording(samples, rate, notices)


def audio_seconds(path: str) -> float:
    """Length of a recording by its header, without decoding it.

    Raises:
        InputError, MissingDependencyError: See `read_audio`.
    """
    soundfile, _soxr = _libraries()
    file = Path(path)
    _check_file(file)
    try:
        with soundfile.SoundFile(str(file)) as sound:
            _check_header(file, sound)
            return float(sound.frames / sound.samplerate)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError, OverflowError) as error:
        raise _unreadable(file, str(error)) from error


def _libraries() -> tuple[Any, Any]:
    try:
        import soundfile
        import soxr
    except (ImportError, OSError) as error:  # OSError: libsndfile itself is missing
        raise MissingDependencyError(
            _("Reading sound files needs soundfile and soxr, which are not installed."),
            _("Install them with: pip install soundfile soxr"),
            str(error),
        ) from error
    return soundfile, soxr


def _blocks(sound: Any, cancelled: Callable[[], bool]) -> Iterator[Array]:
    """The samples in blocks, each mixed down: the mean of the channels."""
    frames = max(1024, _BLOCK // sound.channels)
    while True:
        if cancelled():
            raise StoppedError(_("Stopped."))
        block = sound.read(frames, dtype="float32", always_2d=True)
        if not len(block):
            return
        yield np.ascontiguousarray(block[:, 0] if sound.channels == 1 else block.mean(axis=1, dtype=np.float32))


def _check_file(file: Path) -> None:
    try:
        size = file.stat().st_size if file.is_file() else -1
    except (OSError, ValueError) as error:
        raise _unreadable(file, str(error)) from error
    if size < 0:
        raise InputError(
            _("There is no file {name}.").format(name=file.name),
            _("Choose the recording again: it may have been moved or renamed."),
            str(file),
        )
    if size == 0:
        raise InputError(_("The file {name} is empty.").format(name=file.name), _("Choose another recording."))


def _check_header(file: Path, sound: Any) -> None:
    if not _RATES[0] <= sound.samplerate <= _RATES[1]:
        raise _unreadable(file, f"{sound.samplerate} Hz")
    _check_length(file, sound.frames / sound.samplerate)


def _check_length(file: Path, seconds: float) -> None:
    # A second more is no reason to refuse: players round.
    if seconds > MOST_SECONDS + 1:
        raise InputError(
            _("The recording {name} is {minutes:.0f} minutes long; the studio takes up to {most:.0f}.").format(
                name=file.name, minutes=seconds / 60, most=MOST_SECONDS / 60
            ),
            _("Cut it into shorter files."),
        )


def _check_sound(file: Path, samples: Array, rate: int) -> None:
    seconds = len(samples) / rate
    if not len(samples):
        raise InputError(
            _("There is no sound in the file {name}.").format(name=file.name), _("Choose another recording.")
        )
    if seconds < LEAST_SECONDS:
        raise InputError(
            _("The recording {name} is too short: {milliseconds:.0f} milliseconds.").format(
                name=file.name, milliseconds=seconds * 1000
            ),
            _("Choose a longer recording."),
        )
    loudest = float(np.abs(samples).max())
    if not np.isfinite(loudest):
        raise _unreadable(file, "samples that are no numbers")
    if loudest < SILENCE:
        raise InputError(
            _("The recording {name} is silent.").format(name=file.name),
            _("Check the microphone, or choose another recording."),
            f"peak {loudest:.2g} of full scale",
        )


def _stated_seconds(sound: Any) -> float:
    """How long a WAV file is by its header where that is more than is there; 0 where it is whole, or nobody knows."""
    found = _CUT_SHORT.search(sound.extra_info)
    if found is None or not len(sound):
        return 0.0
    stated, there = int(found[1]), int(found[2])
    # Programs that write as they record state the most there can be.
    if stated > 0x7FFF_0000 or stated <= there:
        return 0.0
    return float(stated / there * sound.frames / sound.samplerate)


def _ends_early(seconds: float, stated: float) -> tuple[str, ...]:
    return (
        _("The file is damaged after {read:.1f} of {stated:.1f} seconds; only what comes before was used.").format(
            read=seconds, stated=stated
        ),
    )


def _unreadable(file: Path, detail: str) -> InputError:
    return InputError(
        _("The file {name} can't be read as sound.").format(name=file.name),
        _("It may be damaged or of another kind. These work: {kinds}.").format(kinds=_KINDS),
        detail,
    )
