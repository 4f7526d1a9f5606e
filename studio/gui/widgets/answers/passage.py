"""An answer found in a document: the words, where they stand, and what else was looked at."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.prediction import FoundPassage, Output, Passage
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, TEXT_BODY
from studio.gui.widgets.answers._passage_row import PassageRow
from studio.gui.widgets.answers._view import AnswerView, Viewer
from studio.gui.widgets.answers.text import AnswerText
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.text import Text, restyle
from studio.gui.words import Translated

#: Answers up to this length are set large; sentences are easier to read a little smaller.
_SHORT = 48
#: So much is shown in front of the answer until its passage is chosen.
_BEFORE = 90
_EMPTY_LINES = re.compile(r"\n\s*\n")


class PassageAnswer(Translated, AnswerView):
    """The answer, large; below it the passage it stands in with the words marked; the other passages on demand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found = FoundPassage("", 0.0, -1, -1)
        self._chosen = 0
        self._whole = False
        self.rows: list[PassageRow] = []
        self.answer = Text(role="title", wrap=True, selectable=True)
        self.facts = Text(role="caption", wrap=True)
        self.context = AnswerText()
        self.context.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        font = QFont(self.context.font())
        font.setPixelSize(TEXT_BODY)
        self.context.setFont(font)
        self.quote = QFrame()
        self.quote.setProperty("surface", "quote")
        column(self.context, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=self.quote)
        self.legend = Text(role="caption", wrap=True)
        self._list = QWidget()
        self.more = Button(self._more_words, "link", on_click=self._toggle)
        self._rows = column(spacing=0, parent=self._list)
        show_if(False, self._list)
        show_if(False, self.legend)
        column(
            column(self.answer, self.facts, spacing=SPACE_1 // 2),
            self.quote,
            self.legend,
            row(self.more, None),
            self._list,
            spacing=SPACE_2,
            parent=self,
        )

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        if not isinstance(output, FoundPassage):
            # A recorded answer is plain text, of which nobody knows where it stands.
            output = FoundPassage(str(getattr(output, "text", "")), 0.0, -1, -1)
        self._found = output
        self._chosen = self._own_place()
        self._show_answer()
        self._compare(baseline)
        clear(self._rows)
        self.rows = []
        for rank, passage in enumerate(output.passages, 1):
            made = PassageRow(rank, passage)
            made.clicked.connect(lambda _checked=False, place=rank - 1: self.choose(place))
            self._rows.addWidget(made)
            self.rows.append(made)
        show_if(bool(output.passages), self.more)
        self.more.retranslate()
        self._whole = False
        self._choose(self._chosen)

    def choose(self, place: int) -> None:
        """Show the whole of one of the passages."""
        self._whole = True
        self._choose(place)

    def _choose(self, place: int) -> None:
        self._chosen = place
        for number, each in enumerate(self.rows):
            each.setChecked(number == place)
        shown = place < len(self.rows)
        show_if(shown, self.quote)
        show_if(shown, self.facts)
        if shown:
            self._show_passage(self._found.passages[place])

    def retranslate(self) -> None:
        self._show_answer()
        self._choose(self._chosen)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _own_place(self) -> int:
        """The passage that the answer stands in; the first where there is no answer."""
        found = self._found
        holding = (n for n, passage in enumerate(found.passages) if passage.start <= found.start < passage.end)
        return next(holding, 0)

    def _show_answer(self) -> None:
        text = " ".join(self._found.text.split())
        role = "title" if text and len(text) <= _SHORT else "heading"
        if self.answer.property("role") != role:
            self.answer.setProperty("role", role)
            restyle(self.answer)
        if text:
            self.answer.setText(text)
        else:
            self.answer.say(N_("No answer found in the document"))

    def _show_passage(self, passage: Passage) -> None:
        found, rank = self._found, self._chosen + 1
        start, end = max(found.start, passage.start), min(found.end, passage.end)
        marked = found.start >= 0 and start < end
        cut = (start - passage.start, end - passage.start) if marked else (0, 0)
        before, words, behind = (
            _EMPTY_LINES.sub("\n", part)
            for part in (passage.text[: cut[0]], passage.text[cut[0] : cut[1]], passage.text[cut[1] :])
        )
        if marked and not self._whole and len(before) > _BEFORE:
            # The answer is to be seen at once, also in a low window.
            before = f"… {before[-_BEFORE:].partition(' ')[2]}"
        self.context.setPlainText(before + words + behind)
        self.context.mark([(_utf16(before), _utf16(before + words))] if marked else [])
        start_words = _("from character {start}").format(start=f"{passage.start + 1:,}")
        score = _("Score {score}").format(score=f"{found.score if marked else passage.score:.2f}")
        facts = (score, start_words) if marked else (_("Passage {rank}").format(rank=rank), score, start_words)
        self.facts.setText(" · ".join(facts))
        self.facts.setToolTip(_("How sure the model is, 0 to 1; only comparable between answers of one model."))
        self.context.setAccessibleName(_("Where it stands") if marked else self.facts.text())
        self.context.setAccessibleDescription(_("The answer in it: {words}").format(words=words) if marked else "")

    def _compare(self, baseline: Output | None) -> None:
        show_if(isinstance(baseline, FoundPassage), self.legend)
        if isinstance(baseline, FoundPassage):
            if (baseline.start, baseline.end) == (self._found.start, self._found.end):
                self.legend.say(N_("The same as the baseline."))
            elif baseline.text:
                self.legend.say(lambda: _("The baseline answers: {text}").format(text=baseline.text))
            else:
                self.legend.say(N_("The baseline finds no answer."))

    def _more_words(self) -> str:
        if self._list.isVisibleTo(self):
            return _("Hide the passages")
        count = len(self._found.passages)
        return ngettext("{n} passage considered", "{n} passages considered", count).format(n=count)

    def _toggle(self) -> None:
        show_if(not self._list.isVisibleTo(self), self._list)
        self.more.retranslate()


def _utf16(text: str) -> int:
    """Length as Qt counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


VIEWER = Viewer("passage", PassageAnswer)
