"""Evaluate: how often is each candidate right on your own data, and is the difference real?"""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.evaluate import EvaluatePage

    return EvaluatePage(shell)


SCREEN = Screen("evaluate", N_("Evaluate"), "chart-bar", 30, _build)
