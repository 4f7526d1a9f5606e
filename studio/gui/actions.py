"""Every action of the window, declared once. The menu, the command palette and the shortcuts read this list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_
from studio.gui.screens import all_screens
from studio.gui.theme.icons import icon
from studio.gui.words import Translated, Words, said

if TYPE_CHECKING:
    from studio.gui.main_window import MainWindow

Menu = Literal["project", "edit", "run", "view", "help", "go"]
Do = Callable[["MainWindow"], object]
When = Callable[["MainWindow"], bool]


@dataclass(frozen=True)
class Action:
    """One thing the window can do.

    Attributes:
        id: Name in the code; for what a page does, the id of the command it offers.
        title: What it does, as a verb.
        icon: Phosphor icon.
        menu: The menu it stands in.
        run: Does it.
        enabled: Whether it can be done now.
        shortcuts: Keys, as Qt writes them (``Ctrl`` is ⌘ on a Mac).
    """

    id: str
    title: Words
    icon: str
    menu: Menu
    run: Do
    enabled: When = lambda _window: True
    shortcuts: tuple[str, ...] = ()


def _page_action(action_id: str, title: str, icon_name: str, menu: Menu, *shortcuts: str) -> Action:
    """An action that the page on show carries out, if it offers a command of that id."""
    return Action(
        action_id,
        title,
        icon_name,
        menu,
        run=lambda window: window.page.commands[action_id].run(),
        enabled=lambda window: action_id in window.page.commands and window.page.commands[action_id].enabled(),
        shortcuts=shortcuts,
    )


def _theme_action(choice: str, title: str, icon_name: str) -> Action:
    return Action(
        f"theme.{choice}", title, icon_name, "view", lambda window: window.shell.preferences.set_value("theme", choice)
    )


def _language_action(code: str, title: Words) -> Action:
    return Action(
        f"language.{code}",
        title,
        "translate",
        "view",
        lambda window: window.shell.preferences.set_value("language", code),
    )


def _opens(screen_id: str) -> Do:
    return lambda window: window.shell.navigation.open_screen(screen_id)


def _screens() -> Iterator[Action]:
    for number, screen in enumerate(all_screens(), 1):
        yield Action(
            f"go.{screen.id}",
            screen.title,
            screen.icon,
            "go",
            run=_opens(screen.id),
            shortcuts=(f"Ctrl+{number}",),
        )


def all_actions() -> tuple[Action, ...]:
    """Every action, in the menu's order."""
    return (
        Action(
            "project.new", N_("New project"), "file-plus", "project", lambda w: w.files.new(), shortcuts=("Ctrl+N",)
        ),
        Action(
            "project.open",
            N_("Open a project …"),
            "folder-open",
            "project",
            lambda w: w.files.open(),
            shortcuts=("Ctrl+O",),
        ),
        Action(
            "project.copy",
            N_("Save a copy …"),
            "floppy-disk",
            "project",
            lambda w: w.files.save_copy(),
            lambda w: w.files.ready,
            ("Ctrl+S",),
        ),
        Action(
            "project.rename",
            N_("Rename the project …"),
            "pencil-simple",
            "project",
            lambda w: w.files.rename(),
            lambda w: w.files.writable,
        ),
        _page_action("export", N_("Export …"), "export", "project", "Ctrl+E"),
        Action("quit", N_("Close the studio"), "sign-out", "project", lambda w: w.close(), shortcuts=("Ctrl+Q",)),
        Action(
            "edit.undo",
            N_("Undo"),
            "arrow-u-up-left",
            "edit",
            lambda w: w.files.undo(),
            lambda w: w.files.can_undo,
            ("Ctrl+Z",),
        ),
        Action(
            "edit.redo",
            N_("Redo"),
            "arrow-u-up-right",
            "edit",
            lambda w: w.files.redo(),
            lambda w: w.files.can_redo,
            ("Ctrl+Shift+Z", "Ctrl+Y"),
        ),
        _page_action("run", N_("Run"), "play", "run", "Ctrl+Enter", "Ctrl+Return"),
        _page_action("stop", N_("Stop"), "stop-circle", "run", "Esc"),
        _page_action("add_candidate", N_("Add a candidate"), "plus", "run", "Ctrl+T"),
        _page_action("remove_candidate", N_("Remove the focused candidate"), "minus", "run", "Ctrl+W"),
        _page_action("blind", N_("Compare blind"), "eye-slash", "run", "Ctrl+B"),
        _page_action("history", N_("Past runs"), "clock-counter-clockwise", "run", "Ctrl+H"),
        *_screens(),
        Action(
            "palette",
            N_("Find an action"),
            "magnifying-glass",
            "view",
            lambda w: w.palette_box.open_box(),
            shortcuts=("Ctrl+K",),
        ),
        _theme_action("system", N_("Theme: as the system"), "circle-half"),
        _theme_action("light", N_("Theme: light"), "sun"),
        _theme_action("dark", N_("Theme: dark"), "moon"),
        _language_action("en", lambda: "Language: English"),
        _language_action("zh_CN", lambda: "语言：简体中文"),
        Action("explain", N_("Explain what is focused"), "question", "help", lambda w: w.explain(), shortcuts=("F1",)),
        Action("about", N_("About the studio"), "info", "help", lambda w: w.show_about()),
    )


class Actions(Translated, QWidget):
    """The window's actions as Qt's, so that shortcuts work everywhere in it. Invisible."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.hide()
        self._window = window
        self.declared = {action.id: action for action in all_actions()}
        self._made: dict[str, QAction] = {}
        for action in self.declared.values():
            made = QAction(icon(action.icon, "muted", "accent_ink"), "", window)
            made.setObjectName(action.id)
            made.setShortcuts([QKeySequence(keys) for keys in action.shortcuts])
            made.setMenuRole(_ROLES.get(action.id, QAction.MenuRole.NoRole))
            made.triggered.connect(lambda _checked=False, action_id=action.id: self.trigger(action_id))
            window.addAction(made)
            self._made[action.id] = made
        self.retranslate()

    def __getitem__(self, action_id: str) -> QAction:
        return self._made[action_id]

    def trigger(self, action_id: str) -> None:
        """Do it, if it can be done now."""
        action = self.declared[action_id]
        if action.enabled(self._window):
            action.run(self._window)

    def refresh(self) -> None:
        """Ask every action again whether it can be done."""
        for action in self.declared.values():
            self._made[action.id].setEnabled(action.enabled(self._window))

    def of_menu(self, menu: Menu) -> list[QAction]:
        """The actions of one menu, in order."""
        return [self._made[action.id] for action in self.declared.values() if action.menu == menu]

    def retranslate(self) -> None:
        for action in self.declared.values():
            self._made[action.id].setText(said(action.title))


_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "about": QAction.MenuRole.AboutRole,
    "go.settings": QAction.MenuRole.PreferencesRole,
}


def keys_of(action: QObject) -> str:
    """The first shortcut of an action as the system writes it; empty where there is none."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) if isinstance(action, QAction) else ""
