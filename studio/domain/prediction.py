"""What a model answered, by kind of output, and how long each part took."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


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
        chosen: The label or labels predicted: the best one, or with ``multi_label`` all at or above 0.5.
    """

    scores: tuple[LabelScore, ...]
    multi_label: bool = False

    @property
    def chosen(self) -> tuple[str, ...]:
        if self.multi_label:
            return tuple(s.label for s in self.scores if s.score >= 0.5)
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
    """

    text: str
    token_ids: tuple[int, ...]
    prompt_tokens: int
    finish_reason: FinishReason

    @property
    def output_tokens(self) -> int:
        return len(self.token_ids)


Output = Labels | GeneratedText


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
    """

    end_s: float
    first_text_s: float | None = None
    streamed: bool = True


@dataclass(frozen=True)
class Prediction:
    """One answer.

    Attributes:
        output: What was answered.
        timing: How long it took inside the worker.
        notices: Plain sentences the user must see: what was cut, trimmed or replaced, and how much of it.
    """

    output: Output
    timing: Timing
    notices: tuple[str, ...] = ()
