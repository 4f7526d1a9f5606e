"""What a model answered, by kind of output, and how long each part took."""

from __future__ import annotations

from dataclasses import dataclass
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
