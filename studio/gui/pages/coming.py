"""A step of the path that this version does not have yet: says so, and what to do meanwhile."""

from __future__ import annotations

from studio.domain.i18n import N_
from studio.gui.page import Page, Screen
from studio.gui.shell import Shell
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.section import PageHead
from studio.gui.words import Words


class ComingPage(Page):
    """An honest placeholder."""

    def __init__(self, shell: Shell, screen: Screen, title: Words, sentence: Words) -> None:
        super().__init__()
        self.body.addWidget(PageHead(screen.title))
        self.body.addWidget(
            EmptyState(screen.icon, title, sentence, N_("Go to Try"), lambda: shell.navigation.open_screen("try")), 1
        )
