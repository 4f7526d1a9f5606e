"""A small wav2vec2 for eight thousand samples a second, whose ears begin as those of a telephone engineer.

The first convolution begins as a bank of Gabor filters spaced on the mel scale, four phases for each band, and the
second adds the phases up: learning this from three voices would take longer than everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from speech_data import RATE, WORDS, Clip
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

#: A word is one token; between two stands the delimiter.
VOCABULARY = {"<pad>": 0, "<unk>": 1, "|": 2, **{word: place + 3 for place, word in enumerate(WORDS)}}
DELIMITER = VOCABULARY["|"]
#: Samples from one moment to the next, and the first sample that counts as the middle of moment 0.
STEP, MIDDLE = 160, 260
_BANDS, _PHASES, _WINDOW, _HOP = 40, 4, 200, 80
_WIDTH = 96


def make_model(clips: Sequence[Clip]) -> Wav2Vec2ForCTC:
    """A model that knows nothing yet but how to hear; ``clips`` say how loud each band is."""
    config = Wav2Vec2Config(
        vocab_size=len(VOCABULARY),
        hidden_size=_WIDTH,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=288,
        conv_dim=(_PHASES * _BANDS, _WIDTH, _WIDTH),
        conv_stride=(_HOP, 1, 2),
        conv_kernel=(_WINDOW, 3, 3),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=15,
        num_conv_pos_embedding_groups=8,
        feat_extract_norm="layer",
        conv_bias=True,
        do_stable_layer_norm=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
        ctc_loss_reduction="mean",
        ctc_zero_infinity=True,
        mask_time_prob=0.05,
        mask_time_length=4,
        mask_feature_prob=0.05,
        mask_feature_length=12,
        layerdrop=0.0,
        final_dropout=0.05,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
    )
    model = Wav2Vec2ForCTC(config)
    first, second = (model.wav2vec2.feature_extractor.conv_layers[place].conv for place in (0, 1))
    with torch.no_grad():
        filters = _filters()
        sound = torch.from_numpy(np.concatenate([normalised(clip.wave) for clip in clips[::10]]))
        heard = torch.nn.functional.conv1d(sound[None, None], filters, stride=_HOP)[0]
        loudness = heard.reshape(_BANDS, _PHASES, -1).pow(2).mean((1, 2)).sqrt()
        first.weight.copy_(filters / loudness.repeat_interleave(_PHASES)[:, None, None])
        mixed = torch.randn(_WIDTH, _BANDS, 3) / (3 * _BANDS) ** 0.5
        second.weight.copy_(mixed.repeat_interleave(_PHASES, 1) / 2)
        first.bias.zero_()
        second.bias.zero_()
    return model


def normalised(samples: Any) -> Any:
    """As the model's feature extractor prepares a recording."""
    return ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32)


def _filters() -> torch.Tensor:
    """Gabor filters, shape ``(bands * phases, 1, window)``, each of unit energy."""
    edges = _hertz(np.linspace(_mel(80), _mel(3900), _BANDS + 2))
    at = np.arange(_WINDOW) / RATE
    at = at - at.mean()
    filters = np.zeros((_PHASES * _BANDS, 1, _WINDOW), np.float32)
    for band in range(_BANDS):
        width = (edges[band + 2] - edges[band]) / 2
        spread = min(1 / (np.pi * width), 0.006)
        envelope = np.exp(-(at**2) / (2 * spread**2)) * np.hanning(_WINDOW)
        for phase in range(_PHASES):
            wave = envelope * np.cos(2 * np.pi * edges[band + 1] * at + phase * np.pi / 2)
            filters[_PHASES * band + phase, 0] = wave / np.sqrt((wave**2).sum())
    return torch.from_numpy(filters)


def _mel(hertz: Any) -> Any:
    return 2595 * np.log10(1 + hertz / 700)


def _hertz(mels: Any) -> Any:
    return 700 * (10 ** (mels / 2595) - 1)
