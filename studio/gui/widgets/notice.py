"""A sentence that must be seen: an error with its next step and details, a warning, a note."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.gui.theme.tokens import ICON_LARGE, SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Words, plain

_ICONS = {"bad": "warning-circle", "warn": "warning", "good": "check-circle", "accent": "info"}


class Notice(QFrame):
    """A tinted frame with a sentence.

    Args:
        message: What happened and what it means.
        tone: ``bad``, ``warn``, ``good`` or ``accent``.
        next_step: What to do about it.
        detail: The technical text, folded behind "Details", with Copy.
        action: Text of a button that helps.
        on_action: What that button does.
    """

    def __init__(
        self,
        message: Words,
        tone: str = "accent",
        next_step: Words = "",
        detail: str = "",
        action: Words = "",
        on_action: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "notice")
        self.setProperty("tone", tone)
        self._detail = Text(plain(detail), role="code", wrap=True, selectable=True)
        show_if(False, self._detail)
        head = Text(message, role="strong" if next_step else "body", wrap=True, selectable=True)
        step = Text(next_step, wrap=True, selectable=True)
        show_if(bool(next_step), step)
        words = column(head, step, spacing=SPACE_1)
        if detail or action:
            buttons = row(spacing=SPACE_2)
            if action:
                buttons.addWidget(Button(action, on_click=on_action))
            if detail:
                self._fold = Button(N_("Details"), "link", on_click=self._toggle)
                buttons.addWidget(self._fold)
                copied = detail
                self._copy = Button(N_("Copy"), "link", on_click=lambda: QGuiApplication.clipboard().setText(copied))
                show_if(False, self._copy)
                buttons.addWidget(self._copy)
            buttons.addStretch(1)
            words.addLayout(buttons)
        words.addWidget(self._detail)
        symbol = Icon(_ICONS[tone], ICON_LARGE, "accent_ink" if tone == "accent" else tone)
        line = row(symbol, words, spacing=SPACE_2, margins=(SPACE_3, SPACE_2 + 2, SPACE_3, SPACE_2 + 2), parent=self)
        line.setAlignment(symbol, Qt.AlignmentFlag.AlignTop)
        line.setStretch(1, 1)
        self.setAccessibleName(head.text())

    @classmethod
    def of(cls, failure: Failure, action: Words = "", on_action: Callable[[], object] | None = None) -> Notice:
        """A failure with its next step and details."""
        return cls(
            plain(failure.message),
            "bad",
            plain(failure.next_step) if failure.next_step else "",
            failure.detail,
            action,
            on_action,
        )

    def _toggle(self) -> None:
        shown = self._detail.isVisibleTo(self)
        show_if(not shown, self._detail)
        show_if(not shown, self._copy)
        self._fold.say(N_("Details") if shown else N_("Hide details"))
