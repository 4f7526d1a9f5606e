"""Decide: is a candidate good enough? Comes with a later version."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.coming import ComingPage

    return ComingPage(
        shell,
        SCREEN,
        N_("Criteria and verdicts come next"),
        N_(
            "Here you will say what good enough means, and get a verdict for each candidate: go, no-go or not proven. "
            "Until then, rate answers side by side."
        ),
    )


SCREEN = Screen("decide", N_("Decide"), "scales", 40, _build)
