"""Settings: language, theme, device, folders, privacy."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell
from studio.gui.widgets.section import PageHead


class SettingsPage(Page):
    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.body.addWidget(PageHead(N_("Settings")))
        self.body.addStretch(1)


def _build(shell: Shell) -> Page:
    return SettingsPage(shell)


SCREEN = Screen("settings", N_("Settings"), "gear-six", 70, _build, below=True)
