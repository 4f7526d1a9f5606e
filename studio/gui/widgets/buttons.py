"""Buttons. What they look like is their ``kind``, see `studio.gui.theme.style`."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QIcon, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QToolButton, QWidget

from studio.gui.theme.icons import icon
from studio.gui.theme.tokens import ICON_LARGE, ICON_SMALL, SPACE_2
from studio.gui.words import Translated, Words, said

#: Between icon and text, and what Qt's style counts for it in a size hint.
_GAP, _QT_GAP = 6, 4
_ON_KIND = {"primary": "on_accent", "danger": "bad", "link": "accent_ink"}


class Button(Translated, QPushButton):
    """A button with words.

    Args:
        words: Its text.
        kind: ``primary`` (one on a screen), ``secondary``, ``ghost``, ``danger``, ``link``.
        icon_name: Phosphor icon before the text.
        on_click: Called without arguments.
        hint: Keyboard hint behind the text, such as ``"Ctrl+Return"``; shown as the system writes it.
        tip: Tooltip.
    """

    def __init__(
        self,
        words: Words = "",
        kind: str = "secondary",
        icon_name: str = "",
        on_click: Callable[[], object] | None = None,
        hint: str = "",
        tip: Words = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = words
        self._tip = tip
        self._hint = QKeySequence(hint).toString(QKeySequence.SequenceFormat.NativeText) if hint else ""
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        if icon_name:
            self.set_icon(icon_name)
        if on_click is not None:
            self.clicked.connect(lambda _checked=False: on_click())
        self.retranslate()

    def say(self, words: Words) -> None:
        """Say something else."""
        self._words = words
        self.retranslate()

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        tint = _ON_KIND.get(self.property("kind"), "muted")
        self.setIcon(icon(name, tint, "accent_ink" if tint == "muted" else tint))
        self.setIconSize(QSize(ICON_SMALL, ICON_SMALL))

    def retranslate(self) -> None:
        if self._words:
            self.setText(said(self._words))
        tip = said(self._tip)
        if tip:
            self.setToolTip(tip)
            self.setAccessibleDescription(tip)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        extra = SPACE_2 + self.fontMetrics().horizontalAdvance(self._hint) if self._hint else 0
        if not self.icon().isNull() and self.text():
            extra += _GAP - _QT_GAP
        return QSize(size.width() + extra, size.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._hint and (self.icon().isNull() or not self.text()):
            super().paintEvent(event)
            return
        # Qt puts icon and text too close to each other, and knows no second, paler text.
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        metrics = self.fontMetrics()
        words, hint = metrics.horizontalAdvance(self.text()), metrics.horizontalAdvance(self._hint)
        symbol = 0 if self.icon().isNull() else ICON_SMALL + _GAP
        x = (self.width() - symbol - words - (hint + SPACE_2 if hint else 0)) // 2
        if symbol:
            mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
            state = QIcon.State.On if self.isChecked() else QIcon.State.Off
            box = QRect(x, (self.height() - ICON_SMALL) // 2, ICON_SMALL, ICON_SMALL)
            self.icon().paint(painter, box, Qt.AlignmentFlag.AlignCenter, mode, state)
        painter.setPen(option.palette.buttonText().color())
        painter.setFont(self.font())
        centred = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(x + symbol, 0, words + 1, self.height(), centred, self.text())
        if hint:
            painter.setOpacity(0.8)
            painter.drawText(x + symbol + words + SPACE_2, 0, hint + 1, self.height(), centred, self._hint)


class Chip(Button):
    """A small round button: an example, a filter, a switch."""

    def __init__(
        self,
        words: Words = "",
        checkable: bool = False,
        icon_name: str = "",
        on_click: Callable[[], object] | None = None,
        tip: Words = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(words, "chip", icon_name, on_click, tip=tip, parent=parent)
        self.setCheckable(checkable)


class IconButton(Translated, QToolButton):
    """A button that shows an icon only; its words are the tooltip and the accessible name."""

    def __init__(
        self,
        icon_name: str,
        words: Words,
        on_click: Callable[[], object] | None = None,
        checkable: bool = False,
        large: bool = False,
        tint: str = "muted",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = words
        self._tint = tint
        pixels = ICON_LARGE if large else ICON_SMALL
        self.setIconSize(QSize(pixels, pixels))
        self.set_icon(icon_name)
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        if on_click is not None:
            self.clicked.connect(lambda _checked=False: on_click())
        self.retranslate()

    def say(self, words: Words) -> None:
        """Say something else."""
        self._words = words
        self.retranslate()

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self.setIcon(icon(name, self._tint, "accent_ink"))

    def retranslate(self) -> None:
        words = said(self._words)
        self.setToolTip(words)
        self.setAccessibleName(words)
