"""The ``studio`` command opens the window, and closes it when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio import launch


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
