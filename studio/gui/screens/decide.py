"""Decide: is a candidate good enough, and what would it take to run it?"""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.decide import DecidePage

    return DecidePage(shell)


SCREEN = Screen("decide", N_("Decide"), "scales", 40, _build)
