"""Why candidates answer as they do on the whole sheet: found off the window's thread, and what of it is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure, StoppedError, StudioError
from studio.domain.evaluation import EvaluatedCandidate
from studio.domain.i18n import _
from studio.domain.insight import Insights, Weighed
from studio.domain.kept import KeptExplanation
from studio.gui.bridge import Background
from studio.services.evaluation_rows import Pick
from studio.services.insight_words import readable

if TYPE_CHECKING:
    from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel
    from studio.gui.viewmodels.project import CurrentProject
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.project_session import Change, ProjectSession


class ResultInsights(QObject):
    """Insights into the evaluation on show.

    Signals:
        changed: They were found, failed, or another evaluation is on show.
        progressed: How far finding them, or measuring, is (0 to 1).
        kept_changed: Something was kept for the report, or taken out of it.
    """

    changed = Signal()
    progressed = Signal(float)
    kept_changed = Signal()

    def __init__(
        self,
        results: EvaluateResultsModel,
        background: Background,
        project: CurrentProject,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
    ) -> None:
        super().__init__(results)
        self._results, self._background = results, background
        self._library, self._pool = library, pool
        self._stop: threading.Event | None = None
        self._measuring: int | None = None
        self._of: object = None
        self.found: Insights | None = None
        self.failure: Failure | None = None
        self.in_report = False
        self.kept: tuple[KeptExplanation, ...] = ()
        results.changed.connect(self._on_results)
        project.edited.connect(self._on_edited)
        self.destroyed.connect(self._end)

    # -- state -----------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether something is being found out."""
        return self._stop is not None

    @property
    def measuring(self) -> int | None:
        """Id of the candidate whose words are being weighed."""
        return self._measuring

    @property
    def writable(self) -> bool:
        """Whether something can be kept."""
        return self._results.writable

    def name(self, candidate: int) -> str:
        """What a candidate is called."""
        info = self._results.info
        return next((each.title for each in info.candidates if each.id == candidate), "") if info else ""

    def measurable(self, candidate: int) -> bool:
        """Whether words of a candidate can be weighed."""
        from studio.services.insight_weights import can_measure

        info = self._results.info
        return info is not None and any(each.id == candidate and can_measure(info, each) for each in info.candidates)

    @property
    def candidates(self) -> tuple[EvaluatedCandidate, ...]:
        """Of the evaluation on show."""
        return self._results.info.candidates if self._results.info else ()

    def answered(self, candidate: int, label: str) -> Pick | None:
        """The rows that got an answer; None while the rows are being read."""
        index = self._results.rows.known
        rows = next((each for each in index.candidates if each.candidate == candidate), None) if index else None
        if index is None or rows is None or label not in index.names:
            return None
        title = _("Answered {label}").format(label=readable(label))
        return Pick(title, frozenset(index.positions[rows.answer == index.names[label]].tolist()))

    # -- finding ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Find them, if that was not done yet for the answers on show."""
        evaluation, session = self._results.evaluation, self._results.session
        if evaluation is None or session is None or self.running or self._of == (session, evaluation.scores):
            return
        self._of = (session, evaluation.scores)
        self._read_kept()
        self._find(session, evaluation.info.id)

    def again(self) -> None:
        """Find them anew, after that failed or was stopped."""
        self._of = None
        self.failure = None
        self.open()

    def stop(self) -> None:
        """End what is under way."""
        if self._stop is not None:
            self._stop.set()

    def _find(self, session: ProjectSession, evaluation: int) -> None:
        from studio.services.insights import insights

        stop = self._begin()

        def work() -> Insights:
            kept = session.kept.insights(evaluation)
            found = insights(session, evaluation, self._library(), self._pool(), self._teller(stop), stop)
            return replace(found, weighed=kept.weighed) if kept else found

        self._background.run(
            work, lambda found: self._take(stop, found), lambda failure: self._fail(stop, failure), self
        )

    def measure(self, candidate: int, rows: int) -> None:
        """Weigh the words of a candidate on so many rows, and add that to what was found."""
        from studio.services.insight_weights import measure_words

        session, found = self._results.session, self.found
        if session is None or found is None or self.running:
            return
        stop = self._begin()
        self._measuring = candidate

        def work() -> Weighed:
            return measure_words(
                session, found.evaluation, candidate, rows, self._library(), self._pool(), self._teller(stop), stop
            )

        def done(weighed: Weighed) -> None:
            others = tuple(each for each in found.weighed if each.candidate != candidate)
            self._take(stop, replace(found, weighed=(*others, weighed)))
            if self.in_report:
                self.put_in_report(True)

        self._background.run(work, done, lambda failure: self._fail(stop, failure), self)
        self.changed.emit()

    def _begin(self) -> threading.Event:
        self._stop, self.failure = threading.Event(), None
        self.changed.emit()
        return self._stop

    def _teller(self, stop: threading.Event) -> Callable[[float], None]:
        def tell(share: float) -> None:
            if self._stop is stop:
                self.progressed.emit(share)

        return lambda share: self._background.post(lambda: tell(share))

    def _take(self, stop: threading.Event, found: Insights) -> None:
        if self._stop is stop:
            self._stop, self._measuring, self.found = None, None, found
            self.changed.emit()

    def _fail(self, stop: threading.Event, failure: Failure) -> None:
        if self._stop is stop:
            self._stop, self._measuring = None, None
            self.failure = None if failure.kind == StoppedError.__name__ else failure
            self.changed.emit()

    def _on_results(self) -> None:
        evaluation = self._results.evaluation
        if evaluation is None or self._of != (self._results.session, evaluation.scores):
            self._end()
            self._stop, self._measuring, self._of, self.found, self.failure = None, None, None, None, None
            self.changed.emit()

    def _end(self) -> None:
        if self._stop is not None:
            self._stop.set()

    # -- keeping ---------------------------------------------------------------------------------------------------

    def put_in_report(self, there: bool) -> None:
        """Have the insights in the report, or no longer (undoable)."""
        session, found = self._results.session, self.found
        if session is None or found is None:
            return
        self._edit(
            lambda: session.kept.keep_insights(found) if there else session.kept.remove_insights(found.evaluation)
        )

    def remove_kept(self, name: str) -> None:
        """Take an explanation out of the report (undoable)."""
        session = self._results.session
        if session is not None:
            self._edit(lambda: session.kept.remove(name))

    def _edit(self, change: Callable[[], object]) -> None:
        try:
            change()
        except StudioError as error:
            self._results.say_failed(error)

    def _on_edited(self, change: Change) -> None:
        if "kept" in change.parts:
            self._read_kept()

    def _read_kept(self) -> None:
        session, info = self._results.session, self._results.info
        if session is None or info is None:
            return

        def read() -> tuple[bool, tuple[KeptExplanation, ...]]:
            return session.kept.insights(info.id) is not None, session.kept.explanations(info.task)

        def done(read: tuple[bool, tuple[KeptExplanation, ...]]) -> None:
            self.in_report, self.kept = read
            self.kept_changed.emit()

        self._background.run(read, done, owner=self)
