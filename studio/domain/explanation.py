"""Why a model answered as it did: what each part of the input did to the score."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Words; Chinese, Japanese and Korean characters, which stand without spaces, one by one.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’][^\W_]+)*"
)


@dataclass(frozen=True)
class Part:
    """A stretch of the input.

    Attributes:
        text: What stands there.
        start: Where it begins, in characters.
        end: Where it ends.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Hint:
    """What would be answered without a part, where that is something else."""

    part: int
    answer: str


@dataclass(frozen=True)
class Faithfulness:
    """Whether the parts that count most really do: what taking them out does, against taking out any.

    DeYoung et al. 2020 (ERASER) call the first "comprehensiveness"; the curve is that of Samek et al. 2017.

    Attributes:
        shares: Shares of the parts that were taken out, ascending.
        by_weight: Score left when the heaviest go first.
        by_chance: The same in orders by chance, mean.
        advantage: Mean difference between both; above 0 the explanation says more than chance.
    """

    shares: tuple[float, ...]
    by_weight: tuple[float, ...]
    by_chance: tuple[float, ...]
    advantage: float


@dataclass(frozen=True)
class Explanation:
    """What each part of a text did to an answer.

    Attributes:
        answer: The answer that is explained: a label, or a number.
        score: Its score with the whole text: a probability, or the number.
        parts: The parts, in the order of the text.
        weights: By part: how much lower the score is without it; negative where it speaks against the answer.
        hints: Parts without which something else would be answered, the heaviest first.
        faithfulness: None where there are too few parts.
    """

    answer: str
    score: float
    parts: tuple[Part, ...]
    weights: tuple[float, ...]
    hints: tuple[Hint, ...] = ()
    faithfulness: Faithfulness | None = None


def parts_of(text: str, most: int) -> tuple[Part, ...]:
    """The words of a text; neighbours together where there are more than ``most``."""
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    size = -(-len(words) // most) if words else 1
    groups = [words[place : place + size] for place in range(0, len(words), size)]
    return tuple(Part(text[group[0][0] : group[-1][1]], group[0][0], group[-1][1]) for group in groups)


def without(text: str, parts: tuple[Part, ...]) -> str:
    """The text with some parts taken out, and no double spaces where they stood."""
    kept, at = [], 0
    for part in sorted(parts, key=lambda each: each.start):
        kept.append(text[at : part.start])
        at = part.end
    kept.append(text[at:])
    return " ".join("".join(kept).split())
