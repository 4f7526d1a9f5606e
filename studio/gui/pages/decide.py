"""Decide: what good enough means, whether a candidate is, and what running it would take."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QScrollArea, QStackedWidget, QWidget

from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import N_, _, language
from studio.gui.page import Page
from studio.gui.shell import Shell
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.decide import DecideModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.decide.brief_card import BriefCard
from studio.gui.widgets.decide.changes_notice import ChangesNotice
from studio.gui.widgets.decide.criteria_card import CriteriaCard
from studio.gui.widgets.decide.recommendation_card import RecommendationCard
from studio.gui.widgets.decide.sizing_card import SizingCard
from studio.gui.widgets.decide.verdict_cards import VerdictCards
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import ElidedText, Text
from studio.tasks import all_tasks, find_task

#: Where Try remembers which use case a project was left in.
_LAST_TASK = "try task"
#: By then the page has grown by the questions that were unfolded.
_LAID_OUT_MS = 50


class DecidePage(Page):
    """The whole screen."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.model = DecideModel(shell.background, shell.project, self)
        self._build_head()
        self._no_task = EmptyState(
            "squares-four",
            N_("Choose a use case first"),
            N_("Criteria and verdicts are about one use case and your own data."),
            N_("Choose a use case"),
            lambda: shell.navigation.open_screen("home"),
        )
        self.start = EmptyState(
            "scales",
            N_("Say what good enough means before you look at the numbers"),
            N_("Criteria that were set before the results convince; criteria set after them are named as such."),
            N_("Use suggestions"),
            lambda: self.model.put_all(self.model.suggestions),
        )
        self.by_hand = Button(N_("Add a criterion"), icon_name="plus", on_click=lambda: self.criteria.open_dialog(None))
        self.start.add_button(self.by_hand)
        self._no_evaluation = Notice(
            N_("Nothing was evaluated yet. Verdicts appear when the candidates have answered your data."),
            action=N_("Go to Evaluate"),
            on_action=lambda: shell.navigation.open_screen("evaluate"),
        )
        self.changes = ChangesNotice()
        self.verdicts = VerdictCards()
        self.criteria = CriteriaCard(self.model)
        self.recommendation = RecommendationCard()
        self.sizing = SizingCard(self.model)
        self.brief = BriefCard(self.model)
        self._problem_place = column()
        content = QWidget()
        column(
            self._problem_place,
            self._no_evaluation,
            self.start,
            self.changes,
            self.verdicts,
            self.criteria,
            self.recommendation,
            self.sizing,
            self.brief,
            None,
            spacing=SPACE_4,
            margins=(0, 0, SPACE_2, 0),
            parent=content,
        )
        self._area: QScrollArea = scrolled(content)
        self._stack = QStackedWidget()
        for view in (self._no_task, self._area):
            self._stack.addWidget(view)
        self.body.addLayout(self._head)
        self.body.addWidget(self._stack, 1)
        self._connect()
        self._take_task(shell.navigation.task)
        self.retranslate()

    def _build_head(self) -> None:
        self._title = Text(N_("Decide"), role="title")
        self._subtitle = ElidedText(role="muted")
        self.which = QComboBox()
        self.which.setMinimumWidth(200)
        self.which.setMaximumWidth(300)
        self.which.activated.connect(lambda place: self.model.choose(int(self.which.itemData(place))))
        self.brief_button = Button(N_("Edit brief"), icon_name="note-pencil", on_click=self.open_brief)
        self.report_button = Button(
            N_("Make report"), "primary", on_click=lambda: self._shell.navigation.open_screen("report")
        )
        self._head = row(
            self._title, self._subtitle, self.which, self.brief_button, self.report_button, spacing=SPACE_3
        )
        self._head.setStretch(1, 1)

    def _connect(self) -> None:
        model, shell = self.model, self._shell
        model.changed.connect(self._show)
        model.failed.connect(shell.toasts.show_failure)
        self.criteria.removed.connect(lambda: shell.offer_undo(N_("Criterion removed.")))
        self.recommendation.weighed.connect(model.weigh)
        self.sizing.asked.connect(model.size)
        shell.navigation.task_opened.connect(self._take_task)

    # -- arriving ----------------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        super().arrive()
        session = self.model.session
        if self.model.task is None and session is not None:
            last = session.recall(_LAST_TASK, "")
            if last in {task.id for task in all_tasks()}:
                self._shell.navigation.choose_task(last)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.show_now(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.brief.store()
        self.model.show_now(False)

    def _take_task(self, task_id: str) -> None:
        if task_id:
            self.brief.store()
            self.model.open(find_task(task_id))
        self._show()

    def open_brief(self) -> None:
        """Show the questions about the product, and go to the first."""
        self.brief.open()
        first = next(iter(self.brief.texts.values()), None)
        if first is not None:
            first.setFocus()
            # The layout has to take the questions in first.
            QTimer.singleShot(_LAID_OUT_MS, self, self._go_to_brief)

    def _go_to_brief(self) -> None:
        self._area.verticalScrollBar().setValue(self.brief.y())

    # -- showing -----------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self.which.setAccessibleName(_("Evaluation"))
        if self.model.decision is not None:
            # Its sentences were written in the language of that time.
            self.model.decide_again()
        self._show()

    def _show(self) -> None:
        model = self.model
        self._stack.setCurrentWidget(self._no_task if model.task is None else self._area)
        self._show_head()
        if model.deciding:
            # What is on show stays until the new verdicts are there.
            if model.decision is None:
                self._show_parts(False, False)
            return
        self._show_problem()
        decision, evaluation = model.decision, model.evaluation
        if decision is None:
            self._show_parts(False, False)
            return
        self._show_parts(bool(decision.criteria), evaluation is not None)
        currency = decision.currency
        self.criteria.show_criteria(currency)
        since = [c for c in decision.changes if evaluation is not None and c.evaluation >= evaluation.info.id]
        self.changes.show_changes(since, currency)
        self.start.button.setEnabled(model.writable and bool(model.suggestions))
        self.by_hand.setEnabled(model.writable)
        if evaluation is not None:
            self.verdicts.show_decision(decision, evaluation, currency)
            if decision.recommendation is not None:
                self.recommendation.show_recommendation(decision.recommendation, evaluation, currency, model.writable)
        self.sizing.show_sizing(decision, evaluation)
        self.commands_changed.emit()

    def _show_parts(self, criteria: bool, evaluation: bool) -> None:
        known = self.model.decision is not None
        show_if(known and not evaluation, self._no_evaluation)
        show_if(known and not criteria, self.start)
        show_if(known and criteria, self.criteria)
        show_if(known, self.brief)
        for part in (self.verdicts, self.recommendation, self.sizing):
            show_if(known and criteria and evaluation, part)
        if not known:
            show_if(False, self.changes)

    def _show_head(self) -> None:
        model = self.model
        has_task = model.task is not None
        words = [_(model.task.title)] if model.task is not None else []
        if model.deciding:
            words.append(_("deciding …"))
        self._subtitle.setText(" · ".join(words))
        names = [_name(info) for info in model.evaluations]
        if names != [self.which.itemText(place) for place in range(self.which.count())]:
            self.which.clear()
            for name, info in zip(names, model.evaluations, strict=True):
                self.which.addItem(name, info.id)
        if model.evaluation is not None:
            self.which.setCurrentIndex(max(0, self.which.findData(model.evaluation.info.id)))
        show_if(has_task and bool(model.evaluations), self.which)
        show_if(has_task, self.brief_button)
        show_if(has_task and bool(model.evaluations), self.report_button)

    def _show_problem(self) -> None:
        clear(self._problem_place)
        if self.model.failure is not None:
            notice = Notice.of(self.model.failure, N_("Try again"), self.model.decide_again)
            self._problem_place.addWidget(notice)


def _name(info: EvaluationInfo) -> str:
    started = QDateTime.fromSecsSinceEpoch(int(info.started.timestamp()))
    when = QLocale(language()).toString(started, QLocale.FormatType.ShortFormat)
    return f"{info.title or info.dataset.name} · {when}"
