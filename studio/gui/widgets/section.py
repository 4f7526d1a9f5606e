"""Sections of a page and rows of a form."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.gui.theme.tokens import SPACE_1, SPACE_3, SPACE_4
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Words


class PageHead(QWidget):
    """The title of a screen, what it is about, and what can be done with all of it."""

    def __init__(self, title: Words, subtitle: Words = "", *actions: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Text(title, role="title")
        self.subtitle = Text(subtitle, role="muted")
        self.subtitle.setMinimumWidth(1)
        line = row(self.title, self.subtitle, None, *actions, spacing=SPACE_3, parent=self)
        line.setAlignment(self.subtitle, Qt.AlignmentFlag.AlignBottom)
        self.subtitle.setContentsMargins(0, 0, 0, 2)
        self.setMinimumHeight(34)


class Section(QWidget):
    """A heading, a sentence, and a card of rows with lines between them."""

    def __init__(self, title: Words, sentence: Words = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = Card(margin=0, spacing=0)
        heading = Text(title, role="heading")
        text = Text(sentence, role="muted", wrap=True)
        show_if(bool(sentence), text)
        column(heading, text, self._card, spacing=SPACE_1 + 2, parent=self)

    def add(self, item: QWidget) -> None:
        """Add a row."""
        if self._card.body.count():
            self._card.body.addWidget(Line())
        self._card.body.addWidget(item)


class FormRow(QWidget):
    """What can be set: its name, what it means, and the control."""

    def __init__(self, title: Words, sentence: Words, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = Text(title, role="strong")
        name.setBuddy(control)
        help_text = Text(sentence, role="muted", wrap=True)
        show_if(bool(sentence), help_text)
        left = column(name, help_text, spacing=2)
        line = row(left, control, spacing=SPACE_4, margins=(SPACE_4, SPACE_3, SPACE_4, SPACE_3), parent=self)
        line.setStretch(0, 1)
        line.setAlignment(control, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
