"""What every screen is made of: a page, the commands it offers while it is on show, and its declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.theme.tokens import SPACE_4, SPACE_6
from studio.gui.widgets.layouts import column
from studio.gui.words import Translated

if TYPE_CHECKING:
    from studio.gui.shell import Shell


@dataclass(frozen=True)
class Screen:
    """One file in ``studio/gui/screens`` declares one, as ``SCREEN``.

    Attributes:
        id: What `studio.gui.navigation.Navigation.open_screen` takes.
        title: Its words in the rail.
        icon: Phosphor icon.
        order: Place in the rail; ``Ctrl+1`` opens the first.
        build: Makes the page, the first time it is shown. Imports what is heavy itself.
        below: Whether it stands below the rail's line: not a step of the path, but about the studio.
    """

    id: str
    title: str
    icon: str
    order: int
    build: Callable[[Shell], Page]
    below: bool = False


@dataclass(frozen=True)
class Command:
    """Something a page can do for one of the window's actions."""

    run: Callable[[], object]
    enabled: Callable[[], bool] = lambda: True


class Page(Translated, QWidget):
    """A screen's content.

    A page offers commands for the window's actions (`studio.gui.actions`) by their id: ``run``, ``stop``,
    ``add_candidate`` and so on; an action whose command the page on show does not offer is disabled.

    Signals:
        commands_changed: What can be done changed.
    """

    commands_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.commands: dict[str, Command] = {}
        self.body: QVBoxLayout = column(
            spacing=SPACE_4, margins=(SPACE_6, SPACE_4 + 2, SPACE_6, SPACE_4 + 4), parent=self
        )

    def offer(self, action: str, run: Callable[[], object], enabled: Callable[[], bool] = lambda: True) -> None:
        """Offer a command for the action of that id."""
        self.commands[action] = Command(run, enabled)

    def arrive(self) -> None:
        """The page was opened; put the focus where work begins. Here: nowhere yet, so that no control seems chosen."""
        self.setFocus()
