"""Frames that hold things: cards, cards that are one big button, separators, candidate columns."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.layouts import Item, column


class Card(QFrame):
    """A surface with rounded corners; put things into `body`."""

    def __init__(
        self, *items: Item, spacing: int = SPACE_2, margin: int = SPACE_4, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.body: QVBoxLayout = column(*items, spacing=spacing, margins=(margin,) * 4, parent=self)


class ClickableCard(Card):
    """A card that is one big button: mouse, Enter and Space.

    Signals:
        clicked: The user chose it.
    """

    clicked = Signal()

    def __init__(
        self, *items: Item, spacing: int = SPACE_2, margin: int = SPACE_4, parent: QWidget | None = None
    ) -> None:
        super().__init__(*items, spacing=spacing, margin=margin, parent=parent)
        self.setProperty("clickable", True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


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
