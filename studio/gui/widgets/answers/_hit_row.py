"""A text that was found, with how alike it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import _
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.widgets.bar_row import Bar
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated


class HitRow(Translated, QWidget):
    """A text, and where it was searched for a bar with its cosine similarity."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Text(wrap=True, selectable=True)
        self._number = Text(role="muted")
        self._bar = Bar()
        self._score: float | None = None
        self._rank = 0
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._number.setMinimumWidth(self._number.fontMetrics().horizontalAdvance("-0.00"))
        line = row(self._bar, self._number, spacing=SPACE_2)
        line.setStretch(0, 1)
        column(self._text, line, spacing=SPACE_1 // 2, parent=self)

    def show_hit(self, rank: int, text: str, score: float | None) -> None:
        """Show a text; ``score`` None where nothing was searched for."""
        self._rank, self._score = rank, score
        self._text.setText(" ".join(text.split()))
        for widget in (self._bar, self._number):
            show_if(score is not None, widget)
        if score is not None:
            self._number.setText(f"{score:.2f}")
            self._bar.show_fraction(score, rank == 1)
        self.retranslate()

    def retranslate(self) -> None:
        text = self._text.text()
        self.setAccessibleName(
            f"{self._rank}. {text}"
            if self._score is None
            else _("{rank}. {text}, similarity {score}").format(rank=self._rank, text=text, score=f"{self._score:.2f}")
        )
