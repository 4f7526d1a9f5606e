"""A line of progress on standard error while candidates run; nothing where no person watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from studio.domain.comparison import Candidate, CandidateResult


class LiveProgress:
    """An observer of a comparison that shows who is doing what right now."""

    def __init__(self, candidates: int) -> None:
        self._candidates = candidates
        self._done = 0
        self._length = 0
        console = Console(stderr=True)
        self._status: Status | None = console.status("Starting …") if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def stage(self, candidate: Candidate, stage: str) -> None:
        self._length = 0
        self._show(candidate, stage)

    def text(self, candidate: Candidate, piece: str) -> None:
        self._length += len(piece)
        self._show(candidate, f"answering, {self._length} characters so far")

    def finished(self, result: CandidateResult) -> None:
        self._done += 1

    def _show(self, candidate: Candidate, what: str) -> None:
        if self._status:
            self._status.update(escape(f"[{self._done + 1}/{self._candidates}] {candidate.name}: {what}"))
