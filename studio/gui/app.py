"""Opens the window. First paint comes before anything that takes time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QStyleFactory

from studio.gui.main_window import MainWindow
from studio.gui.shell import Shell
from studio.gui.theme.fonts import application_font
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.words import speak
from studio.services.settings import Settings


def make_application(arguments: list[str]) -> QApplication:
    """Qt's application object, named and in the studio's style."""
    QGuiApplication.setApplicationName("prototype-studio")
    QGuiApplication.setApplicationDisplayName("Prototype Studio")
    QGuiApplication.setDesktopFileName("prototype-studio")
    application = QApplication(arguments)
    dress(application)
    return application


def dress(application: QApplication) -> None:
    """Give an application the studio's style and font; the colours come with `Theme`."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setFont(application_font())


def make_window(application: QApplication, settings: Settings | None = None) -> MainWindow:
    """The window with everything it stands on, not yet shown.

    Args:
        application: Qt's application object.
        settings: The user's settings; where None, those of this computer.
    """
    preferences = Preferences(settings)
    preferences.changed.connect(lambda key: speak(preferences.language) if key == "language" else None)
    return MainWindow(Shell(application, preferences))


def open_window(project: Path | None = None) -> int:
    """Open the window and stay until it is closed; the exit code.

    Args:
        project: A project's file to open in it; where None, the one worked on last.
    """
    application = make_application(sys.argv[:1])
    window = make_window(application)
    window.show()
    QTimer.singleShot(0, lambda: _after_first_paint(application, window, project))
    code = application.exec()
    # Everything is stored by now. Python ends threads that are in the middle of something where they stand, and Qt's
    # bindings crash when that was an import; so what is short is waited for, and what is not, ends with the process.
    if not window.shell.background.finish(within_s=3):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _after_first_paint(application: QApplication, window: MainWindow, project: Path | None) -> None:
    from studio.gui.last_resort import close_on_signals, show_unforeseen_errors
    from studio.gui.theme.mark import window_icon

    show_unforeseen_errors(window)
    close_on_signals(window)
    application.setWindowIcon(window_icon())
    window.start(project)
