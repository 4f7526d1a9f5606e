"""Try: the same input through several candidates, side by side."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.try_page import TryPage

    return TryPage(shell)


SCREEN = Screen("try", N_("Try"), "columns", 20, _build)
