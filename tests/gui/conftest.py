"""A window of its own for each test, off screen, with settings and projects in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    # Qt's own off-screen screen is 800 by 800, smaller than the window.
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={Path(__file__).with_name('screen.json')}"


#: However busy the computer is, that decides no test.
_PATIENCE_MS = 60_000


class PatientBot(QtBot):
    """Waits long for what has to come: a shorter time that a test names is not the end."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 0) -> None:
        super().waitUntil(callback, timeout=max(timeout, _PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = 0, raising: bool | None = None, **more: Any) -> Any:
        # One that need not come is not waited for longer.
        most = timeout if raising is False else max(timeout, _PATIENCE_MS)
        return super().waitSignal(signal, timeout=most, raising=raising, **more)

    def waitSignals(self, signals: Any, *, timeout: int = 0, raising: bool | None = None, **more: Any) -> Any:
        most = timeout if raising is False else max(timeout, _PATIENCE_MS)
        return super().waitSignals(signals, timeout=most, raising=raising, **more)

    def waitExposed(self, widget: QWidget, *, timeout: int = 0) -> Any:
        return super().waitExposed(widget, timeout=max(timeout, _PATIENCE_MS))


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    return PatientBot(request)


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["prototype-studio"]


@pytest.fixture
def application(qapp: QApplication) -> QApplication:
    """Qt's application object in the studio's style."""
    from studio.gui.app import dress

    if not qapp.property("dressed"):
        dress(qapp)
        qapp.setProperty("dressed", True)
    return qapp


@pytest.fixture
def settings(tmp_path: Path):
    """Settings of this test alone."""
    from studio.services.settings import Settings

    return Settings(tmp_path / "settings.json", {})


@pytest.fixture
def window(qtbot: QtBot, application: QApplication, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The studio's window, shown, on Home, with an empty project open."""
    yield from shown_window(qtbot, application, settings, tmp_path, monkeypatch)


def shown_window(
    qtbot: QtBot, application: QApplication, settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator:
    """What the fixture ``window`` does; for tests that begin in another language or theme."""
    from studio.gui.app import make_window

    monkeypatch.setenv("STUDIO_LANGUAGE", "en")
    monkeypatch.setenv("STUDIO_PROJECTS", str(folder / "projects"))
    monkeypatch.setenv("STUDIO_LIBRARY", str(folder / "library"))
    if settings.value("language") == "system":
        settings.set("language", "en")
    made = make_window(application, settings)
    made.show()
    qtbot.waitExposed(made)
    made.start()
    qtbot.waitUntil(lambda: made.shell.project.session is not None, timeout=20_000)
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made and QApplication.focusWidget() is not None)
    yield made
    made.close()
    # What is still under way must not end up in the next test.
    made.shell.background.finish(within_s=10)
    made.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
