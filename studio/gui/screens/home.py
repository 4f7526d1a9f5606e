"""Home: which use case is it about?"""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.home import HomePage

    return HomePage(shell)


SCREEN = Screen("home", N_("Use case"), "squares-four", 10, _build)
