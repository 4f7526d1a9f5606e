"""One row in full: what went in, what was expected, what each candidate answered, and what people say about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.errors import StudioError
from studio.domain.evaluation import Answer, EvaluatedCandidate
from studio.domain.i18n import N_, _, ngettext
from studio.domain.prediction import GeneratedText, Output
from studio.domain.project import Rating, Thumb
from studio.domain.task import FILE_KINDS, Task
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_results_rows import ResultRows, Verdict
from studio.gui.widgets.answers import viewer_for
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.inputs import shown_value
from studio.gui.widgets.layouts import clear, column, row, scrolled_on_card, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.widgets.text_area import GrowingTextArea
from studio.gui.words import plain
from studio.services.evaluation_pages import ResultRow
from studio.services.figures import seconds

_SIGNS: dict[Verdict, tuple[str, str]] = {
    "right": (N_("right"), "good"),
    "wrong": (N_("wrong"), "bad"),
    "failed": (N_("no answer"), "warn"),
}


class NoteField(GrowingTextArea):
    """A note that is stored when one leaves it.

    Signals:
        written: It holds another text than before.
    """

    written = Signal(str)

    def __init__(self, name: str, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(name, placeholder, lines=(1, 4), parent=parent)
        self._stored = ""
        self.submitted.connect(self.store)

    def show_note(self, text: str) -> None:
        """Show what is stored."""
        self._stored = text
        if not self.hasFocus():
            self.setPlainText(text)

    def store(self) -> None:
        """Say what was written, if it is something else."""
        text = self.toPlainText().strip()
        if text != self._stored:
            self._stored = text
            self.written.emit(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.store()


class AnswerPart(QFrame):
    """One candidate's answer to the row.

    Signals:
        rated: A rating was given.
        why_wanted: It shall be explained.
    """

    rated = Signal(object)
    why_wanted = Signal()

    def __init__(self, candidate: EvaluatedCandidate, output_kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "plain")
        self._rating = Rating()
        self._answer: Answer | None = None
        self._can_ask = candidate.candidate is not None and not candidate.candidate.remote
        self._name = ElidedText(plain(candidate.title), role="strong")
        self._sign = Badge()
        self._figures = Text(role="caption", wrap=True)
        self._viewer = viewer_for(output_kind)
        self._nothing = Text(role="muted", wrap=True)
        self._problem: Notice | None = None
        self._notices = Text(role="muted", wrap=True)
        self.up = IconButton("thumbs-up", N_("Good answer"), partial(self._rate, "up"), checkable=True)
        self.down = IconButton("thumbs-down", N_("Bad answer"), partial(self._rate, "down"), checkable=True)
        self.copy = IconButton("copy", N_("Copy the answer"), self._copy)
        self.why = IconButton("question", N_("Why this answer?"), self.why_wanted.emit)
        self.note = NoteField(N_("Note about this answer"), N_("What is good or bad about it?"))
        self.note.written.connect(lambda text: self._say(Rating(self._rating.thumb, text)))
        self.note_button = IconButton("note-pencil", N_("Write a note"), self._toggle_note, checkable=True)
        head = row(
            self._name,
            self._sign,
            self.why,
            self.copy,
            self.up,
            self.down,
            self.note_button,
            spacing=SPACE_1,
            margins=(0,) * 4,
        )
        head.setStretch(0, 1)
        self._body = column(
            head, self._viewer, self._nothing, self._notices, self._figures, self.note, spacing=SPACE_1 + 2, parent=self
        )

    def show_answer(
        self,
        answers: tuple[Answer, ...],
        verdict: Verdict,
        score: str,
        compared: Output | None,
        rating: Rating,
        writable: bool,
    ) -> None:
        """Show the first of a candidate's answers (one for each repeat)."""
        self._answer = answer = answers[0] if answers else None
        output = answer.output if answer else None
        show_if(output is not None, self._viewer)
        if output is not None:
            self._viewer.show_output(output, compared if isinstance(output, GeneratedText) else None)
        if self._problem is not None:
            self._body.removeWidget(self._problem)
            self._problem.deleteLater()
            self._problem = None
        if answer is not None and answer.failure is not None:
            self._problem = Notice.of(answer.failure)
            self._body.insertWidget(1, self._problem)
        show_if(answer is None, self._nothing)
        self._nothing.say(N_("Not answered yet."))
        show_if(bool(verdict), self._sign)
        if verdict:
            words, tone = _SIGNS[verdict]
            self._sign.say(words)
            self._sign.set_tone(tone)
        notices = "\n".join(answer.notices) if answer else ""
        show_if(bool(notices), self._notices)
        self._notices.setText(notices)
        self._figures.say(lambda: _figures(answers, score))
        show_if(bool(_figures(answers, score)), self._figures)
        self._show_rating(rating, writable)

    def _show_rating(self, rating: Rating, writable: bool) -> None:
        self._rating = rating
        self.up.setChecked(rating.thumb == "up")
        self.down.setChecked(rating.thumb == "down")
        for button in (self.up, self.down, self.note_button):
            button.setEnabled(writable and self._answer is not None)
        self.copy.setEnabled(self._answer is not None and self._answer.output is not None)
        self.why.setEnabled(self.copy.isEnabled())
        self.note.show_note(rating.note)
        self.note.setReadOnly(not writable)
        shown = bool(rating.note) or self.note.hasFocus()
        self.note_button.setChecked(shown)
        show_if(shown, self.note)

    def offer_why(self, offered: bool) -> None:
        """Whether answers of this kind can be explained; those that came from elsewhere never can."""
        show_if(offered and self._can_ask, self.why)

    def _rate(self, thumb: Thumb) -> None:
        self._say(Rating(None if self._rating.thumb == thumb else thumb, self._rating.note))

    def _say(self, rating: Rating) -> None:
        self._rating = rating
        self.rated.emit(rating)

    def _toggle_note(self) -> None:
        show_if(self.note_button.isChecked(), self.note)
        if self.note_button.isChecked():
            self.note.setFocus()
        else:
            self.note.store()

    def _copy(self) -> None:
        if self._answer is not None and self._answer.output is not None:
            QGuiApplication.clipboard().setText(self._answer.output.text)


def _figures(answers: tuple[Answer, ...], score: str) -> str:
    if not answers:
        return ""
    answer = answers[0]
    parts = [score]
    if answer.latency_s is not None:
        parts.append(_("answered in {time}").format(time=seconds(answer.latency_s)))
    if answer.ttft_s is not None:
        parts.append(_("first word after {time}").format(time=seconds(answer.ttft_s)))
    if isinstance(answer.output, GeneratedText) and answer.output.finish_reason == "length":
        parts.append(_("cut at the limit on new tokens"))
    if len(answers) > 1:
        different = len({each.output.text for each in answers if each.output is not None})
        parts.append(
            ngettext("{n} different answer in {m} repeats", "{n} different answers in {m} repeats", different).format(
                n=different, m=len(answers)
            )
        )
    return " · ".join(part for part in parts if part)


class RowDetail(Card):
    """The panel beside the table.

    Signals:
        closed: It shall go away.
        step_wanted: The next (1) or the previous (-1) row shall be shown.
        starred: The row shall be starred, or no longer.
        noted: A note about the row was written.
        rated: A candidate's answer (its id) was rated.
        why_wanted: A candidate's answer (its id) shall be explained.
    """

    closed = Signal()
    step_wanted = Signal(int)
    starred = Signal(bool)
    noted = Signal(str)
    rated = Signal(int, object)
    why_wanted = Signal(int)

    def __init__(self, rows: ResultRows, task_of: Callable[[], Task | None], parent: QWidget | None = None) -> None:
        super().__init__(margin=0, spacing=0, parent=parent)
        self._rows, self._task_of = rows, task_of
        self._writable = False
        self._parts: dict[int, AnswerPart] = {}
        self.title = Text(role="heading")
        self.star = IconButton("star", N_("Star: this row must never fail"), self._star, checkable=True)
        head = row(
            self.title,
            None,
            self.star,
            IconButton("caret-up", N_("Previous row"), partial(self.step_wanted.emit, -1)),
            IconButton("caret-down", N_("Next row"), partial(self.step_wanted.emit, 1)),
            IconButton("x", N_("Close"), self.closed.emit),
            spacing=SPACE_1,
            margins=(SPACE_3, SPACE_2, SPACE_2, SPACE_2),
        )
        self.note = NoteField(N_("Note about this row"), N_("Write a note about this row"))
        self.note.written.connect(self.noted)
        self._content = QWidget()
        self._list = column(spacing=SPACE_3, margins=(SPACE_3,) * 4, parent=self._content)
        self._input = column(spacing=2)
        self._answers = column(spacing=SPACE_3)
        self._others = column(spacing=SPACE_1)
        self._hint = Text(N_("Pin a baseline in the overview to see where answers differ."), role="caption", wrap=True)
        self._others_shown = False
        self._fold = Button(self._fold_words, "link", on_click=self._toggle_others)
        self._list.addLayout(self._input)
        self._list.addLayout(self._answers)
        self._list.addWidget(self._hint)
        self._list.addWidget(Line())
        self._list.addWidget(self.note)
        self._list.addLayout(row(self._fold, None))
        self._list.addLayout(self._others)
        self._list.addStretch(1)
        area = scrolled_on_card(self._content)
        self.body.addLayout(head)
        self.body.addWidget(Line())
        self.body.addWidget(area, 1)
        self._shown: ResultRow | None = None
        self._place = -1

    def _fold_words(self) -> str:
        return _("Hide the other columns") if self._others_shown else _("Show the other columns")

    def show_row(self, place: int, found: ResultRow, writable: bool) -> None:
        """Show a row, or what changed about it."""
        new = self._shown is None or self._shown.row.position != found.row.position
        self._shown, self._place, self._writable = found, place, writable
        self.title.say(lambda: _("Row {n}").format(n=f"{found.row.position + 1:,}"))
        self.star.setChecked(found.row.critical)
        self.star.set_icon("star-fill" if found.row.critical else "star")
        self.star.setEnabled(writable)
        self.note.setReadOnly(not writable)
        self.note.show_note(found.row.note)
        if new:
            self._show_input(found)
        self._show_answers(found)

    def store_notes(self) -> None:
        """Store what is being written about the row on show, before another one is shown."""
        self.note.store()
        for part in self._parts.values():
            part.note.store()

    def _show_input(self, found: ResultRow) -> None:
        info = self._rows.info
        clear(self._input)
        clear(self._others)
        if info is None:
            return
        mapping = info.settings.mapping
        main = [*mapping.inputs.values(), *([mapping.reference] if mapping.reference else [])]
        for name in main:
            is_reference = name == mapping.reference and name not in mapping.inputs.values()
            text = self._rows.cell_of(found, name)
            self._input.addWidget(Text(N_("Expected") if is_reference else plain(name), role="caption"))
            picture = None if is_reference else self._picture(name, text)
            if picture is not None:
                self._input.addWidget(picture)
            value = Text(role="body" if is_reference or picture else "lead", wrap=True, selectable=True)
            value.setText(text)
            self._input.addWidget(value)
        others = [name for name in info.dataset.columns if name not in main]
        show_if(bool(others), self._fold)
        for name in others:
            self._others.addWidget(Text(plain(name), role="caption"))
            value = Text(wrap=True, selectable=True)
            value.setText(self._rows.cell_of(found, name) or "–")
            self._others.addWidget(value)
        self._show_others()

    def _picture(self, column: str, cell: str) -> QWidget | None:
        """What a cell names, where that is a picture or a recording."""
        from studio.services.field_values import folder_of, value_of_cell

        info, task = self._rows.info, self._task_of()
        if info is None or task is None:
            return None
        fields = {info.settings.mapping.inputs.get(field.name): field for field in task.inputs}
        field = fields.get(column)
        if field is None or field.kind not in FILE_KINDS:
            return None
        try:
            return shown_value(field, str(value_of_cell(field, cell, folder_of(info.dataset))))
        except StudioError:
            # It leads where the studio does not look; the answer says so.
            return None

    def _show_others(self) -> None:
        for number in range(self._others.count()):
            item = self._others.itemAt(number)
            widget = item.widget() if item is not None else None
            if widget is not None:
                show_if(self._others_shown, widget)
        self._fold.retranslate()

    def _toggle_others(self) -> None:
        self._others_shown = not self._others_shown
        self._show_others()

    def _show_answers(self, found: ResultRow) -> None:
        task = self._task_of()
        candidates = self._rows.candidates
        written = task is not None and task.output == "text" and len(candidates) > 1
        show_if(written and self._rows.info is not None and self._rows.info.baseline is None, self._hint)
        if tuple(self._parts) != tuple(each.id for each in candidates):
            clear(self._answers)
            self._parts = {}
            for candidate in candidates:
                part = AnswerPart(candidate, task.output if task else "text")
                part.rated.connect(partial(self.rated.emit, candidate.id))
                part.why_wanted.connect(partial(self.why_wanted.emit, candidate.id))
                part.offer_why(task is not None and task.explainable)
                self._answers.addWidget(Line())
                self._answers.addWidget(part)
                self._parts[candidate.id] = part
        for candidate in candidates:
            verdict, score = self._rows.verdict(self._place, candidate.id)
            self._parts[candidate.id].show_answer(
                found.answers.get(candidate.id, ()),
                verdict,
                "" if score is None else self._rows.score_text(score),
                self._compared_with(found, candidate),
                found.ratings.get(candidate.id, Rating()),
                self._writable,
            )

    def _compared_with(self, found: ResultRow, candidate: EvaluatedCandidate) -> Output | None:
        """The baseline's answer, which differences are marked against; none for the baseline itself."""
        baseline = self._rows.info.baseline if self._rows.info else None
        answers = found.answers.get(baseline, ()) if baseline is not None and candidate.id != baseline else ()
        return answers[0].output if answers else None

    def _star(self) -> None:
        self.starred.emit(self.star.isChecked())
