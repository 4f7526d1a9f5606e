"""Report: share what was found. Comes with a later version."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.coming import ComingPage

    return ComingPage(
        shell,
        SCREEN,
        N_("Reports come next"),
        N_(
            "Here you will make a report that colleagues can open without the studio. "
            "Until then, `studio run … --json` writes a comparison as a file that other programs read."
        ),
    )


SCREEN = Screen("report", N_("Report"), "file-text", 50, _build)
