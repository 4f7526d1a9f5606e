"""The ``studio`` command opens the window, and closes it when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio import launch
from studio.gui.last_resort import close_on_signals


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_its_project(number: signal.Signals, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "STUDIO_SETTINGS": str(tmp_path / "settings.json"),
        "STUDIO_PROJECTS": str(tmp_path),
    }
    process = subprocess.Popen([sys.executable, "-m", "studio"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        drafts = tmp_path / "drafts"
        deadline = time.monotonic() + 60
        while not list(drafts.glob("*.studio")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert list(drafts.glob("*.studio")), "no project was begun"
        process.send_signal(number)
        _out, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    # An empty draft leaves nothing behind.
    assert list(drafts.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_closes_nothing_in_the_middle_of_other_code(qtbot: QtBot) -> None:
    class Window(QWidget):
        closings = 0

        def closeEvent(self, event: QCloseEvent) -> None:
            self.closings += 1

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    window = Window()
    qtbot.addWidget(window, before_close_func=lambda _window: signal.set_wakeup_fd(-1))
    try:
        close_on_signals(window)
        for count, number in enumerate(numbers, start=1):
            signal.raise_signal(number)
            assert window.closings == count - 1
            qtbot.waitUntil(lambda count=count: window.closings == count)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize(
    ("arguments", "opened"), [([], None), (["pilot.studio"], Path("pilot.studio"))], ids=["alone", "with a project"]
)
def test_what_opens_the_window(arguments: list[str], opened: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    import studio.gui.app

    asked: list[Path | None] = []

    def open_window(project: Path | None = None) -> int:
        asked.append(project)
        return 0

    monkeypatch.setattr(studio.gui.app, "open_window", open_window)
    monkeypatch.setattr(sys, "argv", ["studio", *arguments])
    with pytest.raises(SystemExit) as ended:
        launch.main()
    assert ended.value.code == 0
    assert asked == [opened]
