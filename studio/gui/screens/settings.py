"""Settings: language, theme, device, folders, privacy."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell


def _build(shell: Shell) -> Page:
    from studio.gui.pages.settings import SettingsPage

    return SettingsPage(shell)


SCREEN = Screen("settings", N_("Settings"), "gear-six", 70, _build, below=True)
