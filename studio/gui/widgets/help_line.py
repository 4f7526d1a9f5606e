"""One line below a group of settings that says what the one under the pointer, or with the focus, is for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import _
from studio.gui.widgets.text import Text

_LINES = 2


class HelpLine(Text):
    """The line. Room for its longest sentence is always there, so that nothing moves.

    Args:
        intro: What it says at first.
        help_of: What it says of each field. The fields' own parts count as the fields.
    """

    def __init__(self, intro: str, help_of: Sequence[tuple[QWidget, str]], parent: QWidget | None = None) -> None:
        self._intro, self._help_of = intro, dict(help_of)
        self._at: QWidget | None = None
        super().__init__(self._told, role="caption", wrap=True, parent=parent)
        for field in self._help_of:
            for part in (field, *field.findChildren(QWidget)):
                part.installEventFilter(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn) and isinstance(watched, QWidget):
            self._at = next((field for field in self._help_of if field is watched or field.isAncestorOf(watched)), None)
            self.retranslate()
        return super().eventFilter(watched, event)

    def _told(self) -> str:
        return _(self._help_of[self._at] if self._at is not None else self._intro)
