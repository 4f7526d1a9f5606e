"""The left rail: the path from use case to report, the library and settings, and the project's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QWidget

from studio.domain.i18n import N_, _
from studio.gui.screens import all_screens
from studio.gui.theme.icons import icon
from studio.gui.theme.mark import Mark
from studio.gui.theme.tokens import ICON_LARGE, RAIL_WIDTH, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.card import Line
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, Words, plain, said

if TYPE_CHECKING:
    from studio.gui.action_menu import ActionMenu
    from studio.gui.actions import Actions


class RailButton(Translated, QPushButton):
    """One screen in the rail."""

    def __init__(self, icon_name: str, words: Words, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._keys = words, keys
        self.setProperty("kind", "rail")
        self.setCheckable(True)
        self.setIcon(icon(icon_name, "muted", "accent_ink"))
        self.setIconSize(QSize(ICON_LARGE, ICON_LARGE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._note = Text(role="caption")
        self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row(None, self._note, margins=(0, 0, SPACE_2 + 2, 0), parent=self)
        self.retranslate()

    def say(self, words: Words) -> None:
        """Say something else."""
        self._words = words
        self.retranslate()

    def show_note(self, words: Words) -> None:
        """A few characters at the right, such as a count."""
        self._note.say(words)

    def retranslate(self) -> None:
        words = said(self._words)
        self.setText(f" {words}")
        self.setAccessibleName(words)
        self.setToolTip(f"{words} ({self._keys})" if self._keys else words)


class Rail(Translated, QFrame):
    """The left rail.

    Signals:
        chosen: The user wants a screen (its id).
    """

    chosen = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setProperty("surface", "rail")
        self.setFixedWidth(RAIL_WIDTH)
        brand = Text(N_("Prototype Studio"), role="heading")
        self._menu: ActionMenu | None = None
        self._menu_button = IconButton("list", N_("Menu"), on_click=self._open_menu)
        self._project = RailButton("folder-simple", N_("Project"), "")
        self._project.setCheckable(False)
        self._project.clicked.connect(self._open_project_menu)
        self._name = ""
        self._group = QButtonGroup(self)
        self.buttons: dict[str, RailButton] = {}
        path, below = column(spacing=2), column(spacing=2)
        for screen in all_screens():
            keys = actions[f"go.{screen.id}"].shortcut().toString()
            button = RailButton(screen.icon, screen.title, keys)
            button.clicked.connect(lambda _checked=False, screen_id=screen.id: self.chosen.emit(screen_id))
            self._group.addButton(button)
            self.buttons[screen.id] = button
            (below if screen.below else path).addWidget(button)
        head = row(Mark(), brand, None, self._menu_button, spacing=SPACE_2, margins=(8, 0, 0, SPACE_3))
        line = row(Line(), margins=(8, SPACE_3, 8, SPACE_3))
        column(
            head,
            path,
            line,
            below,
            None,
            self._project,
            spacing=0,
            margins=(SPACE_3, SPACE_4, SPACE_3, SPACE_2),
            parent=self,
        )
        self.retranslate()

    def show_screen(self, screen_id: str) -> None:
        """Mark the screen that is on show."""
        self.buttons[screen_id].setChecked(True)

    def show_project(self, name: str) -> None:
        """Show the project's name."""
        self._name = name
        fitting = self._project.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, RAIL_WIDTH - 76)
        self._project.say(plain(fitting) if name else N_("Project"))
        if name:
            self._project.setToolTip(name)
            self._project.setAccessibleName(_("Project: {name}").format(name=name))

    def retranslate(self) -> None:
        self.setAccessibleName(_("Steps"))
        self.show_project(self._name)

    @property
    def menu(self) -> ActionMenu:
        """The menu of everything the window can do, made when it is first opened."""
        if self._menu is None:
            from studio.gui.action_menu import whole_menu

            self._menu = whole_menu(self._actions, self)
        return self._menu

    def _open_menu(self) -> None:
        self.menu.popup(self._menu_button.mapToGlobal(QPoint(0, self._menu_button.height())))

    def _open_project_menu(self) -> None:
        from studio.gui.action_menu import project_menu

        menu = project_menu(self._actions, self)
        menu.popup(self._project.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
