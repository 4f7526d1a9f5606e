"""What a text model chose from at each token of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import numpy as np

from studio.domain.attribution import WrittenPiece
from studio.domain.errors import InputError, StoppedError
from studio.domain.explanation import Alternative, Token
from studio.domain.i18n import _
from studio.domain.running import Placement
from studio.runtime.beam import largest
from studio.runtime.session import Array, not_numbers
from studio.runtime.tokenization import StreamDecoder, Tokenizer

#: How many of the likeliest tokens are told at each step.
ALTERNATIVES = 5
#: Tokens before a place that decide how the next one is written (a space, a half character).
_CONTEXT = 4

#: Scores from which a token is chosen, after the rules of the generation configuration; gets those before the rules
#: and the tokens that were written so far.
Ruled = Callable[[Array, Sequence[int]], Array]
_Source = TypeVar("_Source")
_Model = TypeVar("_Model")


def written_piece(
    tokenizer: Tokenizer, source: str, ids: Sequence[int], rows: Iterable[Array], ruled: Ruled, ends: frozenset[int]
) -> WrittenPiece:
    """An answer token by token, each with its probability and the likeliest ones in its place.

    Args:
        tokenizer: Of the answer.
        source: What was read for it.
        ids: The answer.
        rows: Scores in front of each token, shape ``(vocabulary,)``.
        ruled: See `Ruled`.
        ends: Tokens that end an answer.
    """
    stream = StreamDecoder(tokenizer)
    tokens: list[Token] = []
    for place, (token, row) in enumerate(zip(ids, rows, strict=True)):
        probabilities = _softmax(ruled(row, ids[:place]))
        best = largest(probabilities, min(ALTERNATIVES, len(probabilities)))
        alternatives = tuple(
            Alternative(_as_text(tokenizer, ids[:place], int(one), ends), float(probabilities[one]))
            for one in best
            if probabilities[one] > 0
        )
        text = "" if token in ends else stream.push(token)
        tokens.append(Token(text, float(probabilities[token]), alternatives))
    ended = bool(ids) and ids[-1] in ends
    rest = stream.finish()
    if rest and tokens:
        last = len(tokens) - 1 - ended
        if last >= 0:
            tokens[last] = Token(tokens[last].text + rest, tokens[last].probability, tokens[last].alternatives)
    return WrittenPiece(source, tuple(ids), tuple(tokens), ended)


def forced(ids: Sequence[int], rows: Iterable[Array], ruled: Ruled, cancelled: Callable[[], bool]) -> tuple[float, ...]:
    """The probability of each token of a given answer.

    Raises:
        StoppedError: It was cancelled.
    """
    found = []
    for place, (token, row) in enumerate(zip(ids, rows, strict=True)):
        if cancelled():
            raise stopped_explaining()
        found.append(float(_softmax(ruled(row, ids[:place]))[token]))
    return tuple(found)


def side_by_side(
    sources: Sequence[_Source],
    first: _Model,
    beside: Callable[[], _Model],
    most: int,
    ask: Callable[[_Model, _Source], tuple[float, ...]],
) -> tuple[tuple[float, ...], ...]:
    """What is answered to several sources, several at the same time on threads of their own.

    Each goes through the graph by itself, so that it gives to the last bit what it gives alone. In one run together
    it would not: where activations are quantized with one scale for all that is in a run, each answer would depend on
    its neighbours.

    Args:
        sources: What is asked about.
        first: Who answers.
        beside: Makes another who answers the same.
        most: How many answer at the same time.
        ask: Asks.
    """
    count = min(most, len(sources))
    if count < 2:
        return tuple(ask(first, source) for source in sources)
    free: SimpleQueue[_Model] = SimpleQueue()
    for model in (first, *(beside() for _other in range(count - 1))):
        free.put(model)

    def answer(source: _Source) -> tuple[float, ...]:
        model = free.get()
        try:
            return ask(model, source)
        finally:
            free.put(model)

    with ThreadPoolExecutor(count) as threads:
        return tuple(threads.map(answer, sources))


def at_once(placement: Placement) -> int:
    """How many sources may go through a graph at the same time: as many as it may use processors, on a processor."""
    return placement.threads if placement.providers[0] == "CPUExecutionProvider" else 1


def stopped_explaining() -> StoppedError:
    """The error for an explanation that the user stopped."""
    return StoppedError(_("Stopped before it was explained."))


def no_reply() -> InputError:
    """The error for a question that a kind of model has no reply to."""
    return InputError(_("This kind of model can't be explained in this way."), _("Choose another way to explain it."))


def _softmax(scores: Array) -> Array:
    best = scores.max()
    if not np.isfinite(best):
        raise not_numbers()
    x = np.exp(scores.astype(np.float64) - best)
    result: Array = x / x.sum()
    return result


def _as_text(tokenizer: Tokenizer, before: Sequence[int], token: int, ends: frozenset[int]) -> str:
    """What a token would have written behind others."""
    if token in ends:
        return ""
    context = list(before[-_CONTEXT:])
    start = tokenizer.decode(context)
    text = tokenizer.decode([*context, token])
    # Where the context ends inside a character, the token alone says more than a difference.
    written = text[len(start) :] if text.startswith(start) else ""
    return written or tokenizer.decode([token], False) or " "
