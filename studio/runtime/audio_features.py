"""What speech models read: normalised samples (wav2vec2 and its like) or a log-mel spectrogram (Whisper).

Equal to transformers' feature extractors within 1e-4, in numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled
from studio.runtime.folder import number

Array = npt.NDArray[Any]

#: Frames of a spectrogram that are computed at once.
_FRAMES = 3000
#: Power below this counts as none.
_LEAST_POWER = np.float32(1e-10)


@dataclass(frozen=True)
class WaveSettings:
    """``preprocessor_config.json`` of a model that reads samples.

    Attributes:
        rate: Samples a second.
        normalise: Whether each recording is brought to zero mean and unit variance.
        padding: What fills shorter recordings of a batch.
        mask: Whether the model was trained with a mask for what is filled.
    """

    rate: int = 16_000
    normalise: bool = True
    padding: float = 0.0
    mask: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> WaveSettings:
        """Those of a configuration; what it leaves out is as transformers has it."""
        return cls(
            number(config, "sampling_rate") or cls.rate,
            bool(config.get("do_normalize", True)),
            float(config.get("padding_value") or 0.0),
            bool(config.get("return_attention_mask", False)),
        )


def normalised(samples: Array) -> Array:
    """Zero mean and unit variance, float32, shape ``(n,)``."""
    mean = samples.mean()
    result: Array = (samples - mean) / np.sqrt(samples.var() + 1e-7)
    return result.astype(np.float32, copy=False)


@dataclass(frozen=True)
class MelSettings:
    """``preprocessor_config.json`` of a Whisper model.

    Attributes:
        rate: Samples a second.
        bands: Mel bands: 80, or 128 for Whisper large v3.
        window: Samples that a frame looks at.
        hop: Samples from one frame to the next.
        seconds: Length of what the model reads at once.
        normalise: Whether samples are brought to zero mean and unit variance first.
    """

    rate: int = 16_000
    bands: int = 80
    window: int = 400
    hop: int = 160
    seconds: int = 30
    normalise: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> MelSettings:
        """Those of a configuration; what it leaves out is as transformers has it."""
        return cls(
            number(config, "sampling_rate") or cls.rate,
            number(config, "feature_size") or cls.bands,
            number(config, "n_fft") or cls.window,
            number(config, "hop_length") or cls.hop,
            number(config, "chunk_length") or cls.seconds,
            config.get("do_normalize") is True,
        )

    @property
    def samples(self) -> int:
        """Samples that the model reads at once."""
        return self.seconds * self.rate

    @property
    def frames(self) -> int:
        """Frames that the model reads at once."""
        return self.samples // self.hop


def log_mel(samples: Array, settings: MelSettings, cancelled: Callable[[], bool] = never_cancelled) -> Array:
    """Log-mel spectrogram of a recording.

    Args:
        samples: Shape ``(n,)``, at the settings' rate. What is shorter than the model reads at once is filled up with
            silence, what is longer is kept whole.
        settings: See `MelSettings`.
        cancelled: Asked now and then.

    Returns:
        float32, shape ``(bands, frames)``.

    Raises:
        StoppedError: It was cancelled.
    """
    if settings.normalise:
        samples = normalised(samples)
    total = max(len(samples), settings.samples)
    frames = total // settings.hop
    half = settings.window // 2
    # Frames that see nothing but the silence it is filled up with need no computing.
    heard = frames if total == len(samples) else min(frames, -(-(len(samples) + half) // settings.hop))
    padded = np.pad(np.pad(samples, (0, total - len(samples))), half, mode="reflect").astype(np.float32, copy=False)
    windows = np.lib.stride_tricks.sliding_window_view(padded, settings.window)[:: settings.hop]
    hann = np.hanning(settings.window + 1)[:-1].astype(np.float32)
    filters = mel_filters(settings.bands, settings.window, settings.rate)
    result = np.full((settings.bands, frames), np.log10(_LEAST_POWER), np.float32)
    for start in range(0, heard, _FRAMES):
        if cancelled():
            raise StoppedError(_("Stopped."))
        end = min(start + _FRAMES, heard)
        spectrum = np.fft.rfft(windows[start:end] * hann, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
        result[:, start:end] = np.log10(np.maximum(filters @ power.T, _LEAST_POWER))
    np.maximum(result, result.max() - np.float32(8.0), out=result)
    result += np.float32(4.0)
    result /= np.float32(4.0)
    return result


@lru_cache(maxsize=4)
def mel_filters(bands: int, window: int, rate: int) -> Array:
    """Triangular filters on Slaney's mel scale, each of the same area; float32, shape ``(bands, window // 2 + 1)``."""
    frequencies = np.linspace(0, rate // 2, window // 2 + 1)
    edges = _hertz(np.linspace(_mel(0.0), _mel(8000.0), bands + 2))
    widths = np.diff(edges)
    slopes = edges[None, :] - frequencies[:, None]
    rising = -slopes[:, :-2] / widths[:-1]
    falling = slopes[:, 2:] / widths[1:]
    filters = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))
    result: Array = np.ascontiguousarray(filters.T.astype(np.float32))
    return result


#: Slaney's scale is linear up to 1000 Hz, where it reaches 15 mels, and logarithmic above.
_LINEAR = 200.0 / 3
_LOG_STEP = np.log(6.4) / 27.0


def _mel(hertz: float) -> float:
    return hertz / _LINEAR if hertz < 1000.0 else 15.0 + float(np.log(hertz / 1000.0)) / float(_LOG_STEP)


def _hertz(mels: Array) -> Array:
    result: Array = np.where(mels < 15.0, _LINEAR * mels, 1000.0 * np.exp(_LOG_STEP * (mels - 15.0)))
    return result
