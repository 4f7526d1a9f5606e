"""Greedy search: the likeliest token each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.runtime.beam import Answer, finish_reason
from studio.runtime.encoder_decoder import EncoderDecoder
from studio.runtime.score_rules import GenerationSettings, Rule
from studio.runtime.session import not_numbers


def greedy_search(
    model: EncoderDecoder,
    settings: GenerationSettings,
    rules: Sequence[Rule],
    write: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> Answer:
    """Answer what ``model`` has read.

    Args:
        model: Its `read` was called.
        settings: How to write.
        rules: See `studio.runtime.score_rules.rules_of`.
        write: Hears each token but the one that ends the answer.
        cancelled: Asked before each step; once true, what there is so far is returned.
    """
    ids = list(settings.start)
    begin, longest, ends = len(ids), len(ids) + settings.limit, settings.ends
    scores = model.first(ids)[0]
    while True:
        for rule in rules:
            rule(scores, ids)
        token = int(scores.argmax())
        # argmax gives the place of a NaN where there is one.
        if scores[token] != scores[token]:
            raise not_numbers()
        ids.append(token)
        if token in ends or len(ids) >= longest:
            break
        write(token)
        if cancelled():
            return Answer(tuple(ids[begin:]), "cancelled")
        scores = model.step((token,))[0]
    if token not in ends:
        write(token)
    return Answer(tuple(ids[begin:]), finish_reason(ids[begin:], settings))
