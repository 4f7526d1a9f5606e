"""What every field of the composer is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from studio.domain.task import Field, FieldKind


class InputField(QWidget):
    """One input of a task. Its value is a text; of a file it is the path, of a collection one line for each.

    Signals:
        changed: It holds another value.
        submitted: Ask the candidates (Enter or Ctrl+Enter).
        left: It lost the focus.
        undo_wanted: Undo (True) or redo (False) was pressed in it: both are the project's, which knows of candidates
            and settings as well.
    """

    changed = Signal()
    submitted = Signal()
    left = Signal()
    undo_wanted = Signal(bool)

    @property
    def value(self) -> str:
        """What it holds."""
        raise NotImplementedError

    def show_value(self, value: str) -> None:
        """Show another value; emits `changed` where it differs."""
        raise NotImplementedError

    def focus_end(self) -> None:
        """Put the cursor where typing (or choosing) begins."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def look(self, values: Mapping[str, str], options: Mapping[str, Any]) -> None:
        """What the other fields hold and how the options stand, for a field that depends on them."""

    @property
    def last_focus(self) -> QWidget:
        """The widget after which Tab leaves it."""
        return self


def undo_pressed(event: QKeyEvent) -> bool | None:
    """True for the key of undo, False for that of redo, None for any other."""
    if event.matches(QKeySequence.StandardKey.Undo):
        return True
    return False if event.matches(QKeySequence.StandardKey.Redo) else None


def keeps_undo(event: QEvent) -> bool:
    """Whether a shortcut of the window has to be kept for the field: what was typed a moment ago is stored first."""
    if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
        return undo_pressed(event) is not None
    return False


@dataclass(frozen=True)
class Input:
    """One file in this folder declares one, as ``INPUT``.

    Attributes:
        kinds: The kinds of fields it draws, see `studio.domain.task.FieldKind`.
        build: Makes the widget.
        show: Makes a widget that shows a value which can't be changed, such as the picture of a row; None where its
            text says all.
    """

    kinds: tuple[FieldKind, ...]
    build: Callable[[Field], InputField]
    show: Callable[[str], QWidget] | None = None
