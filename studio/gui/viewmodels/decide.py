"""What the Decide screen shows: the evaluation judged, criteria, verdicts, and what running it would take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.decision.suggestions import Template, suggested_criteria, templates_for
from studio.domain.errors import Failure, StudioError
from studio.domain.evaluation import Evaluation, EvaluationInfo, SliceKey
from studio.domain.task import Task
from studio.gui.bridge import Background
from studio.gui.viewmodels.project import CurrentProject

if TYPE_CHECKING:
    from studio.domain.decision import Brief, Criterion, Decision, HardwareProfile, SizingInputs
    from studio.services.project_session import Change, ProjectSession

#: A pause after changes before it is decided again.
_SETTLED_MS = 250
#: What in a project changes a decision. The brief does not: it is shown, and judges nothing.
_PARTS = frozenset({"evaluation", "criteria", "choices", "data"})


class DecideModel(QObject):
    """State of the Decide screen.

    Signals:
        changed: Another evaluation, other criteria or verdicts, or whether it is being decided.
        brief_changed: Answers of the brief are others now.
        failed: Something could not be stored.
    """

    changed = Signal()
    brief_changed = Signal()
    failed = Signal(Failure)

    def __init__(self, background: Background, project: CurrentProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._project = background, project
        self._cancel = threading.Event()
        self._visible, self._stale = False, True
        self.task: Task | None = None
        self.evaluations: tuple[EvaluationInfo, ...] = ()
        self._wanted: int | None = None
        self.evaluation: Evaluation | None = None
        self.decision: Decision | None = None
        self.hardware: tuple[HardwareProfile, ...] = ()
        self.deciding = False
        self.failure: Failure | None = None
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self.decide_again)
        project.opened.connect(self._on_opened)
        project.edited.connect(self._on_edited)
        self.destroyed.connect(self._cancel.set)

    # -- what is there -----------------------------------------------------------------------------------------------

    @property
    def session(self) -> ProjectSession | None:
        """The open project."""
        return self._project.session

    @property
    def writable(self) -> bool:
        """Whether anything can be changed."""
        return self.session is not None and not self.session.read_only

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What good enough means, in its order."""
        return self.decision.criteria if self.decision else ()

    @property
    def suggestions(self) -> tuple[Criterion, ...]:
        """Criteria to begin with that are not there yet."""
        there = {each.id for each in self.criteria}
        return tuple(each for each in suggested_criteria(self.task.id) if each.id not in there) if self.task else ()

    @property
    def templates(self) -> tuple[Template, ...]:
        """Products of this use case that many build."""
        return templates_for(self.task.id) if self.task else ()

    @property
    def groups(self) -> tuple[SliceKey, ...]:
        """Groups of rows that a criterion can be about."""
        scores = self.evaluation.scores if self.evaluation else ()
        return tuple(dict.fromkeys(group for each in scores for group in each.slices))

    # -- deciding ----------------------------------------------------------------------------------------------------

    def open(self, task: Task) -> None:
        """Decide about this use case."""
        if self.task is None or self.task.id != task.id:
            self.task = task
            self._forget()
            self._look()

    def show_now(self, visible: bool) -> None:
        """Whether the screen is on show; hidden, nothing is decided."""
        self._visible = visible
        if visible and self._stale:
            self._look()

    def choose(self, evaluation: int) -> None:
        """Judge another evaluation."""
        self._wanted = evaluation
        self.decide_again()

    def decide_again(self) -> None:
        """Read and decide everything anew, off the window's thread."""
        self._cancel.set()
        cancel = self._cancel = threading.Event()
        session, task, wanted = self.session, self.task, self._wanted
        self._stale = False
        if session is None or task is None:
            return
        self.deciding = True
        self.changed.emit()

        def work() -> tuple[tuple[EvaluationInfo, ...], Evaluation | None, Decision, tuple[HardwareProfile, ...]]:
            from studio.services.deciding import decide, hardware_profiles
            from studio.services.scoring import score

            found = tuple(e for e in session.evaluations.all(task.id) if any(c.done for c in e.candidates))
            info = next((each for each in found if each.id == wanted), found[0] if found else None)
            scored = score(session, info.id, cancelled=cancel.is_set) if info else None
            return found, scored, decide(session, task, scored), hardware_profiles(session, info)

        def done(
            found: tuple[tuple[EvaluationInfo, ...], Evaluation | None, Decision, tuple[HardwareProfile, ...]],
        ) -> None:
            if not cancel.is_set():
                self.evaluations, self.evaluation, self.decision, self.hardware = found
                self.deciding, self.failure = False, None
                self.changed.emit()

        def fail(failure: Failure) -> None:
            if not cancel.is_set():
                self.deciding, self.failure = False, failure
                self.changed.emit()

        self._background.run(work, done, fail, owner=self)

    def _look(self) -> None:
        self._stale = True
        if self._visible:
            self.decide_again()
            self.brief_changed.emit()

    def _forget(self) -> None:
        self._cancel.set()
        self.evaluations, self._wanted, self.evaluation, self.decision = (), None, None, None
        self.deciding, self.failure = False, None
        self.changed.emit()

    def _on_opened(self) -> None:
        self._forget()
        self._look()

    def _on_edited(self, change: Change) -> None:
        if "brief" in change.parts:
            self.brief_changed.emit()
        if change.parts & _PARTS:
            self._stale = True
            if self._visible:
                self._settled.start()

    # -- editing -----------------------------------------------------------------------------------------------------

    def edit(self, change: Callable[[ProjectSession, str], object]) -> bool:
        """Change the project; False where that failed (`failed` says why)."""
        if self.session is None or self.task is None:
            return False
        try:
            change(self.session, self.task.id)
        except StudioError as error:
            self.failed.emit(Failure.of(error))
            return False
        return True

    def put(self, criterion: Criterion) -> None:
        """Add a criterion, or replace the one with its id (undoable)."""
        self.edit(lambda session, task: session.decisions.put_criterion(task, criterion))

    def put_all(self, criteria: Sequence[Criterion]) -> None:
        """Add several criteria."""
        for criterion in criteria:
            self.put(criterion)

    def remove(self, criterion: str) -> bool:
        """Take a criterion away (undoable)."""
        return self.edit(lambda session, task: session.decisions.remove_criterion(task, criterion))

    def brief(self) -> Brief | None:
        """The product brief as it is stored."""
        if self.session is None or self.task is None:
            return None
        return self.session.decisions.brief(self.task.id)

    def answer(self, key: str, value: str, note: bool = False) -> None:
        """Answer a question of the brief, or write the note beside it (undoable)."""
        self.edit(lambda session, task: session.decisions.set_brief(task, key, value, note))

    def fill(self, answers: Mapping[str, str]) -> None:
        """Answer those questions that have no answer yet; nothing that somebody wrote is replaced."""
        brief = self.brief()
        there = brief.answers if brief else {}
        wanted = {key: text for key, text in answers.items() if not there.get(key)}
        if wanted:
            self.edit(lambda session, task: session.decisions.fill_brief(task, wanted))

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Say how much each axis counts (undoable)."""
        from studio.services.deciding import WEIGHTS

        self.edit(lambda session, task: session.decisions.set_choice(task, WEIGHTS, dict(weights)))

    def size(self, inputs: SizingInputs) -> None:
        """Say what the sizing is asked (undoable)."""
        from studio.services.deciding import SIZING

        if self.decision is not None and inputs != self.decision.sizing_inputs:
            self.decision = replace(self.decision, sizing_inputs=inputs)
            self.edit(lambda session, task: session.decisions.set_choice(task, SIZING, asdict(inputs)))

    def set_hardware(self, profiles: Sequence[HardwareProfile]) -> None:
        """Keep the machines that the user described (undoable)."""
        from studio.services.deciding import set_hardware

        self.edit(lambda session, _task: set_hardware(session, profiles))
