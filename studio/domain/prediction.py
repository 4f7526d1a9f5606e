"""What a model answered, by kind of output, and how long each part took."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from studio.domain.errors import Failure


@dataclass(frozen=True)
class LabelScore:
    """One label and its probability, 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True)
class Labels:
    """The answer of a classifier.

    Attributes:
        scores: Every label with its probability, best first. They sum to 1 unless ``multi_label``.
        multi_label: Whether labels are scored independently (sigmoid) rather than against each other (softmax).
        chosen: The label or labels predicted: the best one, or with ``multi_label`` all at or above 0.5 and those that
            were named without a score (NaN).
    """

    scores: tuple[LabelScore, ...]
    multi_label: bool = False

    @property
    def chosen(self) -> tuple[str, ...]:
        if self.multi_label:
            return tuple(s.label for s in self.scores if not s.score < 0.5)
        return (self.scores[0].label,) if self.scores else ()

    @property
    def text(self) -> str:
        return ", ".join(self.chosen)


#: Why a generation ended: the model said so (an end token or a stop string), the limit on new tokens or the
#: context was reached, or the user stopped it. Answers that ended differently are not comparable in length.
FinishReason = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True)
class GeneratedText:
    """The answer of a text generator.

    Attributes:
        text: The decoded answer, special tokens and stop strings removed.
        token_ids: The generated token ids, including the end token where there was one.
        prompt_tokens: Tokens the model read (encoder tokens for encoder-decoder models).
        finish_reason: See `FinishReason`.
        tokens: How many tokens were generated, where their ids are not known: an endpoint tells the number only.
    """

    text: str
    token_ids: tuple[int, ...]
    prompt_tokens: int
    finish_reason: FinishReason
    tokens: int = 0

    @property
    def output_tokens(self) -> int:
        """How many tokens were generated; 0 also where an endpoint does not tell."""
        return len(self.token_ids) or self.tokens


@dataclass(frozen=True)
class Passage:
    """A part of a document that was looked at for an answer.

    Attributes:
        text: What stands there.
        start: Where it begins in the document, in characters.
        end: Where it ends.
        score: How well it suits the question; higher is better, only comparable within one answer.
    """

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class FoundPassage:
    """An answer found in a document.

    Attributes:
        text: The answer, word for word as in the document; empty where none was found.
        score: How sure the model is, 0 to 1.
        start: Where it begins in the document, in characters; -1 where none was found.
        end: Where it ends.
        passages: What was looked at, best first.
    """

    text: str
    score: float
    start: int
    end: int
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A text of a collection that suits a query.

    Attributes:
        place: Its place in the collection, counted from 0.
        score: Cosine similarity to the query, -1 to 1.
    """

    place: int
    score: float


@dataclass(frozen=True)
class Theme:
    """Texts of a collection that say something alike.

    Attributes:
        name: A suggested name: words that are frequent in it and rare elsewhere.
        places: Places of its texts, the most typical first.
    """

    name: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Findings:
    """What an embedding model made of a query and a collection.

    Attributes:
        vector: Embedding of the query (or of the only text there was).
        hits: Texts of the collection that suit the query, best first; empty without a collection.
        themes: The collection in groups, the largest first; empty where none were asked for.
        points: Two coordinates for each text of the collection, 0 to 1, near where texts are alike; with ``themes``.
        texts: The collection.
    """

    vector: tuple[float, ...] = ()
    hits: tuple[Hit, ...] = ()
    themes: tuple[Theme, ...] = ()
    points: tuple[tuple[float, ...], ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The best hit, else the names of the themes."""
        if self.hits:
            return self.texts[self.hits[0].place]
        return ", ".join(theme.name for theme in self.themes)


@dataclass(frozen=True)
class Number:
    """A number that was predicted."""

    value: float

    @property
    def text(self) -> str:
        return f"{self.value:.4g}"


@dataclass(frozen=True)
class Segment:
    """A stretch of a recording and what is said in it; times in seconds from its beginning."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Transcript:
    """What is said in a recording.

    Attributes:
        text: All of it.
        audio_s: Length of the recording in seconds.
        segments: The same in pieces with times, where the model gives them.
        language: Code of the language that was heard or asked for; empty where the model does not tell.
    """

    text: str
    audio_s: float
    segments: tuple[Segment, ...] = ()
    language: str = ""


Output = Labels | GeneratedText | FoundPassage | Findings | Number | Transcript


@dataclass(frozen=True)
class OutputTable:
    """What a model answered to several inputs at once, where that is no `LabelTable`.

    Attributes:
        outputs: One for each input.
        notices: By place of the input, what the user must know.
    """

    outputs: tuple[Output, ...]
    notices: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def rows(self) -> tuple[Output, ...]:
        """The answers, one for each input."""
        return self.outputs


@dataclass(frozen=True)
class LabelTable:
    """What a classifier answered to several inputs at once, small enough to cross a process boundary often.

    Attributes:
        labels: All labels of the model, in the order of its scores.
        scores: float32, little-endian, one row of ``labels`` for each input.
        multi_label: See `Labels`.
        notices: By place of the input, what the user must know.
    """

    labels: tuple[str, ...]
    scores: bytes
    multi_label: bool = False
    notices: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def rows(self) -> tuple[Labels, ...]:
        """The answers, one for each input; equal scores keep the order of the labels."""
        numbers = array("f")
        numbers.frombytes(self.scores)
        if sys.byteorder == "big":
            numbers.byteswap()
        width = len(self.labels)
        found = []
        for start in range(0, len(numbers), width):
            row = numbers[start : start + width]
            order = sorted(range(width), key=lambda place: -row[place])
            scores = tuple(LabelScore(self.labels[place], row[place]) for place in order)
            found.append(Labels(scores, self.multi_label))
        return tuple(found)


@dataclass(frozen=True)
class Timing:
    """Seconds since the input was submitted to the runner, on a monotonic clock.

    Attributes:
        first_text_s: When the first non-empty text came (time to first token, TTFT); None where the output
            comes whole.
        end_s: When the answer was complete.
        streamed: Whether tokens came one after another. Not so with several beams, where each sentence comes whole:
            then the time from the first to the last says nothing about a rate.
        waited_s: How long it was not allowed to begin, before the time counted here: an endpoint's limits.
    """

    end_s: float
    first_text_s: float | None = None
    streamed: bool = True
    waited_s: float = 0.0


@dataclass(frozen=True)
class Usage:
    """Tokens that an endpoint counted for one answer, and asks to be paid for."""

    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Prediction:
    """One answer.

    Attributes:
        output: What was answered.
        timing: How long it took inside the worker.
        notices: Plain sentences the user must see: what was cut, trimmed or replaced, and how much of it.
        usage: Tokens as an endpoint counted them; None where nobody did.
    """

    output: Output
    timing: Timing
    notices: tuple[str, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True)
class PredictionTable:
    """What was answered to several inputs, each by itself: an answer or why there is none."""

    answers: tuple[Prediction | Failure, ...]
