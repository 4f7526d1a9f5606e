"""What one column says: a question with its answer, what it does meanwhile, and why there is no answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.domain.prediction import GeneratedText, Output
from studio.gui.theme.tokens import ICON_SMALL, SPACE_1, SPACE_2, SPACE_3, SPACE_8
from studio.gui.viewmodels.try_column import Turn
from studio.gui.widgets.answers import AnswerView, viewer_for
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Text
from studio.gui.words import Words, plain

#: What a column does, in words.
STAGES: dict[str, str] = {
    "waiting": N_("Waiting for its turn"),
    "loading": N_("Loading the model"),
    "warming up": N_("Warming up"),
    "answering": N_("Answering"),
    "measuring": N_("Measuring how fast it is"),
    "stopping": N_("Stopping"),
}
#: What helps after which failure: another try, another model, or other settings.
_OFFERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("WorkerCrashed", "WorkerError", "WorkerHung", "InternalError", "ProjectStorageError"), "again"),
    (("EndpointError", "EndpointAccessError", "EndpointBusyError", "EndpointAnswerError"), "again"),
    (("ModelFolderError", "DamagedModelError", "UnknownNameError", "UnsafeModelError", "OutOfMemory"), "replace"),
    (("InputError",), "settings"),
)

#: What a failure offers: ``again``, ``replace`` or ``settings``, and its words.
_HELP: dict[str, str] = {
    "again": N_("Try again"),
    "replace": N_("Choose another"),
    "settings": N_("Settings of this candidate"),
}
OnHelp = Callable[[str], object]


class Question(QFrame):
    """What the user said, in a conversation."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "bubble")
        said = Text(wrap=True, selectable=True)
        said.setText(text)
        column(said, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=self)


class TurnView(QWidget):
    """One turn of a column.

    Args:
        turn: What to show.
        kind: Kind of the output, which chooses the viewer.
        question: What the user said; empty where the composer shows it already.
        on_help: Called when the button of a failure is pressed.
    """

    def __init__(
        self, turn: Turn, kind: str, question: str, on_help: OnHelp | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._turn, self._on_help = turn, on_help
        self._stage = Text(role="note")
        self._stage.set_tone("accent")
        self._symbol = Icon("spinner-gap", ICON_SMALL, "accent_ink")
        self._doing = QWidget()
        row(self._symbol, self._stage, None, spacing=SPACE_1 + 2, parent=self._doing)
        self._kind = kind
        self._answer: AnswerView | None = None
        self._extra: list[QWidget] = []
        self._layout = column(spacing=SPACE_3, parent=self)
        if question:
            self._layout.addLayout(row(Question(question), margins=(SPACE_8, 0, 0, 0)))
        self._layout.addWidget(self._doing)
        self._streamed = ""
        self.refresh(None)

    @property
    def turn(self) -> Turn:
        """What it shows."""
        return self._turn

    @property
    def viewer(self) -> AnswerView:
        """What shows the answer; made with its first piece."""
        if self._answer is None:
            self._answer = viewer_for(self._kind)
            self._layout.insertWidget(self._layout.indexOf(self._doing), self._answer)
        return self._answer

    def add_text(self, piece: str) -> None:
        """The answer grew."""
        self._streamed += piece
        self.viewer.add_text(piece)

    def refresh(self, baseline: Output | None) -> None:
        """Show how the turn stands."""
        turn = self._turn
        show_if(turn.running, self._doing)
        if turn.running:
            self._stage.say(STAGES.get(turn.stage, STAGES["answering"]))
            self.setAccessibleName(self._stage.text())
        if turn.output is not None:
            self.viewer.show_output(turn.output, baseline)
        elif len(turn.text) > len(self._streamed):
            self.add_text(turn.text[len(self._streamed) :])
        if not turn.running and not self._extra:
            self._extra = list(self._what_else())
            for widget in self._extra:
                self._layout.addWidget(widget)

    def _what_else(self) -> list[QWidget]:
        turn = self._turn
        found: list[QWidget] = []
        result = turn.result
        if turn.status == "interrupted":
            kept = N_("The studio was closed while this was coming; what had come by then is kept.")
            found.append(_remark(kept if turn.answer else N_("The studio was closed before it answered.")))
        elif turn.status == "cancelled":
            found.append(_remark(N_("Stopped here.") if turn.answer else N_("Stopped before it answered.")))
        elif result is not None and result.failure is not None:
            found.append(self._failure(result.failure))
        if result is None:
            return found
        output = result.prediction.output if result.prediction else None
        told = bool(result.prediction and result.prediction.notices)
        if isinstance(output, GeneratedText) and output.finish_reason == "length" and not told:
            found.append(_remark(N_('Cut at the longest answer allowed; "Advanced" allows more.')))
        if result.placement and result.placement.notice:
            found.append(Notice(plain(result.placement.notice), "warn"))
        if result.prediction:
            found += [Notice(plain(notice), "warn") for notice in result.prediction.notices]
        return found

    def _failure(self, failure: Failure) -> Notice:
        on_help = self._on_help
        offered = next((what for kinds, what in _OFFERS if failure.kind in kinds), "")
        if not offered or on_help is None:
            return Notice.of(failure)
        return Notice.of(failure, _HELP[offered], lambda: on_help(offered))


def _remark(words: Words) -> Text:
    made = Text(words, role="caption", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return made
