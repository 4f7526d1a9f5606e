"""Why a model answered as it did: what each part of the input did to the score."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

#: Words; Chinese, Japanese and Korean characters, which stand without spaces, one by one.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’][^\W_]+)*"
)
_SPACES = re.compile(r"[^\S\n]{2,}")


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


#: What is explained. ``words``: a label or a number by the words of its text. ``steps``: a text that was written, word
#: by word. ``picture``: a label by the parts of a picture. ``passages``: an answer from a document. ``search``: why a
#: text was found.
Kind = Literal["words", "steps", "picture", "passages", "search"]
#: How weights were found: each part left out once; each part left out in every order (Shapley values, Lundberg and
#: Lee 2017, by sampled orders); or the gradient on the way from nothing to the text (Sundararajan et al. 2017).
Method = Literal["occlusion", "shapley", "integrated-gradients"]
METHODS: tuple[Method, ...] = ("occlusion", "shapley", "integrated-gradients")


@dataclass(frozen=True)
class Alternative:
    """A token that could have stood in a place of an answer.

    Attributes:
        text: What would have been written; empty for the end of the answer.
        probability: 0 to 1.
    """

    text: str
    probability: float


@dataclass(frozen=True)
class Token:
    """A token of an answer.

    Attributes:
        text: What it wrote; empty where it is a part of a character that a later token completes.
        probability: How likely it was when it was chosen, 0 to 1.
        alternatives: The likeliest tokens there, best first; the chosen one may be among them.
    """

    text: str
    probability: float
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class Step:
    """A word of a written answer.

    Attributes:
        text: The word.
        start: Where it begins in the answer, in characters.
        end: Where it ends.
        probability: Product of those of its tokens.
        tokens: What it was written with.
        weights: By part of the source: how much lower ``probability`` is without it.
    """

    text: str
    start: int
    end: int
    probability: float
    tokens: tuple[Token, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Grid:
    """How a picture was cut into parts, which stand row by row.

    Attributes:
        rows: Parts from top to bottom.
        columns: Parts from left to right.
        thumbnail: The picture, small: a JPEG as base64, so that the map can be drawn wherever the explanation goes.
    """

    rows: int
    columns: int
    thumbnail: str = ""


@dataclass(frozen=True)
class Considered:
    """A part of a document that was looked at for an answer.

    Attributes:
        text: What stands there.
        score: How well it suits, as the model judged it.
        chosen: Whether the answer stands in it.
        answer_without: What would be answered if it were not in the document; empty for none.
        score_without: The score of that answer.
    """

    text: str
    score: float
    chosen: bool
    answer_without: str
    score_without: float


@dataclass(frozen=True)
class Calibration:
    """How often a candidate was right when it was as sure as here, on the rows of an evaluation.

    Attributes:
        low: Least confidence of those rows, 0 to 1.
        high: Their highest.
        rows: How many there were.
        right: Share of them that was right.
        right_low: Lower end of the 95 % interval of ``right``.
        right_high: Its upper end.
    """

    low: float
    high: float
    rows: int
    right: float
    right_low: float
    right_high: float


@dataclass(frozen=True)
class Inside:
    """The PyTorch model whose gradients explain a candidate.

    Attributes:
        read_back: Whether its weights are those of the candidate's graph, read back; otherwise it is the original.
        texts: On how many texts both were compared.
        apart: How far their scores are apart there, at most.
    """

    read_back: bool
    texts: int
    apart: float


@dataclass(frozen=True)
class Explanation:
    """What each part of an input did to an answer.

    Attributes:
        answer: The answer that is explained: a label, a number, or a text.
        score: Its score with the whole input: a probability, the number, a similarity; of a written text the
            geometric mean of its tokens' probabilities.
        parts: The parts of the input, in order; of a picture its cells, named as on a chess board from the top.
        weights: By part: how much lower the score is without it; negative where it speaks against the answer.
        hints: Parts without which something else would be answered, the heaviest first.
        faithfulness: None where there are too few parts, or it was not asked for.
        kind: See `Kind`.
        method: See `Method`.
        text: The text whose parts these are; empty for a picture.
        steps: Of a written answer, its words.
        grid: Of a picture, its parts.
        considered: Of an answer from a document, what was looked at, best first.
        completeness: Of integrated gradients, how far the weights are from adding up to the change of the score that
            they explain, as a share of it.
        calibration: How right such confidence was; None where no evaluation tells.
        inside: Of integrated gradients, whose they are.
    """

    answer: str
    score: float
    parts: tuple[Part, ...]
    weights: tuple[float, ...]
    hints: tuple[Hint, ...] = ()
    faithfulness: Faithfulness | None = None
    kind: Kind = "words"
    method: Method = "occlusion"
    text: str = ""
    steps: tuple[Step, ...] = ()
    grid: Grid | None = None
    considered: tuple[Considered, ...] = ()
    completeness: float | None = None
    calibration: Calibration | None = None
    inside: Inside | None = None

    @property
    def heaviest(self) -> tuple[int, ...]:
        """Places of the parts, those that did most first, whichever way."""
        return tuple(sorted(range(len(self.parts)), key=lambda place: -abs(self.weights[place])))


def parts_of(text: str, most: int) -> tuple[Part, ...]:
    """The words of a text; neighbours together where there are more than ``most``."""
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    size = -(-len(words) // most) if words else 1
    groups = [words[place : place + size] for place in range(0, len(words), size)]
    return tuple(Part(text[group[0][0] : group[-1][1]], group[0][0], group[-1][1]) for group in groups)


def without(text: str, parts: Iterable[Part]) -> str:
    """The text with some parts taken out, and no double spaces where they stood; lines stay."""
    kept, at = [], 0
    for part in sorted(parts, key=lambda each: each.start):
        kept.append(text[at : part.start])
        at = part.end
    kept.append(text[at:])
    return _SPACES.sub(" ", "".join(kept)).strip()


def remaining(text: str, parts: Iterable[Part]) -> str:
    """What a model is asked without some parts; where no word is left, a full stop: something must be asked."""
    rest = without(text, parts)
    return rest if any(character.isalnum() for character in rest) else "."


def parts_within(texts: Sequence[str], most: int) -> list[tuple[Part, ...]]:
    """The words of several texts, of each by itself; together about ``most`` parts, shared out by length."""
    words = [sum(1 for _found in _WORD.finditer(text)) for text in texts]
    total = sum(words) or 1
    return [
        parts_of(text, count if total <= most else max(1, most * count // total))
        for text, count in zip(texts, words, strict=True)
    ]
