"""Explains a text that was written: how likely each word was, what else could have stood there, and what it leaned on.

Nothing is written again: the answer stays as it is, and the model says how likely each of its tokens is when a word of
the source is missing ("teacher forcing"). So it works for any model that writes, whatever its graph shows of itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.attribution import Force, Forced, WriteOut, WrittenOut, WrittenPiece
from studio.domain.conversation import with_system
from studio.domain.errors import InputError
from studio.domain.explanation import Part, Step, Token, parts_of, parts_within, remaining
from studio.domain.i18n import _
from studio.domain.running import Inputs, Options
from studio.domain.task import Message, Task
from studio.services.explaining_asking import Asked, Asking, Shown
from studio.services.explaining_methods import Weighed
from studio.services.explaining_text import no_words

_MOST_PARTS = 40
#: Words of an answer; a longer one is explained up to there.
_MOST_STEPS = 160
#: Sources that the worker gets at a time, at least and at most: progress is told between, and the worker asks about
#: several at the same time where it has the processors for that.
_TOGETHER, _MOST_TOGETHER = 4, 8
_LEAST = 1e-12


@dataclass(frozen=True)
class _Block:
    """A part of the source that is read by itself, or one message of what is read.

    Attributes:
        text: What stands there.
        first: Place of its first part among all.
        parts: Its parts, with their places in ``text``.
    """

    text: str
    first: int
    parts: tuple[Part, ...]

    def without(self, left_out: frozenset[int]) -> str:
        gone = [part for place, part in enumerate(self.parts, self.first) if place in left_out]
        return remaining(self.text, gone) if gone else self.text


@dataclass(frozen=True)
class _Word:
    """A word of the answer: its tokens are those from ``first`` to ``last`` (exclusive) of a piece."""

    text: str
    start: int
    end: int
    piece: int
    first: int
    last: int


class WrittenGame:
    """See `studio.services.explaining_asking.Game`. The score is the geometric mean of the tokens' probabilities."""

    def __init__(self, task: Task, inputs: Inputs, asking: Asking) -> None:
        self._asking, self._main = asking, task.inputs[0].name
        self._inputs, self._options = _as_read(self._main, inputs, asking.options)
        written = asking.reply(WriteOut(self._inputs, self._options))
        asking.tick(1)
        assert isinstance(written, WrittenOut)
        self._pieces = tuple(piece for piece in written.pieces if len(piece.ids) > piece.ended)
        #: Whether each piece was read from a stretch of its own: a translation goes sentence by sentence.
        self._by_piece = any(piece.source for piece in self._pieces)
        self.answer = written.text
        self._words = _words(written.text, self._pieces)[:_MOST_STEPS]
        if not self._words:
            raise InputError(_("Nothing was written that could be explained."))
        texts = self._source_texts()
        split = parts_within(texts, _MOST_PARTS)
        firsts = [sum(map(len, split[:place])) for place in range(len(split))]
        self._blocks = tuple(map(_Block, texts, firsts, split))
        self._text, starts = _placed(texts, str(self._inputs[self._main]) if self._by_piece else "")
        self.parts = tuple(
            Part(part.text, part.start + start, part.end + start)
            for start, parts in zip(starts, split, strict=True)
            for part in parts
        )
        if not self.parts:
            raise no_words()
        self._base = tuple(tuple(token.probability for token in _spoken(piece)) for piece in self._pieces)
        self.whole = self._asked(self._base)

    def ask(self, left_out: Sequence[frozenset[int]]) -> list[Asked]:
        """See `studio.services.explaining_asking.Game.ask`."""
        found = []
        size = min(_MOST_TOGETHER, max(_TOGETHER, self._asking.threads))
        for start in range(0, len(left_out), size):
            batch = left_out[start : start + size]
            by_piece = [self._forced(number, batch) for number in range(len(self._pieces))]
            found += [self._asked([piece[place] for piece in by_piece]) for place in range(len(batch))]
            self._asking.tick(len(batch))
        return found

    def shown(self) -> Shown:
        """The source; `steps` needs the weights."""
        return Shown(self._text)

    def steps(self, weighed: Weighed) -> tuple[Step, ...]:
        """The words of the answer with what they leaned on."""
        return tuple(
            Step(word.text, word.start, word.end, probability, self._tokens(word), weights)
            for word, probability, weights in zip(self._words, self.whole.steps, weighed.steps, strict=True)
        )

    def _tokens(self, word: _Word) -> tuple[Token, ...]:
        return self._pieces[word.piece].tokens[word.first : word.last]

    def _forced(self, number: int, left_out: Sequence[frozenset[int]]) -> list[tuple[float, ...]]:
        """For each choice of parts, the probabilities of the tokens of one piece."""
        piece = self._pieces[number]
        own = [self._source(number, each) for each in left_out]
        asked = tuple(source for source in own if source is not None)
        if not asked:
            return [self._base[number]] * len(own)
        ids = piece.ids[: len(self._base[number])]
        reply = self._asking.reply(Force(asked, self._options, ids))
        assert isinstance(reply, Forced)
        found = iter(reply.probabilities)
        return [self._base[number] if source is None else next(found) for source in own]

    def _source(self, number: int, left_out: frozenset[int]) -> Inputs | None:
        """What is read for a piece without some parts; None where it has none of them."""
        if self._by_piece:
            block = self._blocks[number]
            if left_out.isdisjoint(range(block.first, block.first + len(block.parts))):
                return None
            return {**self._inputs, self._main: block.without(left_out)}
        if not left_out:
            return None
        texts = [block.without(left_out) for block in self._blocks]
        if isinstance(self._inputs[self._main], str):
            return {**self._inputs, self._main: texts[0]}
        changed = tuple(
            Message(message.role, text) for message, text in zip(self._inputs[self._main], texts, strict=True)
        )
        return {**self._inputs, self._main: changed}

    def _source_texts(self) -> list[str]:
        if self._by_piece:
            return [piece.source for piece in self._pieces]
        value: Any = self._inputs[self._main]
        return [value] if isinstance(value, str) else [message.content for message in value]

    def _asked(self, probabilities: Sequence[Sequence[float]]) -> Asked:
        logs = [math.log(max(value, _LEAST)) for piece in probabilities for value in piece]
        steps = tuple(math.prod(probabilities[word.piece][word.first : word.last]) for word in self._words)
        return Asked(math.exp(sum(logs) / len(logs)), self.answer, steps)


def _as_read(main: str, inputs: Inputs, options: Options) -> tuple[Inputs, Options]:
    """What the model reads, with nothing of it among the options: the prompt filled in, the system prompt a message."""
    if "template" in options:
        from studio.tasks._prompted import prompt_of

        return {**inputs, main: prompt_of(inputs, options), "variables": ()}, {**options, "template": "{{text}}"}
    if "system" in options and not isinstance(inputs[main], str):
        messages = tuple(with_system(list(inputs[main]), str(options["system"] or "")))
        return {**inputs, main: messages}, {**options, "system": ""}
    return inputs, options


def _spoken(piece: WrittenPiece) -> tuple[Token, ...]:
    """The tokens of a piece without the one that ends it."""
    return piece.tokens[: len(piece.tokens) - piece.ended]


def _placed(texts: Sequence[str], whole: str) -> tuple[str, list[int]]:
    """The text that is shown, and where in it each block begins: the whole text where all are found in it."""
    starts, at = [], 0
    for text in texts:
        at = whole.find(text, at)
        if at < 0:
            break
        starts.append(at)
        at += len(text)
    else:
        if whole:
            return whole, starts
    starts = []
    at = 0
    for text in texts:
        starts.append(at)
        at += len(text) + 2
    return "\n\n".join(texts), starts


def _words(answer: str, pieces: Sequence[WrittenPiece]) -> list[_Word]:
    """The words of an answer with their tokens; what stands between words goes by itself."""
    words = parts_of(answer, len(answer) + 1)
    found: list[_Word] = []
    at = 0
    for number, piece in enumerate(pieces):
        tokens = _spoken(piece)
        body = "".join(token.text for token in tokens)
        place = answer.find(body.strip()[:20], at)
        at = max(place, at) - (len(body) - len(body.lstrip()))
        first = 0
        open_word: int | None = None
        for place, token in enumerate(tokens):
            start, at = at, at + len(token.text)
            text = token.text.strip()
            if not text:
                continue
            begin = start + len(token.text) - len(token.text.lstrip())
            if begin >= len(answer):
                break
            word = next((i for i, part in enumerate(words) if part.start <= begin < part.end), None)
            last = min(begin + len(text), len(answer))
            if word is not None and word == open_word and found and found[-1].piece == number:
                known = found[-1]
                found[-1] = _Word(answer[known.start : last], known.start, last, number, known.first, place + 1)
            else:
                found.append(_Word(answer[begin:last], begin, last, number, first, place + 1))
            open_word, first = word, place + 1
    return found
