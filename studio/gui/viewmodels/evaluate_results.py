"""What the results of an evaluation show: its figures, its rows, and what people say about them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.errors import Failure, StudioError
from studio.domain.evaluation import Evaluation, EvaluationInfo
from studio.domain.project import Rating
from studio.gui.bridge import Background
from studio.gui.viewmodels.evaluate_results_rows import ResultRows
from studio.gui.viewmodels.evaluate_results_votes import BlindVotes
from studio.gui.viewmodels.project import CurrentProject
from studio.services.evaluation_figures import evaluation_figure
from studio.services.evaluation_index import read_index, with_figures, with_marks
from studio.services.evaluation_pages import holding, read_page

if TYPE_CHECKING:
    from studio.services.evaluation_rows import RowIndex
    from studio.services.project_session import Change, ProjectSession

#: A pause after changes before they are read: answers of a run come many a second.
_SETTLED_MS = 250
#: Computes an evaluation: session, its id, progress (0 to 1), whether it was cancelled.
Score = Callable[["ProjectSession", int, Callable[[float], object], Callable[[], bool]], Evaluation]


def _score(
    session: ProjectSession, evaluation: int, on_progress: Callable[[float], object], cancelled: Callable[[], bool]
) -> Evaluation:
    from studio.services.scoring import score

    return score(session, evaluation, on_progress, cancelled)


class EvaluateResultsModel(QObject):
    """State of the results.

    Signals:
        changed: Another evaluation, its figures, or why there are none.
        progressed: How far computing the figures is (0 to 1).
        marked: Stars, ratings, votes or the baseline changed.
        failed: Something could not be stored.
    """

    changed = Signal()
    progressed = Signal(float)
    marked = Signal()
    failed = Signal(Failure)

    def __init__(
        self, background: Background, project: CurrentProject, score: Score = _score, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._project, self._score = background, project, score
        self._session: ProjectSession | None = None
        self._id: int | None = None
        self._cancel = threading.Event()
        self._index: RowIndex | None = None
        self.evaluation: Evaluation | None = None
        self.failure: Failure | None = None
        self.loading = False
        self.rows = ResultRows(background, self._read_page, self._holding, self)
        self.votes = BlindVotes(self, background)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._read_marks)
        project.edited.connect(self._on_edited)
        project.opened.connect(self._leave)
        self.destroyed.connect(self._cancel.set)

    @property
    def session(self) -> ProjectSession | None:
        """The project that the evaluation on show lies in."""
        return self._session

    @property
    def asked(self) -> int | None:
        """Id of the evaluation on show or being read."""
        return self._id

    @property
    def writable(self) -> bool:
        """Whether rows can be marked."""
        return self._session is not None and not self._session.read_only

    @property
    def info(self) -> EvaluationInfo | None:
        """The evaluation on show with its marks of now."""
        return self.evaluation.info if self.evaluation else None

    # -- reading ---------------------------------------------------------------------------------------------------

    def show(self, evaluation: int) -> None:
        """Show an evaluation of the open project; the one on show is read anew."""
        self._cancel.set()
        self._cancel = threading.Event()
        same = evaluation == self._id and self._session is self._project.session
        self._session, self._id = self._project.session, evaluation
        self.failure, self.loading = None, True
        if not same:
            self.evaluation, self._index = None, None
            self.rows.show_evaluation(None)
        self.changed.emit()
        self._compute()

    def _leave(self) -> None:
        self._cancel.set()
        self._session, self._id, self.evaluation, self._index = None, None, None, None
        self.rows.show_evaluation(None)
        self.changed.emit()

    def _compute(self) -> None:
        session, evaluation, cancel = self._session, self._id, self._cancel
        if session is None or evaluation is None:
            return

        def tell(share: float) -> None:
            # The window may be gone by now.
            if not cancel.is_set() and shiboken6.isValid(self):
                self.progressed.emit(share)

        def progress(share: float) -> None:
            if not cancel.is_set():
                self._background.post(lambda: tell(share))

        self._background.run(
            lambda: self._score(session, evaluation, progress, cancel.is_set),
            lambda found: self._take(found, cancel),
            lambda failure: self._fail(failure, cancel),
            owner=self,
        )

    def _take(self, found: Evaluation, cancel: threading.Event) -> None:
        if cancel.is_set():
            return
        self.evaluation, self.loading = found, False
        if self.rows.info is None or self.rows.info.id != found.info.id:
            self.rows.show_evaluation(found.info)
        else:
            self.rows.say_info(found.info)
        self.changed.emit()
        self._read_rows(found, cancel)

    def _read_rows(self, found: Evaluation, cancel: threading.Event) -> None:
        session = self._session
        if session is None:
            return

        def read() -> RowIndex:
            return read_index(session, found.info, cancel.is_set)

        def more(index: RowIndex) -> None:
            self._take_index(index, cancel)
            self._background.run(
                lambda: with_figures(session, found.info, index, found.headline, cancel.is_set),
                lambda whole: self._take_index(whole, cancel),
                lambda failure: self._fail(failure, cancel),
                owner=self,
            )

        self._background.run(read, more, lambda failure: self._fail(failure, cancel), owner=self)

    def _take_index(self, index: RowIndex, cancel: threading.Event) -> None:
        if cancel.is_set():
            return
        if self._index is not None:
            # Someone may have starred a row while it was read.
            index = index.marked(self._index.baseline, self._index.starred, self._index.rated)
        self._index = index
        self.rows.take_index(index, None if self.evaluation is None else evaluation_figure(self.evaluation.headline))

    def _fail(self, failure: Failure, cancel: threading.Event) -> None:
        if not cancel.is_set():
            self.failure, self.loading = failure, False
            self.changed.emit()

    def _read_page(self, info: EvaluationInfo, positions):
        session = self._session
        return read_page(session, info, positions) if session is not None else ()

    def _holding(self, info: EvaluationInfo, text: str):
        session = self._session
        return holding(session, info, text) if session is not None else ()

    # -- marks -----------------------------------------------------------------------------------------------------

    def _on_edited(self, change: Change) -> None:
        if self._id is not None and change.parts & {"data", "evaluation"}:
            self._settled.start()

    def _read_marks(self) -> None:
        """Stars, votes, notes or the baseline may be others now; more answers may have come."""
        session, evaluation, cancel, index = self._session, self.evaluation, self._cancel, self._index
        if session is None or evaluation is None:
            return

        def read() -> tuple[EvaluationInfo, RowIndex | None]:
            info = session.evaluations.get(evaluation.info.id)
            return info, None if index is None else with_marks(session, info, index)

        def done(found: tuple[EvaluationInfo, RowIndex | None]) -> None:
            info, marked = found
            if cancel.is_set() or self.evaluation is None:
                return
            if _answers(info) != _answers(self.evaluation.info):
                if info.status != "running":
                    self.show(info.id)
                return
            self.evaluation = replace(self.evaluation, info=info)
            self.rows.say_info(info)
            if marked is not None:
                changed = self._index is None or (marked.baseline, marked.starred, marked.rated) != (
                    self._index.baseline,
                    self._index.starred,
                    self._index.rated,
                )
                self._index = (self._index or marked).marked(marked.baseline, marked.starred, marked.rated)
                if changed:
                    self.rows.take_index(self._index)
            self.rows.forget_rows()
            self.marked.emit()

        self._background.run(read, done, owner=self)

    def star(self, position: int, starred: bool) -> None:
        """Say that a row must never fail, or need not any more (undoable)."""
        if self.info is not None:
            dataset = self.info.dataset.id
            self._edit(lambda session: session.datasets.mark(dataset, position, critical=starred))

    def note(self, position: int, text: str) -> None:
        """Write about a row (undoable)."""
        if self.info is not None:
            dataset = self.info.dataset.id
            self._edit(lambda session: session.datasets.mark(dataset, position, note=text))

    def rate(self, candidate: int, position: int, rating: Rating) -> None:
        """Say what one thinks of an answer (undoable)."""
        self._edit(lambda session: session.evaluations.rate(candidate, position, rating))

    def pin(self, candidate: int | None) -> None:
        """Compare the others with this candidate (undoable)."""
        if self.info is not None:
            evaluation = self.info.id
            self._edit(lambda session: session.evaluations.set_baseline(evaluation, candidate))

    def say_failed(self, error: StudioError) -> None:
        """Something could not be stored."""
        self.failed.emit(Failure.of(error))

    def _edit(self, change: Callable[[ProjectSession], object]) -> None:
        if self._session is None:
            return
        try:
            change(self._session)
        except StudioError as error:
            self.say_failed(error)


def _answers(info: EvaluationInfo) -> list[tuple[int, int, int]]:
    return [(each.id, each.done, each.failed) for each in info.candidates]
