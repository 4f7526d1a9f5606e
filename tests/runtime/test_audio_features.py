"""What speech models read equals what transformers' feature extractors compute."""

from __future__ import annotations

import numpy as np
import pytest

from studio.runtime.audio_features import MelSettings, WaveSettings, log_mel, normalised

RATE = 16_000


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("count", [900, 2 * RATE + 7, 30 * RATE, 41 * RATE + 123])
def test_log_mel_is_that_of_transformers(bands: int, count: int) -> None:
    from transformers import WhisperFeatureExtractor

    at = np.arange(count) / RATE
    noise = np.random.default_rng(1).normal(scale=0.01, size=count)
    samples = (0.3 * np.sin(2 * np.pi * (200 + 90 * at) * at) + noise).astype(np.float32)
    extractor = WhisperFeatureExtractor(feature_size=bands)
    whole = {"truncation": False, "padding": "longest"} if count > 30 * RATE else {}
    expected = extractor(samples, sampling_rate=RATE, return_tensors="np", **whole).input_features[0]
    found = log_mel(samples, MelSettings.of(extractor.to_dict()))
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4


def test_normalised_samples_are_those_of_transformers() -> None:
    from transformers import Wav2Vec2FeatureExtractor

    extractor = Wav2Vec2FeatureExtractor(sampling_rate=8000, return_attention_mask=True)
    samples = np.random.default_rng(1).normal(0.2, 0.1, 5000).astype(np.float32)
    expected = extractor(samples, sampling_rate=8000, return_tensors="np").input_values[0]
    assert np.abs(normalised(samples) - expected).max() < 1e-5
    assert WaveSettings.of(extractor.to_dict()) == WaveSettings(8000, normalise=True, padding=0.0, mask=True)
