"""What a whole sheet says about candidates: words that pull towards labels, kinds of mistakes, who gets what right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: How wrong rows were put together: by what they mean (embeddings), by their words (TF-IDF), or by expected and
#: answered label alone, where there are too few or no text.
Grouping = Literal["meaning", "words", "labels"]


@dataclass(frozen=True)
class PullingWord:
    """A word that stands in rows of one kind more often than in others.

    Attributes:
        text: The word in lower case; for Chinese and Japanese two characters that stand together.
        z: How sure that is: log-odds ratio in standard deviations (Monroe et al. 2008).
        given: Rows of that kind that hold it.
        rows: All rows that hold it.
    """

    text: str
    z: float
    given: int
    rows: int


@dataclass(frozen=True)
class LabelWords:
    """The words that go with an answer.

    Attributes:
        label: The answer.
        rows: How many rows got it.
        words: The surest first.
    """

    label: str
    rows: int
    words: tuple[PullingWord, ...]


@dataclass(frozen=True)
class WordWeight:
    """What a word did to the score of an answer, measured by asking without it.

    Attributes:
        text: The word in lower case.
        weight: Mean fall of the score without it; negative where it speaks against the answer.
        low: Lower bound of its 95 % interval; None where one row only has the word.
        high: Upper bound.
        rows: In how many explained rows it stands.
    """

    text: str
    weight: float
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True)
class LabelWeights:
    """What words did to one answer over several rows.

    Attributes:
        label: The answer.
        rows: How many explained rows got it.
        towards: Words that speak for it, the heaviest first.
        against: Words that speak against it, the heaviest first.
    """

    label: str
    rows: int
    towards: tuple[WordWeight, ...]
    against: tuple[WordWeight, ...]


@dataclass(frozen=True)
class Weighed:
    """Weights of words of one candidate, measured on some rows.

    Attributes:
        candidate: Its id.
        rows: Rows that were explained.
        labels: By answer, the most frequent first.
        method: Id of the way they were explained (`studio.services.explaining`).
    """

    candidate: int
    rows: int
    labels: tuple[LabelWeights, ...]
    method: str = "occlusion"


@dataclass(frozen=True)
class RowCount:
    """So many rows of one candidate, named by its id."""

    candidate: int
    rows: int


@dataclass(frozen=True)
class ErrorGroup:
    """Rows that are alike, and that some candidate gets wrong.

    Attributes:
        name: A suggested name: words that are frequent in it and rare in other groups; empty where rows have no text.
        words: What tells these rows from all others, the surest first; empty where nothing does.
        expected: The label that most of them should have got; empty where they have none in common.
        answered: What was mostly answered instead.
        confused: How many of its mistakes are of that pair of labels.
        mistakes: How many mistakes there are in it, of all candidates.
        rows: How many rows it has.
        positions: These rows, the most typical first; at most some hundreds of them where insights were kept.
        wrong: How many of them each candidate gets wrong.
        examples: What some typical rows say.
        holding: How many rows of the whole sheet hold the first of ``words``, and ...
        holding_wrong: ... how many of these some candidate gets wrong.
        score: Where answers are better or worse, what they score here on average, all candidates together.
        score_elsewhere: The same of all other rows.
    """

    name: str
    words: tuple[str, ...]
    expected: str
    answered: str
    confused: int
    mistakes: int
    rows: int
    positions: tuple[int, ...]
    wrong: tuple[RowCount, ...]
    examples: tuple[str, ...] = ()
    holding: int = 0
    holding_wrong: int = 0
    score: float | None = None
    score_elsewhere: float | None = None

    def wrong_of(self, candidate: int) -> int:
        """How many of its rows a candidate gets wrong."""
        return next((each.rows for each in self.wrong if each.candidate == candidate), 0)


@dataclass(frozen=True)
class PairInsight:
    """What one candidate gets right that another gets wrong.

    Attributes:
        a: Id of the first candidate.
        b: Id of the second.
        better_a: How many rows only ``a`` gets right (or answers clearly better).
        better_b: The same for ``b``.
        only_a: These rows, by position; at most some hundreds of them where insights were kept.
        only_b: The same for ``b``.
        both: How many rows both get right (or answer about equally well).
        neither: How many both get wrong; 0 where answers are scored by degree.
        words_a: Words that tell the rows of ``only_a`` from all others.
        words_b: The same for ``only_b``.
    """

    a: int
    b: int
    better_a: int
    better_b: int
    only_a: tuple[int, ...]
    only_b: tuple[int, ...]
    both: int
    neither: int
    words_a: tuple[PullingWord, ...] = ()
    words_b: tuple[PullingWord, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows both have answered."""
        return self.better_a + self.better_b + self.both + self.neither


@dataclass(frozen=True)
class CandidateWords:
    """The words that go with each answer of one candidate, by its id."""

    candidate: int
    labels: tuple[LabelWords, ...]


@dataclass(frozen=True)
class Insights:
    """What an evaluation says about why candidates answer as they do.

    Attributes:
        evaluation: Its id.
        metric: What rows are right or wrong, or better or worse, by.
        by_degree: Whether answers are better or worse (chrF, say) instead of right or wrong; the worst fifth then
            counts as wrong.
        rows: Rows that were looked at.
        judged: How many of them have an expected answer.
        wrong: How many rows each candidate gets wrong.
        words: By candidate; empty where answers are no labels.
        groups: Kinds of mistakes, the largest first.
        grouped: Wrong rows that were put into groups; fewer than ``mistaken`` where there are very many.
        mistaken: Rows that some candidate gets wrong.
        grouping: See `Grouping`.
        pairs: Every two candidates.
        weighed: Measured weights of words, where someone asked for them.
        unread: Where words put rows together because no embedding model here knows their language: its code, or an
            empty text where the rows don't tell which it is. None otherwise.
    """

    evaluation: int
    metric: str
    by_degree: bool
    rows: int
    judged: int
    wrong: tuple[RowCount, ...]
    words: tuple[CandidateWords, ...] = ()
    groups: tuple[ErrorGroup, ...] = ()
    grouped: int = 0
    mistaken: int = 0
    grouping: Grouping = "labels"
    pairs: tuple[PairInsight, ...] = ()
    weighed: tuple[Weighed, ...] = ()
    unread: str | None = None

    def weighed_of(self, candidate: int) -> Weighed | None:
        """The measured weights of a candidate's words; None where nobody measured them."""
        return next((each for each in self.weighed if each.candidate == candidate), None)
