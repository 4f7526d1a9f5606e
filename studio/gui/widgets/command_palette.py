"""Ctrl+K: type a few letters of anything the window can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import ICON_SMALL, RADIUS_SMALL, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.card import Line
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.shadow import cast_shadow
from studio.gui.words import Translated

_WIDTH, _ROW_HEIGHT, _MOST_ROWS = 560, 36, 9
AnyIndex = QModelIndex | QPersistentModelIndex
_KEYS_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Entry:
    """One thing to choose.

    Attributes:
        title: What it does.
        icon: Before the title.
        keys: Its shortcut as the system writes it.
        run: Does it.
    """

    title: str
    icon: QIcon
    keys: str
    run: Callable[[], object]


def match(query: str, title: str) -> int | None:
    """How well a title fits what was typed; the smaller the better, None where it does not.

    All letters must occur in their order. Letters that begin words and follow each other are a better fit.
    """
    wanted, text = query.lower().replace(" ", ""), title.lower()
    if not wanted:
        return 0
    whole = text.find(query.lower().strip())
    if whole >= 0:
        return whole + (0 if whole == 0 or not text[whole - 1].isalnum() else 20)
    cost, at = 100, -1
    for letter in wanted:
        found = text.find(letter, at + 1)
        if found < 0:
            return None
        begins = found == 0 or not text[found - 1].isalnum()
        cost += 0 if found == at + 1 else (2 if begins else 5 + found - at)
        at = found
    return cost


class CommandPalette(Translated, QFrame):
    """A box over the window. Arrow keys choose, Enter does it, Esc closes.

    Args:
        host: The window it lies upon.
        entries: Gives what can be done at the moment it opens.
    """

    def __init__(self, host: QWidget, entries: Callable[[], list[Entry]]) -> None:
        super().__init__(host)
        self._host = host
        self._source = entries
        self._entries: list[Entry] = []
        self._before: QWidget | None = None
        self.setProperty("surface", "raised")
        self.setFixedWidth(_WIDTH)
        self.field = QLineEdit()
        self.field.setProperty("kind", "bare")
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setProperty("kind", "bare")
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.itemClicked.connect(lambda _item: self._choose())
        top = row(
            Icon("magnifying-glass", ICON_SMALL),
            self.field,
            spacing=SPACE_3,
            margins=(SPACE_4, SPACE_2, SPACE_4, SPACE_2),
        )
        column(top, Line(), row(self.list, margins=(SPACE_2,) * 4), spacing=0, margins=(1, 1, 1, 1), parent=self)
        host.installEventFilter(self)
        self.retranslate()
        self.hide()

    def open_box(self) -> None:
        """Show it, empty, with everything that can be done now."""
        self._before = self._host.focusWidget()
        self._entries = self._source()
        cast_shadow(self)
        self.field.clear()
        self._filter("")
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_box(self) -> None:
        """Hide it and give the focus back."""
        self.hide()
        # The page may have replaced it meanwhile, as when another use case was chosen.
        if self._before is not None and shiboken6.isValid(self._before) and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    def titles(self) -> list[str]:
        """What is listed, best fit first."""
        return [self.list.item(index).text() for index in range(self.list.count())]

    def retranslate(self) -> None:
        self.setAccessibleName(_("Find an action"))
        self.field.setAccessibleName(_("Find an action"))
        self.field.setPlaceholderText(_("What do you want to do?"))
        self.list.setAccessibleName(_("Actions"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        if watched is self.field and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if watched is self.field and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
                # Esc closes the box, and does not stop a run behind it.
                event.accept()
            elif event.type() == QEvent.Type.KeyPress:
                return self._key(event.key())
        return False

    def _key(self, key: int) -> bool:
        if key == Qt.Key.Key_Escape:
            self.close_box()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.list.count():
            step = 1 if key == Qt.Key.Key_Down else -1
            self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
        else:
            return False
        return True

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            entry: Entry = item.data(Qt.ItemDataRole.UserRole)
            self.close_box()
            entry.run()

    def _filter(self, query: str) -> None:
        fits = [
            (fit, index) for index, entry in enumerate(self._entries) if (fit := match(query, entry.title)) is not None
        ]
        self.list.clear()
        for _fit, index in sorted(fits):
            entry = self._entries[index]
            item = QListWidgetItem(entry.icon, entry.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            item.setData(_KEYS_ROLE, entry.keys)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title} {entry.keys}".strip())
        self.list.setCurrentRow(0)
        self.list.setFixedHeight(max(1, min(self.list.count(), _MOST_ROWS)) * _ROW_HEIGHT + 4)
        self.adjustSize()

    def _place(self) -> None:
        self.adjustSize()
        self.move((self._host.width() - self.width()) // 2, max(40, self._host.height() // 8))


class _Delegate(QStyledItemDelegate):
    """Icon, title, and the shortcut at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        return QSize(_WIDTH - 40, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours = current_colours()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area = option.rect.adjusted(0, 1, 0, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent_soft))
            painter.drawRoundedRect(area, RADIUS_SMALL, RADIUS_SMALL)
        symbol: QIcon = index.data(Qt.ItemDataRole.DecorationRole)
        box = QRect(area.x() + SPACE_2, area.center().y() - ICON_SMALL // 2, ICON_SMALL, ICON_SMALL)
        symbol.paint(painter, box, state=QIcon.State.On if selected else QIcon.State.Off)
        keys = index.data(_KEYS_ROLE) or ""
        right = area.right() - SPACE_2
        centred = Qt.AlignmentFlag.AlignVCenter
        if keys:
            width = option.fontMetrics.horizontalAdvance(keys)
            painter.setPen(QColor(colours.accent_ink if selected else colours.faint))
            painter.drawText(QRect(right - width, area.y(), width + 1, area.height()), int(centred), keys)
            right -= width + SPACE_3
        painter.setPen(QColor(colours.accent_ink if selected else colours.text))
        left = box.right() + SPACE_3
        title = option.fontMetrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, area.y(), right - left, area.height()), int(centred), title)
        painter.restore()
