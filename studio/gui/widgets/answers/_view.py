"""What every viewer of answers is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from studio.domain.prediction import Output
from studio.gui.widgets.layouts import column
from studio.gui.widgets.text import Text


class AnswerView(QWidget):
    """Shows one answer while it comes and when it is whole."""

    def add_text(self, piece: str) -> None:
        """A piece of an answer that is still coming. Here: kinds that come whole have none."""

    def show_output(self, output: Output, baseline: Output | None = None) -> None:
        """The whole answer, and the one that it is compared with."""
        raise NotImplementedError


@dataclass(frozen=True)
class Viewer:
    """One file in this folder declares one, as ``VIEWER``.

    Attributes:
        kind: The kind of output, see `studio.domain.task.OutputKind`.
        build: Makes the widget.
    """

    kind: str
    build: Callable[[], AnswerView]


class PlainAnswer(AnswerView):
    """For a kind of output that has no viewer: what it says as text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Text(role="lead", wrap=True, selectable=True)
        column(self._text, parent=self)

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        self._text.setText(str(getattr(output, "text", output)))
