"""Answers that stand in a document word for word, by models trained on SQuAD: BERT, DistilBERT, RoBERTa, MiniLM, …

Scores are those of transformers' ``question-answering`` pipeline: softmax of the start and of the end over each window,
their product for each span, equal answers added up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain.characters import clean_text
from studio.domain.classification import longest_text
from studio.domain.errors import ModelFolderError, StoppedError
from studio.domain.extractive import (
    COLLECTED,
    FIDELITY_DOCUMENT,
    MOST_TOKENS,
    Candidate,
    Windows,
    best_answer,
    can_decline,
    in_whole_words,
    reading_notices,
    stretches_to_read,
)
from studio.domain.i18n import _
from studio.domain.passages import Stretch
from studio.domain.prediction import Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.runtime.folder import files_of, number, read_json
from studio.runtime.padding import padded
from studio.runtime.session import Array, not_numbers, open_session
from studio.runtime.tokenization import Tokenizer

#: Tokens that go through the graph at once: more is no faster on a processor, and stopping waits for it.
_BATCH_TOKENS = 1024
#: Spans taken of each window, as the pipeline takes them for `COLLECTED` answers.
_SPANS = 2 * COLLECTED + 10


class _Text:
    """Question and text as tokens. The library makes a new list each time it is asked for one, so they are kept here.

    Attributes:
        ids: Token ids, special tokens included.
        type_ids: Segment of each token.
        first: Place of the first token of the text.
        count: Tokens of the text.
        offsets: Where each token of ``ids`` stands in its text, in characters.
    """

    def __init__(self, encoded: Any) -> None:
        belongs = encoded.sequence_ids
        self.ids: list[int] = encoded.ids
        self.type_ids: list[int] = encoded.type_ids
        self.count = belongs.count(1)
        self.first = belongs.index(1) if self.count else len(belongs) - 1
        self.offsets: list[tuple[int, int]] = encoded.offsets
        self._words: list[int | None] = encoded.word_ids
        self._places: dict[int, tuple[int, int]] = {}
        for place in range(self.first, self.first + self.count):
            word, (begin, end) = self._words[place], self.offsets[place]
            if word is not None:
                known = self._places.get(word, (begin, end))
                self._places[word] = (known[0], end)

    def windows(self, limit: int) -> list[_Window]:
        """The parts in which the text is read behind the question."""
        head, tail = slice(self.first), slice(self.first + self.count, None)
        found = []
        for start, end in Windows.beside(len(self.ids) - self.count, limit).of(self.count):
            part = slice(self.first + start, self.first + end)
            ids = self.ids[head] + self.ids[part] + self.ids[tail]
            types = self.type_ids[head] + self.type_ids[part] + self.type_ids[tail]
            found.append(_Window(ids, types, (self.first, self.first + end - start), start))
        return found

    def characters(self, window: _Window, first: int, last: int, context: str) -> tuple[int, int]:
        """Where a span of tokens stands in the text, widened to whole words, as far as the window has them."""
        begin, end = self.offsets[window.moved + first][0], self.offsets[window.moved + last][1]
        words = self._words[window.moved + first], self._words[window.moved + last]
        if words[0] is None or words[1] is None or not in_whole_words(context[begin:end]):
            return begin, end
        from_token, to_token = window.context
        return (
            max(self._places[words[0]][0], self.offsets[window.moved + from_token][0]),
            min(self._places[words[1]][1], self.offsets[window.moved + to_token - 1][1]),
        )


@dataclass(frozen=True)
class _Window:
    """A part of a text as the model reads it, behind the question.

    Attributes:
        ids: Token ids, special tokens included.
        type_ids: Segment of each token.
        context: First and last (exclusive) token of the text among them.
        moved: How much further back a token of the text stands among those of question and whole text.
    """

    ids: list[int]
    type_ids: list[int]
    context: tuple[int, int]
    moved: int


class ExtractiveReader:
    """An open reader; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self._tokenizer = Tokenizer.open(folder)
        graph = folder / files_of(folder, spec.precision).roles["model"]
        self._session = open_session(graph, spec.provider, spec.threads)
        self._wanted = set(self._session.input_names)
        self._outputs = _start_and_end(self._session.output_names, graph.name)
        positions = number(config, "max_position_embeddings", "n_positions")
        limit = longest_text(config, positions, self._tokenizer.max_tokens)
        self._limit = min(limit or MOST_TOKENS, MOST_TOKENS)
        self._pad_id = self._tokenizer.special_id("pad_token") or number(config, "pad_token_id") or 0
        self._cls_id = self._tokenizer.special_id("cls_token")
        self._can_decline = can_decline(folder)

    @property
    def placement(self) -> Placement:
        return self._session.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer one question from a document; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        question, document = inputs["question"].strip(), inputs["document"]
        read = stretches_to_read(document, question, options["passages"])
        found: list[Candidate] = []
        nothing: list[float] = []
        for stretch in read:
            candidates, for_none = self._read(question, document, stretch, options["max_answer_tokens"], cancelled)
            found += candidates
            nothing.append(for_none)
        # Only where every passage says so does the document have no answer.
        none = min(nothing) if self._can_decline and not options["always_answer"] else None
        answer = best_answer(document, found, none, options["least_score"])
        return Prediction(answer, Timing(time.perf_counter() - began), reading_notices(document, read))

    def logits(self, question: str) -> Array:
        """The raw scores of a question about a fixed text, start and end, shape ``(2, tokens)``."""
        first = self._text(question, FIDELITY_DOCUMENT).windows(self._limit)[0]
        start, end = self._session.run(self._feeds([first]), self._outputs)
        return np.concatenate([start, end]).astype(np.float32)

    def _read(
        self, question: str, document: str, stretch: Stretch, longest: int, cancelled: Callable[[], bool]
    ) -> tuple[list[Candidate], float]:
        """Answers in a part of the document, and the score for there being none."""
        context = stretch.of(document)
        text = self._text(question, context)
        found: dict[str, Candidate] = {}
        nothing = 1.0
        for window, start, end in self._scored(text.windows(self._limit), cancelled):
            starts, ends = self._probabilities(window, start), self._probabilities(window, end)
            nothing = min(nothing, float(starts[0] * ends[0]))
            for first, last, score in _best_spans(starts, ends, window.context, longest):
                begin, stop = text.characters(window, first, last, context)
                words = context[begin:stop].lower()
                # The same words elsewhere count for the answer, at the place where they were found first.
                known = found.get(words) or Candidate(begin + stretch.start, stop + stretch.start, 0.0)
                found[words] = Candidate(known.start, known.end, known.score + score)
        best = sorted(found.values(), key=lambda candidate: -candidate.score)
        return best[:COLLECTED], nothing

    def _text(self, question: str, context: str) -> _Text:
        """Both as tokens; ``clean_text`` keeps the number of characters."""
        return _Text(self._tokenizer.inner.encode(clean_text(question), clean_text(context)))

    def _scored(
        self, windows: Sequence[_Window], cancelled: Callable[[], bool]
    ) -> Iterator[tuple[_Window, Array, Array]]:
        """Each window with the scores of its tokens."""
        together = max(1, _BATCH_TOKENS // max(len(window.ids) for window in windows))
        for place in range(0, len(windows), together):
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            batch = windows[place : place + together]
            starts, ends = self._session.run(self._feeds(batch), self._outputs)
            if not (np.isfinite(starts).all() and np.isfinite(ends).all()):
                raise not_numbers()
            for window, start, end in zip(batch, starts, ends, strict=True):
                yield window, start[: len(window.ids)], end[: len(window.ids)]

    def _feeds(self, batch: Sequence[_Window]) -> dict[str, Array]:
        return {name: array for name, array in padded(batch, self._pad_id).items() if name in self._wanted}

    def _probabilities(self, window: _Window, scores: Array) -> Array:
        """Softmax over the text and the first token, which stands for "no answer"."""
        x = scores.astype(np.float64)
        allowed = np.zeros(len(x), bool)
        allowed[slice(*window.context)] = True
        if self._cls_id is not None:
            allowed |= np.asarray(window.ids) == self._cls_id
        x = np.where(allowed, x, -np.inf)
        e = np.exp(x - x.max())
        result: Array = e / e.sum()
        return result


def _best_spans(starts: Array, ends: Array, context: tuple[int, int], longest: int) -> Iterator[tuple[int, int, float]]:
    """The likeliest spans of the text: first token, last token, probability."""
    begin, stop = context
    if stop <= begin:
        return
    start, end = starts[begin:stop], ends[begin:stop]
    count = len(start)
    # One row for each length: none of the spans that are too long or run backwards is ever made.
    spans = np.zeros((min(longest, count), count))
    for more in range(len(spans)):
        spans[more, : count - more] = start[: count - more] * end[more:]
    flat = spans.ravel()
    taken = min(_SPANS, np.count_nonzero(flat))
    for place in np.argsort(-flat, kind="stable")[:taken]:
        more, first = divmod(int(place), count)
        yield begin + first, begin + first + more, float(flat[place])


def _start_and_end(names: Sequence[str], graph: str) -> list[str]:
    if "start_logits" in names and "end_logits" in names:
        return ["start_logits", "end_logits"]
    if len(names) == 2:
        return list(names)
    raise ModelFolderError(
        _("{name} gives no beginning and end of an answer.").format(name=graph),
        _("It may be made for another use case."),
        f"outputs: {', '.join(names)}",
    )
