"""The microphone and the loudspeaker, through PortAudio.

Opening one may take long: that is no work for the window's thread.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.domain.errors import DeviceError, InputError, MissingDependencyError
from studio.domain.i18n import _
from studio.media.audio import MOST_SECONDS, read_audio

Array = npt.NDArray[Any]

#: How quickly the level falls behind a loud sound, a block of samples.
_FALL = 0.8


def _library() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: PortAudio itself is missing
        raise MissingDependencyError(
            _("Recording and playing need PortAudio, which is not on this computer."),
            _("On Linux: sudo apt-get install libportaudio2. Files can be chosen all the same."),
            str(error),
        ) from error
    return sounddevice


class Microphone:
    """Records until it is stopped.

    Raises:
        MissingDependencyError: PortAudio is not there.
        DeviceError: There is no microphone, or it can't be used.
    """

    def __init__(self) -> None:
        library = _library()
        self._blocks: list[Array] = []
        self._frames = 0
        self._level = 0.0
        self._lock = threading.Lock()
        try:
            device = library.query_devices(kind="input")
            self.rate = int(device["default_samplerate"])
            self._stream = library.InputStream(
                samplerate=self.rate, channels=1, dtype="float32", callback=self._on_block
            )
            self._stream.start()
        except (library.PortAudioError, ValueError, KeyError) as error:
            raise DeviceError(
                _("The microphone can't be used."),
                _("Connect one, and allow the studio to use it in the system's settings. Files work all the same."),
                str(error),
            ) from error

    @property
    def level(self) -> float:
        """How loud it is just now, 0 to 1."""
        return self._level

    @property
    def seconds(self) -> float:
        """How long it has recorded."""
        return self._frames / self.rate

    @property
    def full(self) -> bool:
        """Whether it is as long as a recording may be; nothing more is kept then."""
        return self.seconds >= MOST_SECONDS

    def stop(self) -> Array:
        """Stop; gives what was recorded, float32, shape ``(n,)``.

        Raises:
            InputError: There was nothing to record.
        """
        self.abandon()
        with self._lock:
            samples = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)
        if not len(samples):
            raise InputError(_("Nothing was recorded."), _("Record again, and wait for the level to move."))
        return samples

    def abandon(self) -> None:
        """Stop, and keep nothing of it."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _on_block(self, block: Array, _frames: int, _time: Any, _status: Any) -> None:
        """Called by PortAudio on a thread of its own."""
        if self.full:
            return
        samples = block[:, 0].copy()
        with self._lock:
            self._blocks.append(samples)
        self._frames += len(samples)
        self._level = max(float(np.abs(samples).max(initial=0.0)), self._level * _FALL)


class Playback:
    """Plays a recording from a place on.

    Args:
        path: Its file.
        start_s: Where to begin.

    Raises:
        InputError: The file can't be used.
        MissingDependencyError: PortAudio is not there.
        DeviceError: There is no loudspeaker, or it can't be used.
    """

    def __init__(self, path: str, start_s: float = 0.0) -> None:
        library = _library()
        self._stop_wanted = library.CallbackStop
        try:
            self._rate = int(library.query_devices(kind="output")["default_samplerate"])
            self._samples = read_audio(path, self._rate).samples
            self._at = min(int(start_s * self._rate), len(self._samples))
            self._stream = library.OutputStream(
                samplerate=self._rate, channels=1, dtype="float32", callback=self._on_block
            )
            self._stream.start()
        except (library.PortAudioError, ValueError, KeyError) as error:
            raise DeviceError(
                _("The recording can't be played: no loudspeaker can be used."),
                _("Connect one, or choose one in the system's settings."),
                str(error),
            ) from error

    @property
    def position_s(self) -> float:
        """What is played just now, in seconds from the recording's beginning."""
        return self._at / self._rate

    @property
    def ended(self) -> bool:
        """Whether all of it was played."""
        return self._at >= len(self._samples)

    def stop(self) -> None:
        """Be silent."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _on_block(self, block: Array, frames: int, _time: Any, _status: Any) -> None:
        """Called by PortAudio on a thread of its own."""
        part = self._samples[self._at : self._at + frames]
        block[: len(part), 0] = part
        block[len(part) :] = 0
        self._at += len(part)
        if len(part) < frames:
            raise self._stop_wanted
