"""Pictures of the window: every screen, light and dark, in each language, at two sizes. ``make screenshots`` runs it.

Works in a project and settings of its own, so that nothing of the user's shows up or changes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtTest import QTest

from studio.domain.i18n import languages
from studio.gui.app import make_application, make_window
from studio.gui.main_window import MainWindow
from studio.gui.screens import all_screens
from studio.services.settings import Settings

SIZES = ((1280, 800), (1024, 700))
THEMES = ("light", "dark")
#: Long enough for lists to be read and layouts to settle, in milliseconds.
_SETTLE_MS = 250


def take_all(window: MainWindow, folder: Path) -> list[Path]:
    """Every screen in every theme, language and size; returns the files."""
    taken = []
    for width, height in SIZES:
        window.resize(width, height)
        for theme in THEMES:
            window.shell.preferences.set_value("theme", theme)
            for language in languages():
                window.shell.preferences.set_value("language", language)
                for screen in all_screens():
                    window.shell.navigation.open_screen(screen.id)
                    taken.append(take(window, folder / f"{screen.id}-{theme}-{language}-{width}.png"))
                if width == SIZES[0][0]:
                    window.action_set.trigger("palette")
                    taken.append(take(window, folder / f"palette-{theme}-{language}-{width}.png"))
                    window.palette_box.close_box()
    return taken


def take(window: MainWindow, file: Path) -> Path:
    """The window as it is now."""
    QTest.qWait(_SETTLE_MS)
    window.grab().save(str(file))
    return file


def main() -> None:
    """Command line: the folder for the pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        os.environ["STUDIO_PROJECTS"] = own
        application = make_application(sys.argv[:1])
        window = make_window(application, Settings(Path(own) / "settings.json", {}))
        window.show()
        window.start()
        QTest.qWait(2000)
        taken = take_all(window, folder)
        window.close()
    sys.stdout.write(f"{len(taken)} pictures in {folder}\n")


if __name__ == "__main__":
    main()
