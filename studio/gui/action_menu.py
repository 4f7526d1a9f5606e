"""Menus of the window's actions."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from studio.domain.i18n import N_
from studio.gui.actions import Actions, Menu
from studio.gui.theme.icons import icon
from studio.gui.words import Translated, Words, said


class ActionMenu(Translated, QMenu):
    """A menu of actions that asks them, when it opens, whether they can be done."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions
        self._parts: list[tuple[QMenu, Words]] = []
        self.aboutToShow.connect(actions.refresh)

    def add_part(self, words: Words, part: Menu, icon_name: str) -> None:
        """Add a submenu with the actions of one part."""
        submenu = QMenu(self)
        submenu.setIcon(icon(icon_name))
        submenu.addActions(self._actions.of_menu(part))
        self.addMenu(submenu)
        self._parts.append((submenu, words))
        self.retranslate()

    def retranslate(self) -> None:
        for submenu, words in self._parts:
            submenu.setTitle(said(words))


def whole_menu(actions: Actions, parent: QWidget) -> ActionMenu:
    """Everything the window can do."""
    menu = ActionMenu(actions, parent)
    menu.add_part(N_("Project"), "project", "folder-simple")
    menu.add_part(N_("Edit"), "edit", "pencil-simple")
    menu.add_part(N_("Run"), "run", "play")
    menu.add_part(N_("Go to"), "go", "compass")
    menu.add_part(N_("View"), "view", "monitor")
    menu.addSeparator()
    menu.addActions(actions.of_menu("help"))
    return menu


def project_menu(actions: Actions, parent: QWidget) -> ActionMenu:
    """What can be done with the project; goes away when it closes."""
    menu = ActionMenu(actions, parent)
    menu.addActions([action for action in actions.of_menu("project") if action.objectName() != "quit"])
    menu.aboutToHide.connect(menu.deleteLater)
    return menu
