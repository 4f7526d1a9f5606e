"""Cards in as many columns as fit, all of a row equally high."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.gui.theme.tokens import SPACE_4


class CardGrid(QWidget):
    """A grid that follows the width.

    Args:
        least_width: Narrowest a card may be.
        most_columns: Columns at most.
    """

    def __init__(self, least_width: int = 264, most_columns: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least_width, self._most = least_width, most_columns
        self._cards: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE_4)

    def show_cards(self, cards: list[QWidget]) -> None:
        """Show these instead of those before."""
        for card in self._cards:
            self._grid.removeWidget(card)
            card.setParent(None)
            card.deleteLater()
        self._cards = cards
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        fitting = max(1, (self.width() + SPACE_4) // (self._least_width + SPACE_4))
        columns = max(1, min(fitting, self._most, len(self._cards) or 1))
        if columns == self._columns:
            return
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        for index, card in enumerate(self._cards):
            self._grid.addWidget(card, index // columns, index % columns)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)
