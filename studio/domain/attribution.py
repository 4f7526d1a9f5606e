"""What an open model is asked so that its answer can be explained, where running it again is not enough."""

from __future__ import annotations

from dataclasses import dataclass

from studio.domain.explanation import Token
from studio.domain.running import Inputs, Options


@dataclass(frozen=True)
class WriteOut:
    """Write an answer, and keep how likely each token was; replied to with `WrittenOut`."""

    inputs: Inputs
    options: Options


@dataclass(frozen=True)
class WrittenPiece:
    """What was written for one stretch that was read at once.

    Attributes:
        source: What was read: a sentence of the text, or all of it.
        ids: Token ids of what was written, the end token included where there is one.
        tokens: One for each of ``ids``.
        ended: Whether the last of them only ends the answer.
    """

    source: str
    ids: tuple[int, ...]
    tokens: tuple[Token, ...]
    ended: bool


@dataclass(frozen=True)
class WrittenOut:
    """An answer with what it was chosen from.

    Attributes:
        text: The answer.
        pieces: It in the stretches that were read at once.
    """

    text: str
    pieces: tuple[WrittenPiece, ...]


@dataclass(frozen=True)
class Force:
    """Say how likely each token of a given answer is, for several inputs; replied to with `Forced`.

    Attributes:
        sources: The inputs, each read at once.
        options: The task's options.
        ids: Token ids of the answer, see `WrittenPiece`.
    """

    sources: tuple[Inputs, ...]
    options: Options
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Forced:
    """By input and token of the answer, the token's probability behind those before it."""

    probabilities: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Gradients:
    """Weigh the tokens of a text by integrated gradients; replied to with `TokenWeights`.

    Attributes:
        inputs: What was asked.
        options: The task's options.
        answer: The label that is explained; empty for the likeliest, and for a number.
    """

    inputs: Inputs
    options: Options
    answer: str = ""


@dataclass(frozen=True)
class TokenWeights:
    """What each token did.

    Attributes:
        answer: The answer: a label, or a number.
        score: Its score: a probability, or the number.
        places: First and last (exclusive) character of each token.
        weights: What each token added to the score.
        completeness: How far the weights are from adding up to the whole change, as a share of it.
    """

    answer: str
    score: float
    places: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]
    completeness: float


#: What can be asked, and what is replied.
Question = WriteOut | Force | Gradients
Reply = WrittenOut | Forced | TokenWeights
