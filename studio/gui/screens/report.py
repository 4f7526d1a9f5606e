"""Report: what others decide by, previewed as it will be printed, and written in the formats a company uses."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.report import ReportPage

    return ReportPage(shell)


SCREEN = Screen("report", N_("Report"), "file-text", 50, _build)
