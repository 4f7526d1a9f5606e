"""A line of progress on standard error while candidates run; nothing where no person watches."""

from __future__ import annotations

from studio.cli.watched import WatchedLine
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


class LiveProgress(WatchedLine):
    """An observer of a comparison that shows who is doing what right now."""

    def __init__(self, candidates: int) -> None:
        super().__init__(_("Starting …"))
        self._candidates = candidates
        self._done = 0
        self._length = 0

    def stage(self, candidate: Candidate, stage: str) -> None:
        self._length = 0
        self._say(candidate, _(_STAGES[stage]))

    def text(self, candidate: Candidate, piece: str) -> None:
        self._length += len(piece)
        self._say(candidate, _("answering, {count} characters so far").format(count=self._length))

    def answered(self, candidate: Candidate, prediction: Prediction) -> None:
        """Measuring it goes on, which `stage` says."""

    def finished(self, result: CandidateResult) -> None:
        self._done += 1

    def _say(self, candidate: Candidate, what: str) -> None:
        self.show(f"[{self._done + 1}/{self._candidates}] {candidate.name}: {what}")
