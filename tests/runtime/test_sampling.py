"""Distributions are those of transformers' logits processors on the same scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from studio.domain.errors import StudioError
from studio.runtime.sampling import Sampler, SamplingSettings

_PROMPT = [3, 5, 7, 5, 7, 9, 5]


def _logits(size: int = 5000, seed: int = 0) -> Any:
    return (np.random.default_rng(seed).standard_normal(size) * 4).astype(np.float32)


def _softmax(scores: Any) -> Any:
    weights = np.exp(scores.astype(np.float64) - scores.max())
    return weights / weights.sum()


def _by_transformers(logits: Any, settings: SamplingSettings) -> Any:
    import torch
    from transformers import LogitsProcessorList
    from transformers.generation import logits_process as lp

    processors = LogitsProcessorList()
    if settings.repetition_penalty != 1.0:
        processors.append(lp.RepetitionPenaltyLogitsProcessor(settings.repetition_penalty))
    if settings.no_repeat_ngram_size:
        processors.append(lp.NoRepeatNGramLogitsProcessor(settings.no_repeat_ngram_size))
    if settings.temperature != 1.0:
        processors.append(lp.TemperatureLogitsWarper(settings.temperature))
    if settings.top_k:
        processors.append(lp.TopKLogitsWarper(settings.top_k))
    if settings.top_p < 1.0:
        processors.append(lp.TopPLogitsWarper(settings.top_p))
    if settings.min_p:
        processors.append(lp.MinPLogitsWarper(settings.min_p))
    scores = processors(torch.tensor([_PROMPT]), torch.tensor(logits[None].copy()))
    return torch.softmax(scores.double(), -1)[0].numpy()


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "settings",
    [
        SamplingSettings(temperature=1.0),
        SamplingSettings(temperature=0.3),
        SamplingSettings(temperature=1.7, top_k=40),
        SamplingSettings(temperature=1.0, top_k=1),
        SamplingSettings(temperature=1.0, top_p=0.9),
        # So flat that the likeliest 1024 tokens do not reach top_p.
        SamplingSettings(temperature=5.0, top_p=0.99),
        SamplingSettings(temperature=0.8, top_p=0.05),
        SamplingSettings(temperature=1.0, min_p=0.1),
        SamplingSettings(temperature=1.0, repetition_penalty=1.3),
        SamplingSettings(temperature=1.0, repetition_penalty=0.7),
        SamplingSettings(temperature=1.0, no_repeat_ngram_size=2),
        SamplingSettings(temperature=0.7, top_k=50, top_p=0.8, min_p=0.02, repetition_penalty=1.1),
    ],
    ids=str,
)
def test_distribution_is_that_of_transformers(settings: SamplingSettings, seed: int) -> None:
    logits = _logits(seed=seed)
    before = logits.copy()
    ours = _softmax(Sampler(settings, _PROMPT).adjust(logits))
    np.testing.assert_allclose(ours, _by_transformers(logits, settings), atol=1e-5)
    np.testing.assert_array_equal(logits, before)


def test_small_vocabularies_keep_at_least_the_best() -> None:
    settings = SamplingSettings(temperature=1.0, top_k=100, top_p=0.0, min_p=1.0)
    assert Sampler(settings, []).choose(_logits(8)) == int(_logits(8).argmax())


def test_greedy_takes_the_best_and_the_first_of_equals() -> None:
    assert Sampler(SamplingSettings(), []).choose(np.array([1, 4, 4, 2], np.float32)) == 1


def test_penalty_counts_what_was_chosen() -> None:
    sampler = Sampler(SamplingSettings(repetition_penalty=2.0), [])
    logits = np.array([3.0, 2.0, 1.4, -1.0], np.float32)
    assert [sampler.choose(logits) for _ in range(3)] == [0, 1, 0]


def test_no_phrase_comes_twice() -> None:
    sampler = Sampler(SamplingSettings(no_repeat_ngram_size=2), [0, 1, 0])
    assert sampler.choose(np.array([1.0, 3.0, 2.0], np.float32)) == 2


def test_seed_repeats_the_draw_and_another_does_not() -> None:
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(SamplingSettings(temperature=1.0, seed=seed), [])
        return [sampler.choose(_logits()) for _ in range(20)]

    assert drawn(4) == drawn(4)
    assert drawn(4) != drawn(5)
    assert drawn(-1) != drawn(-1)


def test_draws_follow_the_distribution() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    sampler = Sampler(SamplingSettings(temperature=1.0, seed=1), [])
    counts = np.bincount([sampler.choose(logits) for _ in range(4000)], minlength=3) / 4000
    np.testing.assert_allclose(counts, [0.5, 0.3, 0.2], atol=0.03)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_no_numbers_are_an_error_and_not_an_answer(temperature: float) -> None:
    logits = _logits(10)
    logits[4] = np.nan
    with pytest.raises(StudioError, match="no numbers"):
        Sampler(SamplingSettings(temperature=temperature), []).choose(logits)
