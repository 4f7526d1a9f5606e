"""What of a document was looked at for an answer, and what would be said without each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from studio.domain.explanation import Considered
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.widgets.layouts import clear, column, row
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import plain


class ConsideredList(QWidget):
    """The passages, best first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = column(spacing=SPACE_2)
        column(Text(N_("Considered"), role="strong"), self._lines, spacing=SPACE_1, parent=self)

    def show_considered(self, answer: str, considered: Sequence[Considered]) -> None:
        """Show what was looked at."""
        clear(self._lines)
        for each in considered:
            score = Text(plain(f"{each.score:.2f}"), role="strong", selectable=True)
            passage = ElidedText(plain(each.text))
            head = row(score, *([Badge(N_("Answer stands here"), "good")] if each.chosen else []), passage)
            head.setStretch(head.count() - 1, 1)
            self._lines.addLayout(head)
            self._lines.addWidget(ElidedText(partial(_without, answer, each), role="caption"))


def _without(answer: str, each: Considered) -> str:
    if each.answer_without == answer:
        return _("Without it: the same answer")
    if not each.answer_without:
        return _("Without it: no answer")
    return _("Without it: {answer} ({score:.2f})").format(answer=each.answer_without, score=each.score_without)
