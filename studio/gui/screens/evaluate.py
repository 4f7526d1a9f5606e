"""Evaluate: how often is each candidate right on your own data? Comes with a later version."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.coming import ComingPage

    return ComingPage(
        shell,
        SCREEN,
        N_("Evaluating on a spreadsheet comes next"),
        N_(
            "Here you will drop a spreadsheet of real messages and see how often each candidate is right. "
            "Until then, try single messages side by side."
        ),
    )


SCREEN = Screen("evaluate", N_("Evaluate"), "chart-bar", 30, _build)
