"""A line of progress on standard error while an evaluation runs; nothing where no person watches."""

from __future__ import annotations

import time

from studio.cli.watched import WatchedLine, left_words
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo
from studio.domain.i18n import N_, _

_STAGES = {
    "placing": N_("sending the model to the nodes"),
    "loading": N_("loading"),
    "warming up": N_("warming up"),
    "timing": N_("timing single rows"),
    "answering": N_("answering"),
}


class EvaluationProgress(WatchedLine):
    """An observer (`studio.services.evaluating.EvaluationObserver`) that shows who is how far."""

    def __init__(self) -> None:
        super().__init__(_("Starting …"))
        self._whole = self._before = self._done = 0
        self._began_s = 0.0

    def began(self, info: EvaluationInfo) -> None:
        self._whole = info.rows * info.settings.repeats * len(info.candidates)
        self._before = self._done = sum(candidate.done for candidate in info.candidates)
        self._at = {candidate.id: candidate.done for candidate in info.candidates}
        self._began_s = time.monotonic()

    def stage(self, candidate: EvaluatedCandidate, stage: str) -> None:
        self._say(candidate, _(_STAGES[stage]))

    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
        self._at[candidate.id] = done
        self._done = sum(self._at.values())
        words = _("{done} of {total} rows").format(done=f"{done:,}", total=f"{total:,}")
        left = self._left_s()
        self._say(candidate, words if left is None else f"{words}, {left_words(left)}")

    def finished(self, candidate: EvaluatedCandidate) -> None:
        """The next one says what it does."""

    def _left_s(self) -> float | None:
        new, elapsed = self._done - self._before, time.monotonic() - self._began_s
        return (self._whole - self._done) * elapsed / new if new >= 5 and elapsed > 1 else None

    def _say(self, candidate: EvaluatedCandidate, what: str) -> None:
        self.show(f"{candidate.name}: {what}")
