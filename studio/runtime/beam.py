"""Beam search: the likeliest answer among those that a few of the likeliest beginnings lead to.

Step by step what transformers' ``generate`` does (4.57, ``_beam_search``), with its length penalty and its three ways
to stop, so that the same scores give the same tokens. Scores are float32, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.domain.prediction import FinishReason
from studio.runtime.encoder_decoder import EncoderDecoder
from studio.runtime.score_rules import GenerationSettings, Rule
from studio.runtime.session import Array, not_numbers

#: What stands for "impossible" in scores that are still added to.
_NEVER = np.float32(-1e9)
#: Vocabularies are scanned in blocks of so many scores.
_BLOCK = 64


@dataclass(frozen=True)
class Answer:
    """What a search wrote.

    Attributes:
        ids: New token ids, the end token included where there is one.
        finish_reason: See `studio.domain.prediction.FinishReason`.
    """

    ids: tuple[int, ...]
    finish_reason: FinishReason


@dataclass(frozen=True)
class _Beam:
    ids: tuple[int, ...]
    score: np.float32
    finished: bool


def beam_search(
    model: EncoderDecoder, settings: GenerationSettings, rules: Sequence[Rule], cancelled: Callable[[], bool]
) -> Answer:
    """Search for the best answer to the sentence that ``model`` has read.

    Args:
        model: Its `read` was called.
        settings: ``num_beams`` is at least 2.
        rules: See `studio.runtime.score_rules.rules_of`.
        cancelled: Asked before each step; once true, the best answer so far is returned.
    """
    width, begin = settings.num_beams, len(settings.start)
    longest = begin + settings.limit
    keep = max(2, 1 + len(settings.ends)) * width
    running = [_Beam(settings.start, np.float32(0) if i == 0 else _NEVER, False) for i in range(width)]
    best = [_Beam(settings.start, _NEVER, False) for _ in range(width)]
    improvable = True
    # All beams begin alike, so the first step is computed once, in one row.
    scores = np.repeat(model.first(settings.start), width, axis=0)
    rows = np.zeros(width, np.int64)
    while True:
        candidates = _continuations(scores, running, rules, keep)
        length = len(running[0].ids) + 1
        ended = [beam.ids[-1] in settings.ends or length >= longest for _row, beam in candidates]

        # What has ended goes on only where nothing else is left.
        sunk = [
            float(beam.score + np.float32(end) * _NEVER) for (_row, beam), end in zip(candidates, ended, strict=True)
        ]
        order = sorted(range(len(sunk)), key=lambda place: -sunk[place])[:width]
        running = [_Beam(candidates[place][1].ids, np.float32(sunk[place]), False) for place in order]

        best = _merged(best, candidates, ended, settings, length - begin, improvable)
        improvable = improvable and _may_improve(best, running[0].score, settings, length - begin)
        full = all(beam.finished for beam in best)
        if not improvable or (full and settings.early_stopping is True) or all(ended):
            return _answer(best[0], begin, settings, cancelled=False)
        if cancelled():
            found = best[0] if best[0].finished else running[0]
            return _answer(found, begin, settings, cancelled=True)
        model.reorder(rows * [candidates[place][0] for place in order])
        rows = np.ones(width, np.int64)
        scores = model.step([beam.ids[-1] for beam in running])


def _continuations(
    scores: Array, running: Sequence[_Beam], rules: Sequence[Rule], keep: int
) -> list[tuple[int, _Beam]]:
    """The best continuations of all beams, best first, each with the row it goes on from."""
    scores = _log_softmax(scores)
    if np.isnan(scores[:, 0]).any():
        # A NaN or an infinity anywhere in a row is in its sum, and so in all of it.
        raise not_numbers()
    for row, beam in zip(scores, running, strict=True):
        for rule in rules:
            rule(row, beam.ids)
    scores += np.asarray([beam.score for beam in running], np.float32)[:, None]
    vocabulary = scores.shape[1]
    found = []
    for place in largest(scores.reshape(-1), keep):
        row, token = divmod(int(place), vocabulary)
        found.append((row, _Beam((*running[row].ids, token), scores[row, token], False)))
    return found


def _merged(
    best: Sequence[_Beam],
    candidates: Sequence[tuple[int, _Beam]],
    ended: Sequence[bool],
    settings: GenerationSettings,
    new_tokens: int,
    improvable: bool,
) -> list[_Beam]:
    """The best finished answers, after those that have just finished."""
    full = settings.early_stopping is True and all(beam.finished for beam in best)
    penalty = np.float32(new_tokens**settings.length_penalty)
    new = []
    for place, ((_row, beam), end) in enumerate(zip(candidates, ended, strict=True)):
        finished = end and place < settings.num_beams
        # Added one by one in float32, as transformers does: what is ruled out sinks, and sinks deeper for each reason.
        score = np.float32(beam.score / penalty)
        for reason in (full, not improvable, not finished):
            score = score + np.float32(reason) * _NEVER
        new.append(_Beam(beam.ids, score, finished))
    return sorted([*best, *new], key=lambda beam: -beam.score)[: settings.num_beams]


def _may_improve(best: Sequence[_Beam], running: np.float32, settings: GenerationSettings, new_tokens: int) -> bool:
    """Whether a running beam may still beat the worst finished answer, by the estimate the settings name."""
    hopeful = settings.early_stopping == "never" and settings.length_penalty > 0.0
    length = settings.limit if hopeful else new_tokens
    possible = np.float32(running / np.float32(length**settings.length_penalty))
    worst = min(beam.score for beam in best)
    return any(possible > (worst if beam.finished else _NEVER) for beam in best)


def _answer(beam: _Beam, begin: int, settings: GenerationSettings, cancelled: bool) -> Answer:
    ids = beam.ids[begin:]
    reason: FinishReason = "cancelled" if cancelled else finish_reason(ids, settings)
    return Answer(ids, reason)


def finish_reason(ids: Sequence[int], settings: GenerationSettings) -> FinishReason:
    """Why an answer ended: an end token that the limit forced in the last place is no end of its own."""
    ended = bool(ids) and ids[-1] in settings.ends
    forced = bool(settings.forced_last) and len(ids) >= settings.limit
    return "stop" if ended and not forced else "length"


def _log_softmax(scores: Array) -> Array:
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def largest(values: Array, count: int) -> Array:
    """Places of the ``count`` largest values, largest first; of equal ones the earlier first.

    Args:
        values: Shape ``(n,)``, without NaN.
        count: At most n.
    """
    blocks = len(values) // _BLOCK
    if blocks > 4 * count:
        # A value among the largest is at least as large as the count-th largest maximum of a block.
        maxima = values[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        least = np.partition(maxima, blocks - count)[blocks - count]
        places = np.flatnonzero(values >= least)
    else:
        places = np.arange(len(values))
    order = np.argsort(-values[places], kind="stable")[:count]
    chosen: Array = places[order]
    return chosen
