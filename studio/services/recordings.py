"""Recordings as the window shows them, and those that are made with the microphone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.domain.errors import ProjectStorageError
from studio.domain.i18n import _
from studio.media.audio import read_audio
from studio.services.own_files import new_file
from studio.services.projects import own_folder

Array = npt.NDArray[Any]

#: Endings of files that are offered; what is in them is found out when they are read.
SOUND_FILES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".oga", ".aiff", ".aif")
#: Parts that an outline is made of.
_PARTS = 600
_SHOWN_RATE = 8_000


@dataclass(frozen=True)
class Outline:
    """What a recording looks like.

    Attributes:
        seconds: How long it is.
        size_bytes: Size of its file.
        peaks: The loudest sample of each of many equal parts, 0 to 1, the loudest of all being 1.
        notices: What the user must know.
    """

    seconds: float
    size_bytes: int
    peaks: tuple[float, ...]
    notices: tuple[str, ...] = ()


def outline(path: str) -> Outline:
    """What a recording looks like.

    Raises:
        InputError: It can't be used; see `studio.media.audio.read_audio`.
    """
    recording = read_audio(path, _SHOWN_RATE)
    samples = np.abs(recording.samples)
    edges = np.linspace(0, len(samples), min(_PARTS, len(samples)) + 1).astype(np.int64)[:-1]
    peaks = np.maximum.reduceat(samples, edges)
    peaks = peaks / max(float(peaks.max()), 1e-6)
    return Outline(recording.seconds, Path(path).stat().st_size, tuple(peaks.tolist()), recording.notices)


def keep_recorded(samples: Array, rate: int) -> Path:
    """Store what was recorded as a file beside the projects, which refer to it.

    Args:
        samples: float32, shape ``(n,)``.
        rate: Samples a second.

    Raises:
        ProjectStorageError: It could not be stored.
    """
    import soundfile

    try:
        path = new_file("recordings", ".flac")
        soundfile.write(str(path), samples, rate, subtype="PCM_16")
    except (OSError, soundfile.SoundFileError) as error:
        raise ProjectStorageError(
            _("The recording could not be stored in {folder}.").format(folder=own_folder() / "recordings"),
            _("Check that the disk has space and that you may write there."),
            str(error),
        ) from error
    return path
