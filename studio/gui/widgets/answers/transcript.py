"""A transcript: what was said, and on demand when; differences to another transcript are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import _
from studio.domain.languages import find_language
from studio.domain.prediction import Output, Segment, Transcript
from studio.gui.theme.tokens import SPACE_2
from studio.gui.widgets.answers._view import AnswerView, Viewer
from studio.gui.widgets.answers.text import AnswerText, TextAnswer
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text

#: Single words are put together into lines, up to a pause of so many seconds, and so many characters.
_PAUSE_S, _LINE = 0.6, 60
#: Room for a time in front of a line, in pixels.
_TIME_WIDTH = 116


@dataclass(frozen=True)
class Line:
    """A line of a transcript, with times in seconds."""

    start_s: float
    end_s: float
    text: str


def lines_of(segments: Sequence[Segment]) -> tuple[Line, ...]:
    """Segments as lines to read: single words that follow each other closely become one line."""
    lines: list[Line] = []
    for segment in segments:
        words = segment.text.strip()
        if not words:
            continue
        last = lines[-1] if lines else None
        single = last is not None and " " not in words
        if (
            last is not None
            and single
            and segment.start_s - last.end_s < _PAUSE_S
            and len(last.text) + len(words) < _LINE
        ):
            lines[-1] = Line(last.start_s, segment.end_s, f"{last.text} {words}")
        else:
            lines.append(Line(segment.start_s, segment.end_s, words))
    return tuple(lines)


def clock(seconds: float) -> str:
    """A time in a recording: ``0:03.4``, ``1:02:03.4``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    written = f"{minutes:02}:{rest // 10:02}.{rest % 10}" if hours else f"{minutes}:{rest // 10:02}.{rest % 10}"
    return f"{hours}:{written}" if hours else written


class _Times(AnswerText):
    """Lines with their times in front."""

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these."""
        self.clear()
        self.setTabStopDistance(_TIME_WIDTH)
        look = QTextBlockFormat()
        look.setLeftMargin(_TIME_WIDTH)
        look.setTextIndent(-_TIME_WIDTH)
        look.setTabPositions([QTextOption.Tab(_TIME_WIDTH, QTextOption.TabType.LeftTab)])
        cursor = QTextCursor(self.document())
        cursor.setBlockFormat(look)
        cursor.insertText("\n".join(f"{clock(line.start_s)}–{clock(line.end_s)}\t{line.text}" for line in lines))

    def retranslate(self) -> None:
        self.setAccessibleName(_("Answer with times"))


class TranscriptAnswer(AnswerView):
    """What was said, with the times folded away at first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._transcript: Transcript | None = None
        self._open = False
        self.answer = TextAnswer()
        self.facts = Text(self._facts, role="caption", wrap=True)
        self.toggle = Button(self._toggle_words, "link", on_click=self._toggle)
        self.times = _Times()
        for widget in (self.facts, self.toggle, self.times):
            show_if(False, widget)
        column(self.answer, self.facts, row(self.toggle, None), self.times, spacing=SPACE_2, parent=self)

    def add_text(self, piece: str) -> None:
        self.answer.add_text(piece)

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        self.answer.show_output(output, baseline)
        self._transcript = output if isinstance(output, Transcript) else None
        segments = self._transcript.segments if self._transcript else ()
        self.facts.retranslate()
        show_if(self._transcript is not None, self.facts)
        show_if(bool(segments), self.toggle)
        self._show_times()

    def _show_times(self) -> None:
        segments = self._transcript.segments if self._transcript else ()
        shown = self._open and bool(segments)
        if shown:
            self.times.show_lines(lines_of(segments))
        show_if(shown, self.times)

    def _toggle(self) -> None:
        self._open = not self._open
        self.toggle.retranslate()
        self._show_times()

    def _toggle_words(self) -> str:
        return _("Hide times") if self._open else _("Show times")

    def _facts(self) -> str:
        if self._transcript is None:
            return ""
        language = find_language(self._transcript.language) if self._transcript.language else None
        length = _("{seconds:.1f} seconds of sound").format(seconds=self._transcript.audio_s)
        if not self._transcript.language:
            return length
        name = _(language.name) if language else self._transcript.language
        return _("{language}, {length}").format(language=name, length=length)


VIEWER = Viewer("transcript", TranscriptAnswer)
