"""Without a display the studio says in one sentence what to do, and Qt is never asked to open a window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.gui import display

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")


@linux
def test_without_a_display_it_says_what_to_do_instead() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "studio"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "studio demo" in done.stderr


@linux
def test_it_says_so_in_the_users_language(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    settings = tmp_path / "settings.json"
    settings.write_text('{"language": "zh_CN"}', encoding="utf-8")
    environment |= {"STUDIO_SETTINGS": str(settings), "PYTHONIOENCODING": "utf-8"}
    environment.pop("STUDIO_LANGUAGE", None)
    done = subprocess.run(
        [sys.executable, "-m", "studio"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "显示器" in done.stderr
    assert "studio demo" in done.stderr


@linux
def test_a_display_that_is_named_but_not_there_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DISPLAY", ":98765")
    assert not display.has_display()
    assert "no display" in display.why_no_window()


@linux
def test_missing_libraries_are_named_by_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(display, "_QT_LIBRARIES", {"libno-such-thing.so.9": "libno-such-thing9"})
    assert display.why_no_window().endswith("`sudo apt-get install libno-such-thing9`.")


@linux
def test_off_screen_needs_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert display.why_no_window() == ""


def test_arguments_go_to_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("studio ")


def test_everything_but_the_window_works_without_qt() -> None:
    """Import every module outside ``gui`` with PySide6 blocked."""
    script = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import studio
for module in pkgutil.walk_packages(studio.__path__, "studio."):
    if not module.name.startswith("studio.gui") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sum(name.startswith("studio.") for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 80
