"""Models: what is on this computer, and whether it will run."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.models import ModelsPage

    return ModelsPage(shell)


SCREEN = Screen("models", N_("Models"), "cube", 60, _build, below=True)
