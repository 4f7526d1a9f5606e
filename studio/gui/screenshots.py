"""Pictures of the window: every screen, light and dark, in each language, at two sizes. ``make screenshots`` runs it.

Try is shown with real answers of the models on this computer, for each use case that has any. Works in a project and
settings of its own, so that nothing of the user's shows up or changes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import languages
from studio.gui.app import make_application, make_window
from studio.gui.main_window import MainWindow
from studio.gui.pages.try_page import TryPage
from studio.gui.screens import all_screens
from studio.gui.screenshots_places import evaluate_sample, places
from studio.gui.screenshots_try import STATES
from studio.gui.viewmodels.try_model import TryModel
from studio.services.settings import Settings
from studio.tasks import all_tasks

SIZES = ((1280, 800), (1024, 700))
THEMES = ("light", "dark")
#: Theme and language of pictures of rare states; other pairs would show nothing new.
LOOKS = (("light", "en"), ("dark", "zh_CN"))
#: Long enough for layouts to settle, in milliseconds.
_SETTLE_MS = 150
_STEP_MS = 10
_LONGEST_ANSWER_S = 180


def answer_samples(window: MainWindow) -> list[str]:
    """Run an example of every use case that has a model; returns their task ids."""
    answered = []
    for task in all_tasks():
        window.shell.navigation.open_task(task.id)
        model = _try_page(window).model
        _wait_loaded(model)
        if model.columns:
            window.action_set.trigger("run")
            _wait_answered(model)
            answered.append(task.id)
    return answered


def _wait_loaded(model: TryModel) -> None:
    _wait(lambda: not model.loading)


def _wait_answered(model: TryModel) -> None:
    _wait(lambda: not model.running)


def take_all(window: MainWindow, folder: Path, tasks: list[str]) -> list[Path]:
    """Every screen in every theme, language and size; returns the files."""
    taken = []
    for width, height in SIZES:
        window.resize(width, height)
        for theme in THEMES:
            window.shell.preferences.set_value("theme", theme)
            for language in languages():
                window.shell.preferences.set_value("language", language)
                for name, open_it in _views(window, tasks):
                    open_it()
                    taken.append(take(window, folder / f"{name}-{theme}-{language}-{width}.png"))
                    window.palette_box.close_box()
    return taken


def take_try_states(window: MainWindow, folder: Path, tasks: list[str]) -> list[Path]:
    """Try of each use case in every state, theme, language and size; returns the files."""
    taken = []
    for task_id in tasks:
        window.shell.navigation.open_task(task_id)
        page = _try_page(window)
        _wait_loaded(page.model)
        for width, height in SIZES:
            window.resize(width, height)
            for theme, language in LOOKS:
                window.shell.preferences.set_value("theme", theme)
                window.shell.preferences.set_value("language", language)
                for name, state in STATES.items():
                    for step, widget in enumerate(state(page, _wait), 1):
                        file = folder / f"try-{task_id}-{name}{step}-{theme}-{language}-{width}.png"
                        taken.append(take(widget, file))
    return taken


def take_places(window: MainWindow, folder: Path) -> list[Path]:
    """What lies deeper in Models and Evaluate; returns the files."""
    taken = []
    evaluate_sample(window, _wait)
    for width, height in SIZES:
        window.resize(width, height)
        for theme, language in LOOKS:
            window.shell.preferences.set_value("theme", theme)
            window.shell.preferences.set_value("language", language)
            for name, widget in places(window, _wait):
                taken.append(take(widget, folder / f"{name}-{theme}-{language}-{width}.png"))
    return taken


def take(widget: QWidget, file: Path) -> Path:
    """A widget, mostly the window, as it is now."""
    _settle()
    widget.grab().save(str(file))
    return file


def _settle() -> None:
    # Not QTest.qWait: it keeps Python's other threads from running, and answers would seem slow.
    loop = QEventLoop()
    QTimer.singleShot(_SETTLE_MS, loop.quit)
    loop.exec()


def _views(window: MainWindow, tasks: list[str]) -> list[tuple[str, Callable[[], object]]]:
    def task_view(task_id: str) -> None:
        window.shell.navigation.open_task(task_id)
        model = _try_page(window).model
        _wait(lambda: not model.loading and all(state.turns for state in model.columns))

    screens = [screen.id for screen in all_screens() if screen.id != "try" or not tasks]
    views = [
        (screen_id, lambda screen_id=screen_id: window.shell.navigation.open_screen(screen_id)) for screen_id in screens
    ]
    views += [(f"try-{task_id}", lambda task_id=task_id: task_view(task_id)) for task_id in tasks]
    return [*views, ("palette", window.palette_box.open_box)]


def _try_page(window: MainWindow) -> TryPage:
    page = window.pages["try"]
    assert isinstance(page, TryPage)
    return page


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_ANSWER_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("The window did not get there in time.")
        loop = QEventLoop()
        QTimer.singleShot(_STEP_MS, loop.quit)
        loop.exec()


def main() -> None:
    """Command line: the folder for the pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        os.environ["STUDIO_PROJECTS"] = own
        os.environ["STUDIO_SETTINGS"] = str(Path(own) / "settings.json")
        application = make_application(sys.argv[:1])
        window = make_window(application, Settings(Path(own) / "settings.json", {}))
        window.resize(*SIZES[0])
        window.show()
        window.start()
        _wait(lambda: window.shell.project.session is not None)
        tasks = answer_samples(window)
        taken = take_all(window, folder, tasks)
        taken += take_places(window, folder)
        taken += take_try_states(window, folder, tasks)
        window.close()
    sys.stdout.write(f"{len(taken)} pictures in {folder}\n")


if __name__ == "__main__":
    main()
