"""Frames that hold things: cards, cards that are one big button, separators, candidate columns."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.layouts import Item, column


class Card(QFrame):
    """A surface with rounded corners; put things into `body`."""

    def __init__(
        self, *items: Item, spacing: int = SPACE_2, margin: int = SPACE_4, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.body: QVBoxLayout = column(*items, spacing=spacing, margins=(margin,) * 4, parent=self)


class ClickableCard(BigButton):
    """A card that is one big button."""

    def __init__(
        self, *items: Item, spacing: int = SPACE_2, margin: int = SPACE_4, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.body: QVBoxLayout = column(*items, spacing=spacing, margins=(margin,) * 4, parent=self)


class Line(QFrame):
    """A thin horizontal separator."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "line")
        self.setFixedHeight(1)


class ColumnFrame(QFrame):
    """One candidate: a head, a body that takes the room there is, and a foot, with separators between them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "column")
        side = SPACE_4 - 2
        self.head = column(spacing=6, margins=(side, SPACE_3, side, SPACE_3))
        self.body = column(spacing=SPACE_2, margins=(side, SPACE_3, side, SPACE_3))
        self.foot = column(spacing=SPACE_2, margins=(side, SPACE_2 + 2, side, SPACE_3))
        layout = column(self.head, Line(), self.body, Line(), self.foot, spacing=0, margins=(1, 1, 1, 1), parent=self)
        layout.setStretch(2, 1)
