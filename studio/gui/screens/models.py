"""Models: what is on this computer. Its screen comes with a later version; the terminal can do it all today."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.coming import ComingPage

    return ComingPage(
        shell,
        SCREEN,
        N_("The model library comes next"),
        N_(
            "Until then, add and check models in a terminal; what you add appears in Try at once: "
            "`studio models list`, `studio models add FOLDER`, `studio models verify ID`."
        ),
    )


SCREEN = Screen("models", N_("Models"), "cube", 60, _build, below=True)
