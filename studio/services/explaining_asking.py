"""Asking one open candidate again and again, and what is asked: with some parts of the input left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from studio.domain.attribution import Question, Reply
from studio.domain.explanation import Considered, Grid, Part, Step
from studio.domain.prediction import Output
from studio.domain.running import Inputs, Options
from studio.services.pool import OpenCandidate
from studio.services.waiting import Waiter

#: Inputs that run together.
_BATCH = 32


@dataclass(frozen=True)
class Asked:
    """What came of asking with some parts left out.

    Attributes:
        score: The score of the answer that is explained.
        answer: What was answered.
        steps: Of a written answer, the probability of each of its words.
    """

    score: float
    answer: str
    steps: tuple[float, ...] = ()


class Game(Protocol):
    """An answer and the input it came from, in parts that can be left out.

    It is what game theory calls a coalition game: a score for each choice of parts. What methods of explaining do with
    it is the same for words, for pictures and for answers that were written.
    """

    @property
    def parts(self) -> tuple[Part, ...]: ...

    @property
    def whole(self) -> Asked:
        """With nothing left out."""
        ...

    def ask(self, left_out: Sequence[frozenset[int]]) -> list[Asked]:
        """With these parts (by place) left out, each set by itself."""
        ...


@dataclass(frozen=True)
class Shown:
    """What an explanation shows besides its parts; see `studio.domain.explanation.Explanation`."""

    text: str = ""
    steps: tuple[Step, ...] = ()
    grid: Grid | None = None
    considered: tuple[Considered, ...] = ()


class Asking:
    """One candidate that is asked, with progress.

    Args:
        opened: The candidate.
        waiter: Waits for it, and knows of Stop.
        options: All options that it runs with.
        on_progress: Hears the share that is done.
        counts: Counts what is answered here as well.
    """

    def __init__(
        self,
        opened: OpenCandidate,
        waiter: Waiter,
        options: Options,
        on_progress: Callable[[float], object] = lambda _share: None,
        counts: Asking | None = None,
    ) -> None:
        self._opened, self.waiter, self._on_progress = opened, waiter, on_progress
        self.options = options
        self._done, self._expected, self._counts = 0, 0, counts

    @property
    def threads(self) -> int:
        """Processors that the candidate may use at the same time."""
        return self._opened.loaded.placement.threads

    def of(self, opened: OpenCandidate) -> Asking:
        """Another candidate asked in the same way; what it answers counts as progress here."""
        return Asking(opened, self.waiter, self.options, counts=self)

    def expect(self, questions: int) -> None:
        """So many more will be asked. Until it is known how many, nothing is told of progress."""
        self._expected += questions

    def outputs(self, batch: Sequence[Inputs], together: int = _BATCH) -> list[Output]:
        """What is answered to several inputs.

        Raises:
            StoppedError: The user stopped it.
            StudioError: The candidate failed.
        """
        found: list[Output] = []
        size = together if self._opened.loaded.batches else 1
        for start in range(0, len(batch), size):
            self.waiter.check()
            part = batch[start : start + size]
            if self._opened.loaded.batches:
                table = self.waiter.result(self._opened.worker.run_batch(part, self.options)).table
                found += table.rows()
            else:
                ran = self.waiter.result(self._opened.worker.run(part[0], self.options))
                found.append(ran.prediction.output)
            self.tick(len(part))
        return found

    def output(self, inputs: Inputs, **options: object) -> Output:
        """What is answered to one input by itself, with some options changed."""
        self.waiter.check()
        ran = self.waiter.result(self._opened.worker.run(inputs, {**self.options, **options}))
        self.tick(1)
        return ran.prediction.output

    def reply(self, question: Question) -> Reply:
        """What the candidate says of an answer, see `studio.domain.attribution`."""
        self.waiter.check()
        return self.waiter.result(self._opened.worker.explain(question))

    def tick(self, questions: int) -> None:
        """So many were answered."""
        if self._counts is not None:
            self._counts.tick(questions)
        self._done += questions
        if self._expected:
            self._on_progress(min(1.0, self._done / self._expected))
