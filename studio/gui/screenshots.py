"""Pictures of the window: every screen, light and dark, in each language, at two sizes. Run by ``make screenshots``."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtTest import QTest

from studio.gui.app import make_application, make_window
from studio.gui.screens import all_screens
from studio.services.settings import Settings


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    app = make_application(sys.argv[:1])
    w = make_window(app, Settings(out / "settings.json", {}))
    w.show()
    w.start()
    QTest.qWait(400)
    for size in ((1280, 800), (1024, 700)):
        w.resize(*size)
        for theme in ("light", "dark"):
            for lang in ("en", "zh_CN"):
                w.shell.preferences.set_value("theme", theme)
                w.shell.preferences.set_value("language", lang)
                for screen in all_screens():
                    w.shell.navigation.open_screen(screen.id)
                    QTest.qWait(80)
                    w.grab().save(str(out / f"{screen.id}-{theme}-{lang}-{size[0]}.png"))
    w.action_set.trigger("palette")
    QTest.qWait(100)
    w.grab().save(str(out / "palette.png"))
    w.close()


if __name__ == "__main__":
    main()
