"""What can be done with a column's answer: copy, ask again, say what one thinks of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_
from studio.domain.project import Thumb
from studio.gui.theme.tokens import SPACE_1
from studio.gui.viewmodels.try_column import ColumnState
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text_area import GrowingTextArea


class _Note(GrowingTextArea):
    """A note that is stored when one leaves it.

    Signals:
        left: It lost the focus.
    """

    left = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class CandidateOpinion(QWidget):
    """A row of small buttons, and the note under it.

    Signals:
        again: The question shall be asked again.
        why: The last answer shall be explained.
        rated: A thumb (or None) and a note were given to the last turn.
    """

    again = Signal()
    why = Signal()
    rated = Signal(object, str)

    def __init__(self, state: ColumnState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.copy_button = IconButton("copy", N_("Copy the answer"), self._copy)
        self.again_button = IconButton("arrow-clockwise", N_("Ask again"), self.again.emit)
        self.why_button = IconButton("question", N_("Why this answer?"), self.why.emit)
        show_if(False, self.why_button)
        self.up = IconButton("thumbs-up", N_("Good answer"), lambda: self._rate("up"), checkable=True)
        self.down = IconButton("thumbs-down", N_("Bad answer"), lambda: self._rate("down"), checkable=True)
        self.note_button = IconButton("note-pencil", N_("Write a note"), self._toggle_note, checkable=True)
        self.note = _Note(N_("Note about this answer"), N_("What is good or bad about it?"), lines=(1, 4), kind="field")
        self.note.left.connect(self._store_note)
        self.note.submitted.connect(self._store_note)
        show_if(False, self.note)
        buttons = row(
            self.copy_button,
            self.again_button,
            self.why_button,
            None,
            self.up,
            self.down,
            self.note_button,
            spacing=SPACE_1,
        )
        column(buttons, self.note, spacing=SPACE_1, parent=self)
        state.turns_changed.connect(self._show_note)
        for signal in (state.turns_changed, state.turn_changed, state.text_added):
            signal.connect(self.refresh)
        self._can_ask, self._writable = False, True
        self._show_note()
        self.refresh()

    def offer_why(self, offered: bool) -> None:
        """Whether answers of this kind can be explained."""
        show_if(offered, self.why_button)

    def allow(self, ask: bool, rate: bool) -> None:
        """Whether the question can be asked again, and answers can be rated, right now."""
        self._can_ask, self._writable = ask, rate
        self.refresh()

    def refresh(self, *_text: object) -> None:
        """Show how the last answer was rated, and what can be done with it."""
        last = self._state.last
        there = last is not None and bool(last.answer) and not last.running
        self.copy_button.setEnabled(last is not None and bool(last.answer))
        self.again_button.setEnabled(last is not None and not last.running and self._can_ask)
        self.why_button.setEnabled(there and self._can_ask)
        rating = last.rating if last else None
        self.up.setChecked(rating is not None and rating.thumb == "up")
        self.down.setChecked(rating is not None and rating.thumb == "down")
        for button in (self.up, self.down, self.note_button):
            button.setEnabled(there and self._writable)
        if rating is not None and not self.note.hasFocus() and self.note.toPlainText().strip() != rating.note:
            self._show_note()

    def _show_note(self) -> None:
        last = self._state.last
        text = last.rating.note if last else ""
        self.note.setPlainText(text)
        self.note_button.setChecked(bool(text))
        show_if(bool(text), self.note)

    def _copy(self) -> None:
        if self._state.last:
            QGuiApplication.clipboard().setText(self._state.last.answer)

    def _rate(self, thumb: Thumb) -> None:
        last = self._state.last
        if last is not None:
            self.rated.emit(None if last.rating.thumb == thumb else thumb, last.rating.note)
        self.refresh()

    def _toggle_note(self) -> None:
        shown = self.note_button.isChecked()
        show_if(shown, self.note)
        if shown:
            self.note.setFocus()
        else:
            self._store_note()

    def _store_note(self) -> None:
        last = self._state.last
        text = self.note.toPlainText().strip()
        if last is not None and text != last.rating.note:
            self.rated.emit(last.rating.thumb, text)
