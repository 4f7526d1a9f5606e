"""One candidate of Try: head, what it says, and how it did."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QDrag, QKeyEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from studio.domain.i18n import N_, _
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_2, SPACE_4
from studio.gui.viewmodels.try_column import ColumnState
from studio.gui.viewmodels.try_loading import talks, typed_in
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_answer import TurnView
from studio.gui.widgets.candidate_figures import CandidateFigures
from studio.gui.widgets.candidate_head import CandidateHead
from studio.gui.widgets.candidate_opinion import CandidateOpinion
from studio.gui.widgets.card import ColumnFrame
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text, restyle
from studio.gui.words import Translated

#: Narrowest a column may be; more of them scroll sideways.
LEAST_WIDTH = 280
_LEAST_HEIGHT = 64
#: What a dragged column is, for whoever it is dropped on.
MIME = "application/x-prototype-studio-column"
_STEP = 40


class CandidateColumn(Translated, ColumnFrame):
    """A column. It can be focused; then the arrow keys scroll it and Alt with an arrow key moves it.

    Signals:
        asked: Something was asked for by its id: ``replace``, ``pin``, ``settings``, ``left``, ``right``, ``remove``,
            ``again``, ``why``.
        rated: A thumb (or None) and a note were given to the last turn.
    """

    asked = Signal(str)
    rated = Signal(object, str)

    def __init__(self, state: ColumnState, task: Task, movable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.movable = movable
        self.task = task
        self.setMinimumWidth(LEAST_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.head_view = CandidateHead(state, movable)
        self.head_view.asked.connect(self.asked)
        self.head_view.dragged.connect(self._drag)
        self.opinion = CandidateOpinion(state)
        self.opinion.again.connect(lambda: self.asked.emit("again"))
        self.opinion.why.connect(lambda: self.asked.emit("why"))
        # Asking an endpoint dozens of times for one answer is nothing that it offers.
        self.opinion.offer_why(task.explainable and not state.column.candidate.remote)
        self.opinion.rated.connect(self.rated)
        self.figures = CandidateFigures(state, task)
        self._hidden = Text(N_("Name and figures appear after your vote."), role="caption", wrap=True)
        show_if(False, self._hidden)
        self._empty = Text(N_("Press Run to see its answer."), role="muted", wrap=True)
        self._ask = Button(N_("Ask this one too"), icon_name="play", on_click=lambda: self.asked.emit("again"))
        self._turns: list[TurnView] = []
        self._content = QWidget()
        self._list = column(spacing=SPACE_4)
        column(self._empty, row(self._ask, None), self._list, None, spacing=SPACE_2, parent=self._content)
        self._area = QScrollArea()
        self._area.setProperty("surface", "plain")
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Else a column that begins with a long conversation asks for more height than the window may have.
        self._area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._area.setMinimumHeight(_LEAST_HEIGHT)
        self._area.setWidget(self._content)
        # The area fills what it shows with the window's colour, unless told not to.
        self._content.setAutoFillBackground(False)
        self.head.addWidget(self.head_view)
        self.body.addWidget(self._area, 1)
        self.foot.addWidget(self.opinion)
        self.foot.addWidget(self.figures)
        self.foot.addWidget(self._hidden)
        self._follow = True
        bar = self._area.verticalScrollBar()
        bar.rangeChanged.connect(lambda _low, high: bar.setValue(high) if self._follow else None)
        bar.valueChanged.connect(self._on_scroll)
        state.turns_changed.connect(self._show_turns)
        state.turn_changed.connect(self._refresh)
        state.text_added.connect(self._add_text)
        state.compared.connect(self._refresh)
        state.described.connect(self.retranslate)
        self._can_ask = False
        self._show_turns()
        self.retranslate()

    @property
    def turns(self) -> list[TurnView]:
        """What it says, oldest first."""
        return self._turns

    def allow(self, edit: bool, ask: bool, rate: bool, place: tuple[int, int]) -> None:
        """What can be done with it right now.

        Args:
            edit: Whether columns may be changed.
            ask: Whether there is a question that it can be asked (again).
            rate: Whether answers can be rated.
            place: Its place among the columns, and how many there are.
        """
        self._can_ask = ask
        for item in ("replace", "pin", "settings", "remove"):
            self.head_view.allow(item, edit)
        self.head_view.allow("left", edit and place[0] > 0)
        self.head_view.allow("right", edit and place[0] < place[1] - 1)
        self.opinion.allow(ask, rate)
        self._show_empty()

    def retranslate(self) -> None:
        self.setAccessibleName(self.head_view.spoken_name)
        self.setWhatsThis(
            _("A candidate. Alt with an arrow key moves it, Ctrl+W removes it, the arrow keys scroll it.")
        )
        # Copying, rating and figures would tell who it is, or come before the vote.
        show_if(not self.state.hidden, self.opinion)
        show_if(not self.state.hidden, self.figures)
        show_if(self.state.hidden, self._hidden)
        pinned = self.state.column.baseline and not self.state.hidden
        if self.property("baseline") != pinned:
            self.setProperty("baseline", pinned)
            restyle(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._area.verticalScrollBar()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        moves = {Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right"}
        steps = {
            Qt.Key.Key_Up: -_STEP,
            Qt.Key.Key_Down: _STEP,
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
        }
        if alt and event.key() in moves:
            self.asked.emit(moves[Qt.Key(event.key())])
        elif event.key() in steps and self.hasFocus():
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _show_turns(self) -> None:
        turns = self.state.turns
        # Turns that stay keep their widgets: a conversation grows at its end.
        same = 0
        while same < min(len(turns), len(self._turns)) and self._turns[same].turn is turns[same]:
            same += 1
        for view in self._turns[same:]:
            self._list.removeWidget(view)
            view.setParent(None)
            view.deleteLater()
        del self._turns[same:]
        talk = talks(self.task)
        for turn in turns[same:] if talk else turns[-1:]:
            question = next(iter(typed_in(self.task, turn.inputs).values()), "") if talk else ""
            view = TurnView(turn, self.task.output, question, self._help)
            self._turns.append(view)
            self._list.addWidget(view)
        self._follow = talk
        if talk:
            QTimer.singleShot(0, self, self._scroll_to_end)
        self._refresh()
        self._show_empty()

    def _show_empty(self) -> None:
        show_if(not self._turns, self._empty)
        show_if(not self._turns and self._can_ask, self._ask)

    def _refresh(self) -> None:
        if self._turns:
            self._turns[-1].refresh(self.state.baseline)
        last = self.state.last
        if last is not None and not last.running:
            # A screen reader then says the answer when the column gets the focus.
            failure = last.result.failure if last.result else None
            self.setAccessibleDescription(failure.message if failure and not last.answer else last.answer)

    def _add_text(self, piece: str) -> None:
        if self._turns:
            self._turns[-1].add_text(piece)

    def _help(self, kind: str) -> None:
        self.asked.emit(kind)

    def _on_scroll(self, value: int) -> None:
        """Follow the answer while it grows, unless the user scrolled up to read."""
        bar = self._area.verticalScrollBar()
        self._follow = (talks(self.task) or self.state.running) and value >= bar.maximum() - 4

    def _scroll_to_end(self) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _drag(self) -> None:
        drag = QDrag(self)
        data = QMimeData()
        data.setData(MIME, self.state.id.encode())
        drag.setMimeData(data)
        drag.setPixmap(self.head_view.grab())
        drag.exec(Qt.DropAction.MoveAction)
