"""The product brief: guided questions about the product, stored while one types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QMenu, QPlainTextEdit, QWidget

from studio.decision.questions import questions_for
from studio.decision.suggestions import Template
from studio.domain.decision import BriefQuestion
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.decide import DecideModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import Text
from studio.gui.widgets.text_area import GrowingTextArea
from studio.gui.words import Translated, said

#: Stored so long after the last key.
_TYPED_MS = 400


class BriefCard(Translated, Card):
    """The questions of a use case; folded, how many are answered."""

    def __init__(self, model: DecideModel, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, parent=parent)
        self._model = model
        self._task_id = ""
        self.texts: dict[str, GrowingTextArea] = {}
        self.checks: dict[str, SegmentedControl] = {}
        self.notes: dict[str, _Note] = {}
        self._waiting: dict[tuple[str, bool], Callable[[], str]] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TYPED_MS)
        self._soon.timeout.connect(self.store)
        self._count = Text(role="muted")
        self.template_button = Button(N_("Templates"), icon_name="clipboard-text", on_click=self._open_templates)
        self.fold = Button(N_("Open"), "ghost", "caret-down", self.toggle)
        self.body.addLayout(
            row(
                Text(N_("Product brief"), role="heading"),
                self._count,
                None,
                self.template_button,
                self.fold,
                spacing=SPACE_2,
            )
        )
        self._content = QWidget()
        self._lines = column(spacing=SPACE_2, parent=self._content)
        show_if(False, self._content)
        self.body.addWidget(self._content)
        model.brief_changed.connect(self.show_brief)
        model.changed.connect(self._show_enabled)
        self.retranslate()

    def retranslate(self) -> None:
        self.fold.say(N_("Fold") if self.is_open else N_("Open"))
        self._show_count()

    @property
    def is_open(self) -> bool:
        """Whether the questions are on show."""
        return not self._content.isHidden()

    def toggle(self) -> None:
        """Fold or unfold."""
        self.open(not self.is_open)

    def open(self, shown: bool = True) -> None:
        """Show the questions, or fold them."""
        if shown:
            self.show_brief()
        show_if(shown, self._content)
        self.fold.set_icon("caret-up" if shown else "caret-down")
        self.retranslate()

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_brief(self) -> None:
        """Show the answers there are; a field that is being typed in is left alone."""
        task, brief = self._model.task, self._model.brief()
        if task is None or brief is None:
            return
        if task.id != self._task_id:
            self.store()
            self._task_id = task.id
            self._build(questions_for(task.id))
        for key, field in self.texts.items():
            _set_text(field, brief.answers.get(key, ""), (key, False) in self._waiting)
        for key, check in self.checks.items():
            check.show_value(brief.answers.get(key, "") or "open")
        for key, note in self.notes.items():
            if note.text() != brief.notes.get(key, "") and (key, True) not in self._waiting:
                note.setText(brief.notes.get(key, ""))
        self._show_enabled()
        self._show_count()

    def _build(self, questions: tuple[BriefQuestion, ...]) -> None:
        clear(self._lines)
        self.texts, self.checks, self.notes = {}, {}, {}
        section = ""
        for question in questions:
            if question.section != section:
                section = question.section
                self._lines.addWidget(Line())
                self._lines.addWidget(Text(section, role="strong"))
            self._lines.addWidget(self._check(question) if question.kind == "check" else self._text(question))

    def _text(self, question: BriefQuestion) -> QWidget:
        field = GrowingTextArea(question.question, question.hint, lines=(1, 6))
        field.textChanged.connect(partial(self._typed, question.id, False, field.toPlainText))
        self.texts[question.id] = field
        holder = QWidget()
        column(Text(question.question, wrap=True), field, spacing=SPACE_1, parent=holder)
        return holder

    def _check(self, question: BriefQuestion) -> QWidget:
        choice = SegmentedControl(
            (("yes", N_("Yes")), ("no", N_("No")), ("open", N_("Open"))), "open", question.question
        )
        choice.chosen.connect(lambda value, key=question.id: self._model.answer(key, "" if value == "open" else value))
        note = _Note()
        note.textChanged.connect(lambda _text, key=question.id, note=note: self._typed(key, True, note.text))
        self.checks[question.id], self.notes[question.id] = choice, note
        holder = QWidget()
        line = row(Text(question.question, wrap=True), note, choice, spacing=SPACE_3, parent=holder)
        line.setStretch(0, 3)
        line.setStretch(1, 2)
        return holder

    def _show_enabled(self) -> None:
        writable = self._model.writable
        for field in self.texts.values():
            field.setReadOnly(not writable)
        for control in (*self.checks.values(), *self.notes.values()):
            control.setEnabled(writable)
        self.template_button.setEnabled(writable and bool(self._model.templates))
        show_if(bool(self._model.templates), self.template_button)

    def _show_count(self) -> None:
        brief, task = self._model.brief(), self._model.task
        if brief is None or task is None:
            return
        questions = questions_for(task.id)
        done = sum(bool(brief.answers.get(question.id)) for question in questions)
        self._count.setText(_("{done} of {n} answered").format(done=done, n=len(questions)))

    # -- typing ------------------------------------------------------------------------------------------------------

    def _typed(self, key: str, note: bool, text: Callable[[], str]) -> None:
        brief = self._model.brief()
        if brief is None:
            return
        stored = (brief.notes if note else brief.answers).get(key, "")
        if text() != stored:
            self._waiting[key, note] = text
            self._soon.start()
        else:
            self._waiting.pop((key, note), None)

    def store(self) -> None:
        """Store what was typed, now."""
        self._soon.stop()
        waiting, self._waiting = self._waiting, {}
        for (key, note), text in waiting.items():
            self._model.answer(key, text(), note)

    def _open_templates(self) -> None:
        menu = QMenu(self)
        for template in self._model.templates:
            menu.addAction(_(template.title)).triggered.connect(
                lambda _checked=False, each=template: self.use_template(each)
            )
        menu.popup(self.template_button.mapToGlobal(self.template_button.rect().bottomLeft()))

    def use_template(self, template: Template) -> None:
        """Answer what is open, and add the template's criteria that are not there."""
        self.store()
        self._model.fill({key: _(text) for key, text in template.answers.items()})
        there = {each.id for each in self._model.criteria}
        self._model.put_all([each for each in template.criteria if each.id not in there])
        self.open()


class _Note(Translated, QLineEdit):
    """The note beside a check."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(120)
        self.retranslate()

    def retranslate(self) -> None:
        self.setPlaceholderText(said(N_("Note")))
        self.setAccessibleName(said(N_("Note")))


def _set_text(field: QPlainTextEdit, text: str, typing: bool) -> None:
    if not typing and field.toPlainText() != text:
        field.setPlainText(text)
