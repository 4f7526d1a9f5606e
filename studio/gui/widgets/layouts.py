"""Rows and columns of widgets without the boilerplate, and a layout that wraps like text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studio.gui.theme.tokens import SPACE_2

#: Least distance of a window that fits its text from the edges of the screen.
_FREE = 40
Margins = tuple[int, int, int, int]
#: What a row or column takes: a widget, a layout, or None for stretch.
Item = QWidget | QLayout | None


def column(
    *items: Item, spacing: int = SPACE_2, margins: Margins = (0, 0, 0, 0), parent: QWidget | None = None
) -> QVBoxLayout:
    """Items one below the other."""
    return _fill(QVBoxLayout(parent) if parent else QVBoxLayout(), items, spacing, margins)


def row(
    *items: Item, spacing: int = SPACE_2, margins: Margins = (0, 0, 0, 0), parent: QWidget | None = None
) -> QHBoxLayout:
    """Items beside each other."""
    return _fill(QHBoxLayout(parent) if parent else QHBoxLayout(), items, spacing, margins)


def _fill(layout, items: Sequence[Item], spacing: int, margins: Margins):
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
    return layout


def scrolled(content: QWidget) -> QScrollArea:
    """``content`` in an area that scrolls up and down, never sideways."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    content.setObjectName("scroll_content")
    area.setWidget(content)
    return area


def scrolled_on_card(content: QWidget) -> QScrollArea:
    """As `scrolled`, inside a card: its surface shows through."""
    area = scrolled(content)
    area.setProperty("surface", "plain")
    content.setObjectName("")
    content.setAutoFillBackground(False)
    return area


class FlowLayout(QLayout):
    """Places items in lines, left to right, and wraps. For chips and badges."""

    def __init__(self, parent: QWidget | None = None, spacing: int = SPACE_2) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        margins: QMargins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _place(self, rect: QRect, move: bool) -> int:
        margins = self.contentsMargins()
        area = rect.marginsRemoved(margins)
        x, y, line = area.x(), area.y(), 0
        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            size = item.sizeHint()
            width = min(size.width(), max(area.width(), 1))
            if x > area.x() and x + width > area.right() + 1:
                x, y, line = area.x(), y + line + self.spacing(), 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), QSize(width, size.height())))
            x += width + self.spacing()
            line = max(line, size.height())
        return y + line - rect.y() + margins.bottom()


def show_if(condition: bool, widget: QWidget) -> None:
    """Show or hide a widget, also one that is in no layout yet.

    ``setVisible(True)`` on a widget without a parent would open it as a window of its own for a moment.
    """
    if widget.parent() is not None:
        widget.setVisible(condition)
    elif condition:
        # Not hidden any more: it appears with its parent.
        widget.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
    else:
        widget.hide()


def clear(layout: QLayout) -> None:
    """Take everything out of a layout, and out of those in it; the widgets are deleted."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if inner is not None:
            clear(inner)
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()


def fit_height(window: QWidget) -> None:
    """Give a window, whose width stays, the height that its wrapped text needs; Qt's own guess is often too tall."""
    layout = window.layout()
    if layout is None:
        return
    window.ensurePolished()
    layout.activate()
    screen = window.screen()
    most = screen.availableGeometry().height() - 2 * _FREE if screen else layout.totalSizeHint().height()
    window.resize(window.width(), min(layout.totalHeightForWidth(window.width()), most))


def expanding(widget: QWidget, horizontal: bool = True, vertical: bool = False) -> QWidget:
    """``widget``, told to take the room there is."""
    grow, keep = QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
    widget.setSizePolicy(grow if horizontal else keep, grow if vertical else keep)
    return widget
