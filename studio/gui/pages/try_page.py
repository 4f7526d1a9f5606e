"""Try: one input through several candidates, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.domain.project import VoteChoice
from studio.domain.task import Task
from studio.gui.page import Page
from studio.gui.pages.try_teaching import TEACHABLE, TryTeaching
from studio.gui.sending import once_agreed
from studio.gui.shell import Shell
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.viewmodels.try_history import History
from studio.gui.viewmodels.try_loading import draft_of
from studio.gui.viewmodels.try_model import TryModel
from studio.gui.widgets.buttons import Button, Chip, IconButton
from studio.gui.widgets.candidate_picker import CandidatePicker
from studio.gui.widgets.candidate_strip import CandidateStrip
from studio.gui.widgets.candidate_vote import VoteBar
from studio.gui.widgets.composer import Composer
from studio.gui.widgets.composer_options import ALL
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.history_dialog import HistoryDialog
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.no_candidates import NoCandidates
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.past_bar import PastBar
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.subtitle import Subtitle
from studio.gui.widgets.text import Text
from studio.tasks import all_tasks, find_task

if TYPE_CHECKING:
    from studio.gui.widgets.explain.dialog import ExplainDialog
    from studio.gui.widgets.teach.dialog import TeachDialog

_LAST_TASK = "try task"


class TryPage(Page):
    """Composer, columns, and what is said about them."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.model = TryModel(
            shell.background,
            lambda: shell.library,
            lambda: shell.pool,
            shell.project,
            shell.preferences,
            shell.jobs,
            self,
        )
        self._history = History(self.model, shell.background, shell.project, self)
        self.composer: Composer | None = None
        #: Columns there were when one was added that does not show yet.
        self._before_adding: set[str] | None = None
        self.strip = CandidateStrip()
        self.vote_bar = VoteBar(self.model.blind)
        self.past_bar = PastBar(self.model)
        self._problem: Notice | None = None
        self._build_head()
        self._composer_place = column()
        self.teaching = TryTeaching(shell, self, self.model.candidates.read_again, self._try_taught)
        self.empty = NoCandidates(self._add, lambda: shell.navigation.open_place("models", "get"), self.make_own)
        content = QWidget()
        whole = column(
            self.past_bar,
            self._composer_place,
            self.strip,
            self.empty,
            self.vote_bar,
            spacing=SPACE_4,
            parent=content,
        )
        whole.setStretch(2, 1)
        whole.setStretch(3, 1)
        self._no_task = EmptyState(
            "squares-four",
            N_("Choose a use case first"),
            N_("Each brings its models and an example, so that the next click compares them."),
            N_("Choose a use case"),
            lambda: shell.navigation.open_screen("home"),
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self._no_task)
        self._stack.addWidget(content)
        self.body.addWidget(self._head)
        self.body.addWidget(self._stack, 1)
        self._connect()
        self._offer_commands()
        self._take_task(shell.navigation.task)
        self._show_all()
        self.retranslate()

    # -- building ------------------------------------------------------------------------------------------------

    def _build_head(self) -> None:
        self._title = Text(N_("Try"), role="title")
        self._subtitle = Subtitle("")
        self._subtitle.say(self._about)
        self.schedule = SegmentedControl(
            [("one", N_("One after another")), ("all", N_("All at once"))], "one", N_("How candidates run")
        )
        self.anew = Button(N_("New conversation"), "ghost", "chat-circle", self._begin_anew)
        self.blind_chip = Chip(
            N_("Blind"), True, "eye-slash", self._toggle_blind, N_("Hide names until you have voted")
        )
        self.history_button = IconButton("clock-counter-clockwise", N_("Past runs"), self._open_history)
        self.teach_button = Button(N_("Make your own"), "ghost", "graduation-cap", self.make_own)
        self._head = QWidget()
        line = row(
            self._title,
            self._subtitle,
            self.teach_button,
            self.anew,
            self.schedule,
            self.blind_chip,
            self.history_button,
            spacing=SPACE_3,
            parent=self._head,
        )
        line.setStretch(1, 1)

    def _connect(self) -> None:
        model, strip, shell = self.model, self.strip, self._shell
        model.task_changed.connect(self._show_all)
        model.columns_changed.connect(self._show_columns)
        model.composer_changed.connect(self._show_composer)
        model.running_changed.connect(self._show_running)
        model.place_changed.connect(self._show_place)
        model.answered.connect(self._show_enabled)
        model.blind.changed.connect(self._show_enabled)
        model.refused.connect(self._show_refusal)
        model.failed.connect(shell.toasts.show_failure)
        model.candidates.offers_changed.connect(self._show_enabled)
        self.schedule.chosen.connect(lambda value: model.set_at_once(value == "all"))
        self.vote_bar.voted.connect(self._vote)
        strip.asked.connect(self._on_column)
        strip.rated.connect(self._rate)
        strip.moved.connect(model.candidates.move)
        strip.add_wanted.connect(self._add)
        strip.focus_changed.connect(self.commands_changed)
        shell.navigation.task_opened.connect(self._take_task)
        shell.project.opened.connect(self._on_project)
        shell.project.edited.connect(lambda change: self._show_problem() if "problem" in change.parts else None)

    def _offer_commands(self) -> None:
        model, strip = self.model, self.strip
        self.offer("run", self._run, lambda: model.can_run)
        self.offer("stop", model.stop, lambda: model.running)
        self.offer("add_candidate", self._add, lambda: model.candidates.can_add)
        remove, removable = lambda: self._remove(strip.focused), lambda: self._can_edit and bool(strip.focused)
        self.offer("remove_candidate", remove, removable)
        self.offer("blind", self._toggle_blind, lambda: self._can_toggle_blind)
        self.offer("history", self._open_history, lambda: model.task is not None)

    # -- arriving ------------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        super().arrive()
        if self.model.task is None:
            self._recall_task()
        else:
            self.model.candidates.read_again()
        if self.composer is not None and self.model.task is not None:
            self.composer.focus_first()

    def _recall_task(self) -> None:
        """Go on with the use case that this project was left in."""
        session = self.model.session
        known = {task.id for task in all_tasks()}
        last = session.recall(_LAST_TASK, "") if session else ""
        if isinstance(last, str) and last in known:
            self._shell.navigation.choose_task(last)

    def _take_task(self, task_id: str) -> None:
        if task_id:
            self.model.open(find_task(task_id))
            self.model.edit(lambda session: session.remember(_LAST_TASK, task_id))

    def _on_project(self) -> None:
        task = self.model.task
        if task is not None:
            self.model.edit(lambda session: session.remember(_LAST_TASK, task.id))
        elif self.isVisible():
            self._recall_task()

    # -- showing -------------------------------------------------------------------------------------------------

    def _show_all(self) -> None:
        task = self.model.task
        self._stack.setCurrentIndex(0 if task is None else 1)
        if task is not None and (self.composer is None or self.composer.task is not task):
            self._make_composer(task)
        self._subtitle.retranslate()
        self._show_composer()
        self._show_columns()
        self._show_place()
        self._show_running()
        self._show_problem()

    def _make_composer(self, task: Task) -> None:
        if self.composer is not None:
            self._composer_place.removeWidget(self.composer)
            self.composer.hide()
            self.composer.deleteLater()
        made = self.composer = Composer(task)
        self._composer_place.addWidget(made)
        made.typed.connect(self.model.type)
        made.left.connect(self.model.store_draft)
        made.undo_wanted.connect(self._undo)
        made.run_wanted.connect(self._run)
        made.stop_wanted.connect(self.model.stop)
        made.sample_chosen.connect(lambda place: self.model.take_sample(self.model.samples[place]))
        made.options_changed.connect(self._set_options)
        made.scope_changed.connect(lambda _scope: self._show_options())
        if self.isVisible():
            made.focus_first()

    def _show_composer(self) -> None:
        task = self.model.task
        if self.composer is not None and task is not None:
            self.composer.show_draft(self.model.draft)
            self.composer.show_samples(self.model.samples, lambda sample: draft_of(task, sample))
            self._show_options()
        self.schedule.show_value("all" if self.model.at_once else "one")

    def _show_options(self) -> None:
        if self.composer is not None:
            options = self.composer.options
            options.show_scopes([(state.id, state.label) for state in self.model.live_columns])
            own = next((s.column.options for s in self.model.live_columns if s.id == options.scope), {})
            options.show_values(self.model.options, own)
            self.composer.look()

    def _show_columns(self) -> None:
        task = self.model.task
        if task is None:
            return
        states = self.model.columns
        before = self.strip.focused
        self.strip.show_columns(states, task, movable=not self.model.past and not self.model.blind.on)
        if before and not self.strip.focused and QApplication.focusWidget() is None and states:
            self.strip.reveal(states[-1].id)
        self._reveal_added()
        self._show_composer()
        self._show_enabled()

    def _reveal_added(self) -> None:
        """Give the focus to a column that was just added; the project tells of it in its own time."""
        if self._before_adding is None:
            return
        added = next((state.id for state in self.model.columns if state.id not in self._before_adding), None)
        if added is not None:
            self._before_adding = None
            QTimer.singleShot(0, self, lambda: self.strip.reveal(added))

    def _show_place(self) -> None:
        self.past_bar.show_place()
        if self.composer is not None:
            show_if(not self.model.past, self.composer)
        self._show_enabled()

    def _show_running(self) -> None:
        focused = QApplication.focusWidget()
        if self.model.blind.can_vote and self.model.blind.choice is None and focused in (None, self):
            self.vote_bar.refresh()
            self.vote_bar.buttons[0].setFocus()
        if self.composer is not None:
            self.composer.show_running(self.model.running, self.model.can_run)
        self._show_enabled()

    def _show_enabled(self) -> None:
        model = self.model
        states = model.columns
        ask = model.can_run and not model.past and model.shown_run is not None
        for place, column_view in enumerate(self.strip.columns):
            column_view.allow(self._can_edit, ask, model.writable, (place, len(states)))
        there = bool(states) or model.loading
        show_if(there, self.strip)
        show_if(not there, self.empty)
        teachable = model.task is not None and model.task.id in TEACHABLE
        self.empty.show_ways(bool(model.candidates.offers), teachable)
        self.strip.show_add_place(model.candidates.can_add)
        show_if(bool(model.blind.compared), self.vote_bar)
        self.vote_bar.refresh()
        show_if(model.talks and not model.past, self.anew)
        show_if(teachable, self.teach_button)
        self.anew.setEnabled(not model.running and any(state.turns for state in states))
        self.blind_chip.setChecked(model.blind.on)
        self.blind_chip.setEnabled(self._can_toggle_blind)
        if self.composer is not None:
            self.composer.run_button.setEnabled(model.can_run)
        self.schedule.setEnabled(model.writable and not model.running)
        self.commands_changed.emit()

    def _show_problem(self) -> None:
        """Say that nothing is stored right now, or that the project can only be looked at."""
        if self._problem is not None:
            self.body.removeWidget(self._problem)
            self._problem.deleteLater()
            self._problem = None
        session = self.model.session
        if session is not None and session.problem is not None:
            self._problem = Notice.of(session.problem)
        elif session is not None and session.read_only:
            self._problem = Notice(N_("This project can only be looked at; save a copy to go on in it."), "warn")
        if self._problem is not None:
            self.body.insertWidget(1, self._problem)

    def _show_refusal(self, failure: Failure) -> None:
        if self.composer is not None:
            self.composer.show_refusal(failure.message, failure.next_step)
            self.composer.focus_first()

    def _about(self) -> str:
        task = self.model.task
        self._subtitle.short = _(task.title) if task else ""
        return f"{_(task.title)} · {_(task.purpose)}" if task else ""

    # -- doing ---------------------------------------------------------------------------------------------------

    @property
    def _can_edit(self) -> bool:
        model = self.model
        return model.writable and not model.past and not model.blind.on

    @property
    def _can_toggle_blind(self) -> bool:
        return not self.model.running and (self.model.blind.on or self.model.blind.possible)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.vote_bar.isVisible() or not self.vote_bar.key(event.key()):
            super().keyPressEvent(event)

    def _run(self) -> None:
        if self.composer is not None:
            self.composer.show_refusal("", "")
        if self.model.can_run:
            asked = self.model.blind.chosen(self.model.live_columns)
            once_agreed(self._shell, [state.column.candidate for state in asked], self._run_now, self)

    def _run_now(self) -> None:
        self.model.run()
        if self.model.running and self.model.blind.on:
            # From here the keys 1 to 4 vote.
            self.setFocus()

    def _undo(self, back: bool) -> None:
        self.model.store_draft()
        self._shell.window_action("edit.undo" if back else "edit.redo")

    def _begin_anew(self) -> None:
        self.model.begin_anew()
        if self.composer is not None:
            self.composer.focus_first()

    def _toggle_blind(self) -> None:
        self.model.blind.turn(not self.model.blind.on)
        self._show_enabled()
        focused = QApplication.focusWidget()
        if self.composer is not None and (focused is None or not self.isAncestorOf(focused)):
            # The focused column is gone, or what had the focus in it: it would go somewhere outside.
            self.composer.focus_first()

    def _vote(self, choice: VoteChoice) -> None:
        self.model.blind.vote(choice)
        if self.composer is not None:
            self.composer.focus_first()

    def _rate(self, column_id: str, thumb: object, note: str) -> None:
        shown = self.strip.column(column_id)
        if shown is not None and shown.state.last is not None:
            self.model.rate(shown.state.last, thumb if thumb in ("up", "down") else None, note)

    def _set_options(self, scope: str, options: dict[str, Any]) -> None:
        if scope == ALL:
            self.model.set_options(options)
        else:
            self.model.candidates.set_options(scope, options)

    def explain(self, column_id: str) -> ExplainDialog | None:
        """Show why a candidate answered as it did last."""
        from studio.gui.viewmodels.explain import ExplainModel, keeper
        from studio.gui.widgets.explain.dialog import ExplainDialog

        task, shell = self.model.task, self._shell
        state = next((each for each in self.model.columns if each.id == column_id), None)
        last = state.last if state is not None else None
        if task is None or state is None or last is None or last.result is None:
            return None
        model = ExplainModel(
            task,
            state.column.candidate,
            last.inputs,
            last.result.options,
            shell.background,
            lambda: shell.library,
            lambda: shell.pool,
            keep=keeper(self.model.session, task, state.title, last.inputs),
            session=lambda: self.model.session,
        )
        dialog = ExplainDialog(model, state.title, self)
        dialog.open()
        return dialog

    def make_own(self) -> TeachDialog | None:
        """Make a candidate of this use case from the user's examples."""
        return self.teaching.open(self.model.task)

    def _try_taught(self, candidate: Candidate) -> None:
        if self.model.candidates.can_add:
            self._add_candidate(candidate)
        else:
            self._shell.toasts.show(N_("All places are taken: replace one of the candidates with it."), "accent")

    def _on_column(self, column_id: str, what: str) -> None:
        candidates = self.model.candidates
        states = self.model.columns
        place = next((number for number, state in enumerate(states) if state.id == column_id), None)
        if place is None:
            return
        state = states[place]
        candidate = state.column.candidate
        if what == "again":
            once_agreed(self._shell, [candidate], lambda: self.model.ask_again(state), self)
        elif what == "why":
            once_agreed(self._shell, [candidate], lambda: self.explain(column_id), self)
        elif not self._can_edit:
            return
        elif what == "replace":
            self._pick(lambda candidate: candidates.replace(column_id, candidate), replacing=True)
        elif what == "pin":
            candidates.pin(column_id, not state.column.baseline)
        elif what == "settings":
            self._show_settings_of(column_id)
        elif what in ("left", "right"):
            candidates.move(column_id, place + (1 if what == "right" else -1))
        elif what == "remove":
            self._remove(column_id)

    def _show_settings_of(self, column_id: str) -> None:
        if self.composer is not None:
            self._show_options()
            self.composer.unfold(True)
            self.composer.options.choose_scope(column_id)
            self._show_options()
            next(iter(self.composer.options.fields.values())).field.setFocus()

    def _remove(self, column_id: str) -> None:
        states = [state.id for state in self.model.columns]
        place = states.index(column_id) if column_id in states else 0
        if not self.model.candidates.remove(column_id):
            return
        rest = [each for each in states if each != column_id]
        # The focus goes to the neighbour, so that several can be removed in a row.
        neighbour = rest[min(place, len(rest) - 1)] if rest else ""
        QTimer.singleShot(0, self, lambda: self.strip.reveal(neighbour))
        self._shell.offer_undo(N_("Candidate removed."))

    def _add(self) -> None:
        if self.model.candidates.can_add:
            self._pick(self._add_candidate)

    def _add_candidate(self, candidate: Candidate) -> None:
        self._before_adding = {state.id for state in self.model.columns}
        self.model.candidates.add(candidate)

    def _pick(self, on_picked: Callable[[Candidate], object], replacing: bool = False) -> None:
        taken = {state.column.candidate for state in self.model.live_columns}
        device = str(self._shell.preferences.value("device"))
        picker = CandidatePicker(self.model.candidates, lambda: taken, device, replacing, self)
        picker.picked.connect(on_picked)
        picker.endpoints_wanted.connect(lambda: self._shell.navigation.open_place("models", "endpoints"))
        picker.finished.connect(picker.deleteLater)
        picker.open()

    def _open_history(self) -> None:
        (dialog := HistoryDialog(self._history, self.model.writable, self)).open()
        dialog.finished.connect(dialog.deleteLater)

    def retranslate(self) -> None:
        self.schedule.setToolTip(_("All at once is quicker, but times can't be compared: they share the processor."))
        self._show_problem()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.teaching.close()
        self.model.close()
        super().closeEvent(event)
