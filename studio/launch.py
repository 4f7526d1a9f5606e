"""The ``studio`` command: the window when it is called alone or with a project's file, else the terminal's commands.

Worker processes import the main module again, so this one imports nothing until it knows what is wanted.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the console script."""
    project = sys.argv[1] if len(sys.argv) == 2 and sys.argv[1].endswith(".studio") else ""
    if len(sys.argv) > 1 and not project:
        from studio.cli.app import main as command_line

        command_line()
        return
    from multiprocessing import freeze_support

    freeze_support()
    from studio.gui.display import why_no_window

    if why_no_window():
        from studio.services.settings import Settings

        # Said in the user's language, which the settings know.
        Settings().apply()
        sys.stderr.write(why_no_window() + "\n")
        raise SystemExit(2)
    from pathlib import Path

    from studio.gui.app import open_window

    raise SystemExit(open_window(Path(project) if project else None))


if __name__ == "__main__":
    main()
