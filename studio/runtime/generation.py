"""Writing an answer token by token, and showing it as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.domain.conversation import StopStrings
from studio.domain.prediction import FinishReason
from studio.runtime.causal import Decoder
from studio.runtime.sampling import Sampler
from studio.runtime.tokenization import StreamDecoder, Tokenizer


class AnswerText:
    """The text of an answer that is being written: whole characters only, nothing of a stop string.

    Attributes:
        first_s: When the first text came, by ``time.perf_counter``; None before.
    """

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str], show: Callable[[str], None]) -> None:
        self._stream = StreamDecoder(tokenizer)
        self._stops = StopStrings(stops)
        self._show = show
        self._pieces: list[str] = []
        self.first_s: float | None = None

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def push(self, token_id: int) -> bool:
        """Add a token; true once the text has reached a stop string."""
        piece = self._stream.push(token_id)
        if piece:
            self._give(self._stops.push(piece))
        return self._stops.hit

    def finish(self) -> bool:
        """Give out what was held back; true where that completes a stop string after all."""
        piece = self._stream.finish()
        self._give(self._stops.push(piece) if piece else "")
        if not self._stops.hit:
            self._give(self._stops.finish())
        return self._stops.hit

    def _give(self, piece: str) -> None:
        if not piece:
            return
        if self.first_s is None:
            self.first_s = time.perf_counter()
        self._pieces.append(piece)
        self._show(piece)


@dataclass(frozen=True)
class Written:
    """What `write` wrote.

    Attributes:
        ids: Generated token ids, the end token included where there was one.
        finish_reason: See `studio.domain.prediction.FinishReason`.
    """

    ids: tuple[int, ...]
    finish_reason: FinishReason


def write(
    decoder: Decoder,
    prompt: Sequence[int],
    sampler: Sampler,
    ends: frozenset[int],
    limit: int,
    answer: AnswerText,
    cancelled: Callable[[], bool],
) -> Written:
    """Read a prompt and write the answer.

    Args:
        decoder: Its cache holds what comes before ``prompt``.
        prompt: Token ids that are not in the cache yet; at least one.
        sampler: Chooses the tokens.
        ends: Token ids that end the answer.
        limit: Most tokens to write; at least one.
        answer: Hears each token.
        cancelled: Asked before each step.
    """
    ids: list[int] = []
    reason: FinishReason = "length"
    scores = decoder.read(prompt, cancelled)
    while True:
        if scores is None or cancelled():
            reason = "cancelled"
            break
        token = sampler.choose(scores)
        ids.append(token)
        if token in ends or answer.push(token):
            reason = "stop"
            break
        if len(ids) >= limit:
            break
        scores = decoder.read((token,))
    if answer.finish() and reason == "length":
        reason = "stop"
    return Written(tuple(ids), reason)
