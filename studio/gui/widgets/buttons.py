"""Buttons. What they look like is their ``kind``, see `studio.gui.theme.style`."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QWidget

from studio.gui.theme.icons import icon
from studio.gui.theme.tokens import ICON_LARGE, ICON_SMALL, SPACE_1, SPACE_2
from studio.gui.words import Translated, Words, said

_ON_KIND = {"primary": "on_accent", "danger": "bad", "link": "accent_ink"}


class Button(Translated, QPushButton):
    """A button with words.

    Args:
        words: Its text.
        kind: ``primary`` (one on a screen), ``secondary``, ``ghost``, ``danger``, ``link``.
        icon_name: Phosphor icon before the text.
        on_click: Called without arguments.
        hint: Keyboard hint behind the text, such as ``"Ctrl+Enter"``; shown as the system writes it.
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
        # Wider than high: Qt puts icon and text too close to each other.
        self.setIconSize(QSize(ICON_SMALL + SPACE_1, ICON_SMALL))

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
        if self._hint:
            size.setWidth(size.width() + SPACE_2 + self.fontMetrics().horizontalAdvance(self._hint))
        return size

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._hint:
            from studio.gui.widgets.hinted_button import paint_with_hint

            paint_with_hint(self, self._hint)
        else:
            super().paintEvent(event)


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
