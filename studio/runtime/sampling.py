"""Choosing the next token from a decoder's scores: greedy, or drawn after the usual adjustments.

The adjustments and their order are those of transformers' logits processors, so that the distributions agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.domain.running import Options
from studio.runtime.session import Array, not_numbers

#: With top-p alone, so many best tokens are looked at first; sorting a vocabulary of 150 000 takes longer than some
#: models take to write a token.
_LIKELY = 1024


@dataclass(frozen=True)
class SamplingSettings:
    """How the next token is chosen. Each default leaves the scores as they are.

    Attributes:
        temperature: Scores are divided by it; 0 takes the best token always.
        top_k: Only so many best tokens; 0 means all.
        top_p: Only the fewest best tokens whose probabilities sum to it (Holtzman et al. 2020, nucleus sampling).
        min_p: Only tokens at least so probable, relative to the best (Nguyen et al. 2024).
        repetition_penalty: Above 1 makes tokens of the prompt and the answer less likely (Keskar et al. 2019).
        no_repeat_ngram_size: No sequence of so many tokens comes twice; 0 allows it.
        seed: Of the draw; below 0 a fresh one each time.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    seed: int = 0

    @classmethod
    def of(cls, options: Options) -> SamplingSettings:
        """The settings among a task's options."""
        return cls(**{name: options[name] for name in cls.__dataclass_fields__ if name in options})


class Sampler:
    """Chooses the tokens of one answer.

    Args:
        settings: How.
        prompt: Token ids of the prompt, which the repetition penalty and the n-gram rule count as written.
    """

    def __init__(self, settings: SamplingSettings, prompt: Sequence[int]) -> None:
        self._settings = settings
        self._ids = list(prompt)
        self._seen = np.unique(np.asarray(self._ids, np.int64))
        self._generator = np.random.default_rng(None if settings.seed < 0 else settings.seed)
        self._plain = settings.repetition_penalty == 1.0 and settings.no_repeat_ngram_size == 0
        self._greedy = settings.temperature <= 0.0

    def choose(self, logits: Array) -> int:
        """The next token id.

        Args:
            logits: The model's scores, shape ``(vocabulary,)``, float32; left as they are.

        Raises:
            StudioError: The model computed no valid numbers.
        """
        if self._greedy:
            chosen = int((logits if self._plain else self.ruled(logits)).argmax())
            # argmax gives the place of a NaN where there is one.
            if logits[chosen] != logits[chosen]:
                raise not_numbers()
        else:
            chosen = self._draw(self.adjust(logits))
        self.take(chosen)
        return chosen

    def take(self, token: int) -> None:
        """Count a token as written."""
        if not self._plain:
            self._ids.append(token)
            self._seen = np.union1d(self._seen, [token])

    def adjust(self, logits: Array) -> Array:
        """The scores that are drawn from: softmax of them is the distribution; ``-inf`` where a token is ruled out."""
        settings = self._settings
        scores = self.ruled(logits) / np.float32(settings.temperature)
        if 0 < settings.top_k < len(scores):
            scores[scores < np.partition(scores, -settings.top_k)[-settings.top_k]] = -np.inf
        if settings.top_p < 1.0:
            scores = _nucleus(scores, settings.top_p)
        if settings.min_p > 0.0:
            # A probability relative to the best is the difference of the scores, without the sum.
            scores[scores < scores.max() + np.log(settings.min_p)] = -np.inf
        return scores

    def ruled(self, logits: Array) -> Array:
        """The scores after the repetition penalty and the n-gram rule, before temperature and cut-offs; a copy."""
        settings = self._settings
        scores: Array = logits.astype(np.float32)
        if settings.repetition_penalty != 1.0:
            before = scores[self._seen]
            factor = np.float32(settings.repetition_penalty)
            scores[self._seen] = np.where(before < 0, before * factor, before / factor)
        if settings.no_repeat_ngram_size:
            scores[_completing(self._ids, settings.no_repeat_ngram_size)] = -np.inf
        return scores

    def _draw(self, scores: Array) -> int:
        kept = np.flatnonzero(scores > -np.inf)
        weights = np.exp((scores[kept] - scores.max()).astype(np.float64))
        sums = np.cumsum(weights)
        if not len(kept) or not np.isfinite(sums[-1]):
            raise not_numbers()
        place = np.searchsorted(sums, self._generator.random() * sums[-1], side="right")
        return int(kept[min(place, len(kept) - 1)])


def _nucleus(scores: Array, top_p: float) -> Array:
    weights = np.exp((scores - scores.max()).astype(np.float64))
    weights /= weights.sum()
    order = np.argpartition(-weights, _LIKELY)[:_LIKELY] if len(weights) > _LIKELY else np.arange(len(weights))
    if weights[order].sum() < top_p:
        order = np.arange(len(weights))
    order = order[np.argsort(-weights[order], kind="stable")]
    # A token stays while those before it have not reached top_p; the best always does.
    before = np.cumsum(weights[order]) - weights[order]
    kept = order[before < top_p] if top_p > 0 else order[:1]
    result = np.full_like(scores, -np.inf)
    result[kept] = scores[kept]
    return result


def _completing(ids: Sequence[int], size: int) -> list[int]:
    """Tokens that would complete a sequence of ``size`` tokens that is there already."""
    if len(ids) + 1 < size:
        return []
    start = tuple(ids[len(ids) - size + 1 :])
    return [ids[i + size - 1] for i in range(len(ids) - size + 1) if tuple(ids[i : i + size - 1]) == start]
