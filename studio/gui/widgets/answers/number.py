"""A number that was predicted."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_
from studio.domain.prediction import Number, Output
from studio.gui.theme.tokens import SPACE_1
from studio.gui.widgets.answers._view import AnswerView, Viewer
from studio.gui.widgets.layouts import column, show_if
from studio.gui.widgets.text import Text


class NumberAnswer(AnswerView):
    """The number, large, and how far it is from the baseline's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = Text(role="title", selectable=True)
        self._difference = Text(role="caption")
        show_if(False, self._difference)
        column(self.number, self._difference, spacing=SPACE_1, parent=self)

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        self.number.setText(output.text)
        compared = isinstance(output, Number) and isinstance(baseline, Number)
        show_if(compared, self._difference)
        if isinstance(output, Number) and isinstance(baseline, Number):
            apart = output.value - baseline.value
            if abs(apart) < 0.0005 * max(1.0, abs(baseline.value)):
                self._difference.say(N_("The same as the baseline."))
            else:
                self._difference.setText(f"{apart:+.3g}")


VIEWER = Viewer("number", NumberAnswer)
