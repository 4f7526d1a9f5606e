"""What a model's generation configuration rules out or favours, applied to the scores of the next token.

The rules and their order are those of transformers' logits processors, so that greedy and beam search choose alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain.running import Options
from studio.runtime.session import Array

#: Changes the scores of one row in place; gets the token ids written so far, start token included.
Rule = Callable[[Array, Sequence[int]], None]


@dataclass(frozen=True)
class GenerationSettings:
    """How an answer is written: the model's generation configuration, with the user's options over it.

    Attributes:
        start: What the decoder begins with.
        ends: Token ids that end an answer.
        limit: Most new tokens.
        num_beams: Beams of the search; 1 is greedy.
        length_penalty: Exponent of the length that a beam's score is divided by.
        early_stopping: ``True``, ``False`` or ``"never"``, as transformers has it.
        repetition_penalty: Above 1 makes tokens less likely that the answer has already.
        no_repeat_ngram_size: No sequence of so many tokens comes twice; 0 allows it.
        encoder_no_repeat_ngram_size: No sequence of so many tokens of the source comes again; 0 allows it.
        bad_words: Token sequences that never come.
        min_length: The answer, start token included, is at least so long.
        min_new_tokens: So many tokens at least.
        forced_first: Token that the answer begins with.
        forced_last: Tokens one of which is written last where the limit is reached.
        suppressed: Tokens that never come.
        suppressed_first: Tokens that don't come first.
    """

    start: tuple[int, ...]
    ends: frozenset[int]
    limit: int
    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: bool | str = False
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    encoder_no_repeat_ngram_size: int = 0
    bad_words: tuple[tuple[int, ...], ...] = ()
    min_length: int = 0
    min_new_tokens: int = 0
    forced_first: int | None = None
    forced_last: tuple[int, ...] = ()
    suppressed: tuple[int, ...] = ()
    suppressed_first: tuple[int, ...] = ()


#: Options of a task that replace a model's own value where the user set them.
_OPTIONS = ("num_beams", "length_penalty", "repetition_penalty", "no_repeat_ngram_size")


def settings_of(
    generation: Mapping[str, Any],
    options: Options,
    start: int,
    ends: frozenset[int],
    limit: int,
    forced_first: int | None,
) -> GenerationSettings:
    """Settings from a generation configuration and a task's options.

    Args:
        generation: ``generation_config.json``, or what stands for it in ``config.json``.
        options: Values of the task's options; None where the user set none.
        start: The decoder's start token.
        ends: Token ids that end an answer.
        limit: Most new tokens.
        forced_first: See `GenerationSettings`.
    """
    values = {name: generation.get(name) for name in _OPTIONS}
    values |= {name: options[name] for name in _OPTIONS if options.get(name) is not None}
    early = generation.get("early_stopping")
    return GenerationSettings(
        start=(start,),
        ends=ends,
        limit=limit,
        num_beams=int(values["num_beams"] or 1),
        length_penalty=1.0 if values["length_penalty"] is None else float(values["length_penalty"]),
        early_stopping="never" if early == "never" else bool(early),
        repetition_penalty=float(values["repetition_penalty"] or 1.0),
        no_repeat_ngram_size=int(values["no_repeat_ngram_size"] or 0),
        encoder_no_repeat_ngram_size=int(generation.get("encoder_no_repeat_ngram_size") or 0),
        bad_words=_bad_words(generation.get("bad_words_ids"), ends),
        min_length=int(generation.get("min_length") or 0),
        min_new_tokens=int(generation.get("min_new_tokens") or 0),
        forced_first=forced_first,
        forced_last=ids_of(generation.get("forced_eos_token_id")),
        suppressed=ids_of(generation.get("suppress_tokens")),
        suppressed_first=ids_of(generation.get("begin_suppress_tokens")),
    )


def _bad_words(value: object, ends: frozenset[int]) -> tuple[tuple[int, ...], ...]:
    words = [ids_of(word) for word in value] if isinstance(value, list) else []
    # The end of an answer is never ruled out this way.
    return tuple(word for word in words if word and not (len(word) == 1 and word[0] in ends))


def ids_of(value: object) -> tuple[int, ...]:
    """Token ids out of a configuration, which writes one, a list, or null."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    return tuple(item for item in value if isinstance(item, int)) if isinstance(value, list) else ()


def rules_of(settings: GenerationSettings, source: Sequence[int]) -> tuple[Rule, ...]:
    """The rules that these settings ask for, in order; most models need one or two.

    Args:
        settings: How to write.
        source: Token ids of the sentence that is translated.
    """
    begin, ends = len(settings.start), sorted(settings.ends)
    rules: list[Rule] = []
    if settings.repetition_penalty != 1.0:
        rules.append(_repetition(np.float32(settings.repetition_penalty)))
    if settings.no_repeat_ngram_size:
        rules.append(_no_repeat(settings.no_repeat_ngram_size))
    if settings.encoder_no_repeat_ngram_size:
        rules.append(_no_repeat(settings.encoder_no_repeat_ngram_size, source))
    never = sorted({word[0] for word in settings.bad_words if len(word) == 1})
    if never:
        rules.append(_without(never))
    rules += [_no_word(word) for word in settings.bad_words if len(word) > 1]
    least = max(settings.min_length, begin + settings.min_new_tokens)
    if least > begin and ends:
        rules.append(_while(lambda ids: len(ids) < least, _without(ends)))
    if settings.forced_first is not None:
        rules.append(_while(lambda ids: len(ids) == 1, _only([settings.forced_first])))
    if settings.forced_last:
        last = begin + settings.limit - 1
        rules.append(_while(lambda ids: len(ids) == last, _only(settings.forced_last)))
    if settings.suppressed:
        rules.append(_without(settings.suppressed))
    if settings.suppressed_first:
        place = begin if begin > 1 or settings.forced_first is None else begin + 1
        rules.append(_while(lambda ids: len(ids) == place, _without(settings.suppressed_first)))
    return tuple(rules)


def _while(condition: Callable[[Sequence[int]], bool], rule: Rule) -> Rule:
    def apply(scores: Array, ids: Sequence[int]) -> None:
        if condition(ids):
            rule(scores, ids)

    return apply


def _without(tokens: Sequence[int]) -> Rule:
    if len(tokens) == 1:
        token = tokens[0]

        def apply_one(scores: Array, _ids: Sequence[int]) -> None:
            scores[token] = -np.inf

        return apply_one
    places = np.asarray(tokens)

    def apply(scores: Array, _ids: Sequence[int]) -> None:
        scores[places] = -np.inf

    return apply


def _only(tokens: Sequence[int]) -> Rule:
    places = np.asarray(tokens)

    def apply(scores: Array, _ids: Sequence[int]) -> None:
        scores.fill(-np.inf)
        scores[places] = 0.0

    return apply


def _repetition(penalty: np.float32) -> Rule:
    def apply(scores: Array, ids: Sequence[int]) -> None:
        places = np.unique(np.asarray(ids))
        before = scores[places]
        scores[places] = np.where(before < 0, before * penalty, before / penalty)

    return apply


def _no_repeat(size: int, source: Sequence[int] | None = None) -> Rule:
    """No sequence of ``size`` tokens again that is in the answer, or in ``source``."""

    def apply(scores: Array, ids: Sequence[int]) -> None:
        text = ids if source is None else source
        if len(ids) + 1 < size:
            return
        begun = list(ids[len(ids) - size + 1 :])
        places = range(len(text) - size + 1)
        banned = [text[i + size - 1] for i in places if list(text[i : i + size - 1]) == begun]
        scores[banned] = -np.inf

    return apply


def _no_word(word: tuple[int, ...]) -> Rule:
    begun = list(word[:-1])

    def apply(scores: Array, ids: Sequence[int]) -> None:
        # As in transformers, a word as long as all that is written does not count yet.
        if len(word) <= len(ids) and list(ids[-len(begun) :]) == begun:
            scores[word[-1]] = -np.inf

    return apply
