"""What a place says while there is nothing in it: what belongs here, and the one button that gets it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS, SPACE_2, SPACE_4, SPACE_6
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, Words, said


def paint_dashed(widget: QWidget) -> None:
    """An outline of dashes: something still to be filled. (A style sheet's dashes come out as dots.)"""
    colours = current_colours()
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if widget.hasFocus() or widget.property("dropping"):
        painter.setPen(QPen(QColor(colours.accent), 2))
    else:
        pen = QPen(QColor(colours.control_line), 1)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
    if isinstance(widget, BigButton) and widget.underMouse():
        painter.setBrush(QColor(colours.hover))
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)


class EmptyState(QFrame):
    """An empty place.

    Args:
        icon_name: Phosphor icon.
        title: What belongs here.
        sentence: What to do, in one or two sentences.
        action: Text of the one button; no button where empty.
        on_action: What the button does.
    """

    def __init__(
        self,
        icon_name: str,
        title: Words,
        sentence: Words = "",
        action: Words = "",
        on_action: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = Text(title, role="heading", wrap=True)
        self.sentence = Text(sentence, role="muted", wrap=True)
        for text in (self.title, self.sentence):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            text.setMaximumWidth(460)
        self.button = Button(action, "primary", on_click=on_action)
        show_if(bool(action), self.button)
        show_if(bool(sentence), self.sentence)
        self._buttons = row(None, self.button, None, margins=(0, SPACE_2, 0, 0))
        self._below = column(spacing=SPACE_2)
        column(
            None,
            row(None, Icon(icon_name, 36, "faint"), None),
            _centred(self.title),
            _centred(self.sentence),
            self._buttons,
            self._below,
            None,
            spacing=SPACE_2,
            margins=(SPACE_4, SPACE_6, SPACE_4, SPACE_6),
            parent=self,
        )

    def add_button(self, button: QWidget) -> None:
        """Another way on, beside the first."""
        self._buttons.insertWidget(self._buttons.count() - 1, button)

    def add_below(self, widget: QWidget) -> None:
        """Something small below the button, such as chips."""
        self._below.addLayout(row(None, widget, None))

    def show_dropping(self, dropping: bool) -> None:
        """Whether something is held over it that it would take."""
        self.setProperty("dropping", dropping)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_dashed(self)


def _centred(widget: QWidget) -> QHBoxLayout:
    layout = row(spacing=0)
    layout.addStretch(1)
    layout.addWidget(widget, 100)
    layout.addStretch(1)
    return layout


class AddPlace(Translated, BigButton):
    """A dashed place that is one big button, such as "Add a candidate" beside the columns."""

    def __init__(self, words: Words, hint: str = "", icon_name: str = "plus", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        label = Text(words, role="muted", wrap=True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        caption = Text(role="caption")
        caption.setText(hint)
        caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        show_if(bool(hint), caption)
        column(None, row(None, Icon(icon_name, 20), None), label, caption, None, margins=(SPACE_2,) * 4, parent=self)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(said(self._words))

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_dashed(self)
