"""What Whisper's tokens say of time: the rules for writing them, and where one window ends and the next begins.

As in OpenAI's decoding and transformers' ``generate`` (4.57): times come in pairs around what was said, a window goes
on after the last pair, and what was begun behind it is heard again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from studio.runtime.score_rules import Rule
from studio.runtime.session import Array

#: Seconds of one step of a time token, and frames of a spectrogram in it.
STEP_S = 0.02
STEP_FRAMES = 2


@dataclass(frozen=True)
class Stretch:
    """A part of a window, with times in seconds from the window's beginning."""

    start_s: float
    end_s: float
    ids: tuple[int, ...]


def time_rule(first_time: int, end: int, begin: int, latest_start: int | None) -> Rule:
    """The rule for times: in pairs, never going back, and written where they are likelier than any word.

    Args:
        first_time: The token of 0 seconds; the one before it says that no times are wanted.
        end: The token that ends an answer; tokens below are words.
        begin: Tokens that the answer starts with.
        latest_start: Steps after which the first time can't lie; None for any.
    """

    def apply(scores: Array, ids: Sequence[int]) -> None:
        written = ids[begin:]
        scores[first_time - 1] = -np.inf
        last = bool(written) and written[-1] >= first_time
        before = len(written) < 2 or written[-2] >= first_time
        if last and before:
            scores[first_time:] = -np.inf
        elif last:
            scores[:end] = -np.inf
        times = [token for token in written if token >= first_time]
        if times:
            scores[first_time : times[-1] + (0 if last and not before else 1)] = -np.inf
        if not written:
            scores[:first_time] = -np.inf
            if latest_start is not None:
                scores[first_time + latest_start + 1 :] = -np.inf
        _prefer_times(scores, first_time)

    return apply


def _prefer_times(scores: Array, first_time: int) -> None:
    """Only times where they are, all together, likelier than the likeliest word."""
    highest = scores.max()
    if not np.isfinite(highest):
        return
    logs = scores.astype(np.float32) - highest
    times = logs[first_time:]
    top = times.max(initial=-np.inf)
    if not np.isfinite(top):
        return
    together = top + np.log(np.exp(times - top).sum())
    if together > logs[:first_time].max():
        scores[:first_time] = -np.inf


def stretches_of(ids: Sequence[int], first_time: int, frames: int) -> tuple[list[Stretch], int]:
    """What a window's answer is made of, and how many frames on the next window begins.

    Args:
        ids: Tokens of the answer, without the one that ends it.
        first_time: The token of 0 seconds.
        frames: Frames of sound in the window.
    """
    is_time = [token >= first_time for token in ids]
    cuts = [place + 1 for place, (one, next_one) in enumerate(pairwise(is_time)) if one and next_one]
    single_end = is_time[-2:] == [False, True]
    if not cuts:
        times = [token for token in ids if token >= first_time]
        end = times[-1] - first_time if times and times[-1] != first_time else frames // STEP_FRAMES
        return [Stretch(0.0, end * STEP_S, tuple(ids))], frames
    if single_end:
        cuts.append(len(ids))
    else:
        # The last time belongs to the stretch, so that its end is known.
        cuts[-1] += 1
    found, start = [], 0
    for cut in cuts:
        part = ids[start:cut]
        closing = part[-1] if cut != cuts[-1] or single_end else part[-2]
        found.append(Stretch((part[0] - first_time) * STEP_S, (closing - first_time) * STEP_S, tuple(part)))
        start = cut
    if single_end:
        return found, frames
    # Nothing is certain behind the last pair: the next window begins there.
    return found, (ids[start - 2] - first_time) * STEP_FRAMES or frames
