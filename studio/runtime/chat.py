"""Conversations with a decoder, and plain continuation where the model has no chat template."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from studio.domain.attribution import Force, Forced, Question, Reply, WriteOut, WrittenOut
from studio.domain.characters import clean_text
from studio.domain.conversation import (
    answer_room,
    context_full_notice,
    fit,
    folded_notice,
    prompt_room,
    stop_ids,
    with_system,
)
from studio.domain.prediction import GeneratedText, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.runtime.causal import Decoder, open_decoder
from studio.runtime.chat_template import ChatTemplate
from studio.runtime.explaining import (
    Ruled,
    at_once,
    forced,
    no_reply,
    side_by_side,
    stopped_explaining,
    written_piece,
)
from studio.runtime.folder import number, read_json
from studio.runtime.generation import AnswerText, write
from studio.runtime.sampling import Sampler, SamplingSettings
from studio.runtime.session import Array
from studio.runtime.tokenization import Tokenizer

#: What caches of conversations that are read at the same time may take together.
_CACHES_BYTES = 512_000_000


class ChatModel:
    """An open chat model; see `studio.domain.running.Runner`.

    The cache of the last run stays: when the next conversation goes on where that one ended, only what is new is
    read. A conversation that is run again is read again, so that the time to the first word is that of a fresh one.
    """

    def __init__(self, spec: LoadSpec) -> None:
        self._tokenizer = Tokenizer.open(spec.folder)
        self._template = ChatTemplate.open(spec.folder, self._tokenizer)
        config = read_json(spec.folder, "config.json")
        special = {token: self._tokenizer.id_of(token) for token in self._tokenizer.special_tokens}
        self._ends = stop_ids(
            (read_json(spec.folder, "generation_config.json"), config),
            {token: token_id for token, token_id in special.items() if token_id is not None},
            self._tokenizer.special_id("eos_token"),
            self._template.source,
        )
        limits = (number(config, "max_position_embeddings", "n_positions", "n_ctx"), self._tokenizer.max_tokens)
        self._context = min((limit for limit in limits if limit), default=None)
        self._decoder = open_decoder(spec)
        self._cached_messages: list[Message] = []
        self._cached_ids: list[int] = []

    @property
    def placement(self) -> Placement:
        return self._decoder.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer the last message of a conversation; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        messages = _conversation(inputs, options)
        asked = max(1, int(options.get("max_new_tokens") or 1))
        ids, notices = self._prompt(messages, asked)
        room = answer_room(self._context, len(ids), asked)
        kept = self._continued(messages, ids)
        self._cached_messages, self._cached_ids = [], []
        self._decoder.start(kept, len(ids) + room)
        answer = AnswerText(self._tokenizer, tuple(options.get("stop") or ()), on_text)
        sampler = Sampler(SamplingSettings.of(options), ids)
        written = write(self._decoder, ids[kept:], sampler, self._ends, room, answer, cancelled)
        self._cached_messages = messages
        self._cached_ids = [*ids, *written.ids][: self._decoder.length]
        if written.finish_reason == "length" and room < asked:
            notices = (*notices, context_full_notice(self._context or 0))
        output = GeneratedText(answer.text, written.ids, len(ids), written.finish_reason)
        first_s = None if answer.first_s is None else answer.first_s - began
        return Prediction(output, Timing(time.perf_counter() - began, first_s), notices)

    def prompt_ids(self, inputs: Inputs, options: Options) -> list[int]:
        """Token ids of the prompt that `run` would read."""
        return self._prompt(_conversation(inputs, options), max(1, int(options.get("max_new_tokens") or 1)))[0]

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> Array:
        """The scores from which each token of a given answer would be chosen, for checking a conversion.

        Returns:
            Shape ``(len(answer), vocabulary)``, float32.
        """
        self._cached_messages, self._cached_ids = [], []
        return np.stack([scores.copy() for scores in _forced(self._decoder, prompt, answer)])

    def explain(self, question: Question, cancelled: Callable[[], bool]) -> Reply:
        """See `studio.domain.running.ExplainingRunner`. Probabilities are those before temperature and cut-offs."""
        if isinstance(question, WriteOut):
            output = self.run(question.inputs, question.options, ignore_text, cancelled).output
            assert isinstance(output, GeneratedText)
            if cancelled():
                raise stopped_explaining()
            prompt, ids = self.prompt_ids(question.inputs, question.options), output.token_ids
            self._cached_messages, self._cached_ids = [], []
            rows, ruled = _forced(self._decoder, prompt, ids), _ruled(question.options, prompt)
            piece = written_piece(self._tokenizer, "", ids, rows, ruled, self._ends)
            return WrittenOut(output.text, (piece,) if ids else ())
        if isinstance(question, Force):
            prompts = [self.prompt_ids(inputs, question.options) for inputs in question.sources]

            def ask(decoder: Decoder, prompt: Sequence[int]) -> tuple[float, ...]:
                rows = _forced(decoder, prompt, question.ids)
                return forced(question.ids, rows, _ruled(question.options, prompt), cancelled)

            self._cached_messages, self._cached_ids = [], []
            longest = max(map(len, prompts), default=0) + len(question.ids)
            room = _CACHES_BYTES // max(1, self._decoder.cache_bytes(longest))
            most = min(at_once(self.placement), max(1, room))
            return Forced(side_by_side(prompts, self._decoder, self._decoder.beside, most, ask))
        raise no_reply()

    def _prompt(self, messages: Sequence[Message], asked: int) -> tuple[list[int], tuple[str, ...]]:
        fitted = fit(messages, self._encode, self._tokenizer.keep_end, prompt_room(self._context, asked))
        notices = fitted.notices
        if not self._template.takes_system(messages):
            notices = (folded_notice(), *notices)
        return fitted.ids, notices

    def _encode(self, messages: Sequence[Message]) -> list[int]:
        text = self._template.render(messages)
        return self._tokenizer.encode(text, add_special_tokens=not self._template.adds_special_tokens).ids

    def _continued(self, messages: Sequence[Message], ids: Sequence[int]) -> int:
        """How many tokens of the cache begin this prompt, when it goes on with the cached conversation."""
        before = self._cached_messages
        if not self._decoder.resumes or not before or len(messages) <= len(before) or messages[: len(before)] != before:
            return 0
        same = 0
        # At least one token is left to read: its scores choose the first of the answer.
        for old, new in zip(self._cached_ids, ids[:-1], strict=False):
            if old != new:
                break
            same += 1
        return same


def _forced(decoder: Decoder, prompt: Sequence[int], answer: Sequence[int]) -> Iterator[Array]:
    """Scores in front of each token of a given answer, each valid until the next."""
    decoder.start(0, len(prompt) + len(answer))
    for read in (prompt, *((token,) for token in answer[:-1])):
        scores = decoder.read(read, never_cancelled)
        assert scores is not None  # nothing cancels it
        yield scores


def _conversation(inputs: Inputs, options: Options) -> list[Message]:
    messages = [Message(message.role, clean_text(message.content)) for message in inputs["messages"]]
    return with_system(messages, clean_text(options.get("system") or ""))


def _ruled(options: Options, prompt: Sequence[int]) -> Ruled:
    sampler = Sampler(SamplingSettings.of(options), prompt)

    def ruled(scores: Array, written: Sequence[int]) -> Array:
        if written:
            sampler.take(written[-1])
        return sampler.ruled(scores)

    return ruled
