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

from PySide6.QtTest import QTest

from studio.domain.i18n import languages
from studio.gui.app import make_application, make_window
from studio.gui.main_window import MainWindow
from studio.gui.pages.try_page import TryPage
from studio.gui.screens import all_screens
from studio.gui.viewmodels.try_model import TryModel
from studio.services.settings import Settings
from studio.tasks import all_tasks

SIZES = ((1280, 800), (1024, 700))
THEMES = ("light", "dark")
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


def take(window: MainWindow, file: Path) -> Path:
    """The window as it is now."""
    QTest.qWait(_SETTLE_MS)
    window.grab().save(str(file))
    return file


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
        QTest.qWait(_STEP_MS)


def main() -> None:
    """Command line: the folder for the pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        os.environ["STUDIO_PROJECTS"] = own
        application = make_application(sys.argv[:1])
        window = make_window(application, Settings(Path(own) / "settings.json", {}))
        window.resize(*SIZES[0])
        window.show()
        window.start()
        _wait(lambda: window.shell.project.session is not None)
        taken = take_all(window, folder, answer_samples(window))
        window.close()
    sys.stdout.write(f"{len(taken)} pictures in {folder}\n")


if __name__ == "__main__":
    main()
