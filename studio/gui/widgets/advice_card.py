"""One piece of advice about this computer, with the command to type for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from studio.domain.i18n import N_
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import row
from studio.gui.widgets.text import Text
from studio.gui.words import plain

if TYPE_CHECKING:
    from studio.services.devices import Advice


class AdviceCard(Card):
    """One piece of advice."""

    def __init__(self, advice: Advice) -> None:
        super().__init__(Text(plain(advice.message), wrap=True), spacing=SPACE_2)
        if advice.command:
            command = Text(plain(advice.command), role="code", wrap=True, selectable=True)
            copy = IconButton(
                "copy", N_("Copy the command"), lambda: QGuiApplication.clipboard().setText(advice.command)
            )
            line = row(command, copy, spacing=SPACE_1)
            line.setStretch(0, 1)
            self.body.addLayout(line)
