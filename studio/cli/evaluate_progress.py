"""A line of progress on standard error while an evaluation runs; nothing where no person watches."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo
from studio.domain.i18n import N_, _

_STAGES = {
    "placing": N_("sending the model to the nodes"),
    "loading": N_("loading"),
    "warming up": N_("warming up"),
    "timing": N_("timing single rows"),
    "answering": N_("answering"),
}


class EvaluationProgress:
    """An observer (`studio.services.evaluating.EvaluationObserver`) that shows who is how far."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._status: Status | None = console.status(_("Starting …")) if console.is_terminal else None
        self._whole = self._before = self._done = 0
        self._began_s = 0.0

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def began(self, info: EvaluationInfo) -> None:
        self._whole = info.rows * info.settings.repeats * len(info.candidates)
        self._before = self._done = sum(candidate.done for candidate in info.candidates)
        self._at = {candidate.id: candidate.done for candidate in info.candidates}
        self._began_s = time.monotonic()

    def stage(self, candidate: EvaluatedCandidate, stage: str) -> None:
        self._show(candidate, _(_STAGES[stage]))

    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
        self._at[candidate.id] = done
        self._done = sum(self._at.values())
        words = _("{done} of {total} rows").format(done=f"{done:,}", total=f"{total:,}")
        left = self._left_s()
        self._show(candidate, words if left is None else f"{words}, {_left_words(left)}")

    def finished(self, candidate: EvaluatedCandidate) -> None:
        """The next one says what it does."""

    def _left_s(self) -> float | None:
        new, elapsed = self._done - self._before, time.monotonic() - self._began_s
        return (self._whole - self._done) * elapsed / new if new >= 5 and elapsed > 1 else None

    def _show(self, candidate: EvaluatedCandidate, what: str) -> None:
        if self._status:
            self._status.update(escape(f"{candidate.name}: {what}"))


def _left_words(seconds: float) -> str:
    if seconds < 90:
        return _("about {n} s left").format(n=max(1, round(seconds)))
    return _("about {n} min left").format(n=round(seconds / 60))
