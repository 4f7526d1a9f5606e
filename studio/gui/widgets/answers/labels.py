"""A classifier's answer: the likeliest labels with bars."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import ngettext
from studio.domain.prediction import Labels, Output
from studio.gui.theme.tokens import SPACE_3
from studio.gui.widgets.answers._view import AnswerView, Viewer
from studio.gui.widgets.bar_row import BarRow
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, show_if

#: Labels that are shown at first, and at most: a list of thousands is no answer to read.
_FIRST, _MOST = 4, 200


class LabelsAnswer(AnswerView):
    """Labels, best first; four at first, all on demand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels = Labels(())
        self._all = False
        self._rows: list[BarRow] = []
        self._more = Button(self._more_words, "link", on_click=self._toggle)
        show_if(False, self._more)
        self._list = column(spacing=SPACE_3)
        column(self._list, row(self._more, None), spacing=SPACE_3, parent=self)

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        if isinstance(output, Labels):
            self._labels = output
            self._show()

    def _show(self) -> None:
        scores = self._labels.scores[: _MOST if self._all else _FIRST]
        while len(self._rows) < len(scores):
            made = BarRow()
            self._rows.append(made)
            self._list.addWidget(made)
        chosen = self._labels.chosen
        for place, bar in enumerate(self._rows):
            show_if(place < len(scores), bar)
            if place < len(scores):
                score = scores[place]
                bar.show_row(score.label.replace("_", " "), score.score, score.label in chosen)
        show_if(len(self._labels.scores) > _FIRST, self._more)
        self._more.retranslate()

    def _more_words(self) -> str:
        if self._all:
            return ngettext("Show the first {n} only", "Show the first {n} only", _FIRST).format(n=_FIRST)
        count = min(len(self._labels.scores), _MOST)
        return ngettext("Show all {n} labels", "Show all {n} labels", count).format(n=count)

    def _toggle(self) -> None:
        self._all = not self._all
        self._show()


VIEWER = Viewer("labels", LabelsAnswer)
