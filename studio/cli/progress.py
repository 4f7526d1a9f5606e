"""A line of progress on standard error while candidates run; nothing where no person watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from studio.domain.comparison import Candidate, CandidateResult
from studio.domain.i18n import N_, _
from studio.domain.prediction import Prediction

#: What a stage of `studio.services.comparison.Observer` is called.
_STAGES = {
    "loading": N_("loading"),
    "warming up": N_("warming up"),
    "answering": N_("answering"),
    "measuring": N_("measuring"),
}


class LiveProgress:
    """An observer of a comparison that shows who is doing what right now."""

    def __init__(self, candidates: int) -> None:
        self._candidates = candidates
        self._done = 0
        self._length = 0
        console = Console(stderr=True)
        self._status: Status | None = console.status(_("Starting …")) if console.is_terminal else None

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
        self._show(candidate, _(_STAGES[stage]))

    def text(self, candidate: Candidate, piece: str) -> None:
        self._length += len(piece)
        self._show(candidate, _("answering, {count} characters so far").format(count=self._length))

    def answered(self, candidate: Candidate, prediction: Prediction) -> None:
        """Measuring it goes on, which `stage` says."""

    def finished(self, result: CandidateResult) -> None:
        self._done += 1

    def _show(self, candidate: Candidate, what: str) -> None:
        if self._status:
            self._status.update(escape(f"[{self._done + 1}/{self._candidates}] {candidate.name}: {what}"))
