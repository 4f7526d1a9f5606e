"""What the window gives its screens: the services they work with and the ways to say something."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from studio.gui.bridge import Background
from studio.gui.jobs import RunningJobs
from studio.gui.navigation import Navigation
from studio.gui.theme.theme import Theme
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.viewmodels.project import CurrentProject

if TYPE_CHECKING:
    from studio.gui.widgets.toast import ToastArea
    from studio.library.store import Library


class Shell(QObject):
    """Handed to every screen's ``build``; made once by `studio.gui.app`, no global.

    Attributes:
        background: Runs work off the window's thread.
        navigation: Where the window is.
        jobs: What is running, for the status bar.
        theme: Light or dark.
        preferences: The user's settings.
        project: The open project.
        toasts: Short messages; set by the window, which they lie upon.
        window_action: Does one of the window's actions by its id; set by the window.
    """

    toasts: ToastArea
    window_action: Callable[[str], None]

    def __init__(self, application: QApplication, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.background = Background(self)
        self.navigation = Navigation(self)
        self.jobs = RunningJobs(self)
        self.theme = Theme(application, preferences.theme, self)
        self.project = CurrentProject(self.background, self)
        self._library: Library | None = None

    @property
    def library(self) -> Library:
        """The models on this computer. Listing them reads the disk: do it in the background."""
        if self._library is None:
            from studio.library.store import Library

            self._library = Library.open()
        return self._library

    def close(self) -> None:
        """The window closes: end what was begun."""
        self.theme.release()
        self.project.close()

    def forget_library(self) -> None:
        """Look for models in the folder that the settings name now."""
        self._library = None
