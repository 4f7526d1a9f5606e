"""Asked once a project and host: whether what is typed here may leave this computer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import ICON_LARGE, SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_6
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, fit_height, row
from studio.gui.widgets.text import Text
from studio.gui.words import plain

_WIDTH = 480


class SendingDialog(QDialog):
    """The question. Enter and Esc both mean no, so that nothing leaves by a key pressed in passing.

    Args:
        hosts: Who would get it.
        requests: How many requests the next step sends to each; 0 where that is not known.
    """

    def __init__(self, hosts: Sequence[str], requests: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Send data away"))
        self.setFixedWidth(_WIDTH)
        self.hosts = tuple(hosts)
        names = Card(spacing=SPACE_1, margin=SPACE_3)
        for host in hosts:
            line = row(
                Icon("cloud-arrow-up", ICON_LARGE, "warn"),
                Text(plain(host), role="strong", wrap=True, selectable=True),
                spacing=SPACE_2,
            )
            line.setStretch(1, 1)
            names.body.addLayout(line)
        self.send_button = Button(N_("Send"), on_click=self.accept)
        self.keep_button = Button(N_("Don't send"), "primary", on_click=self.reject)
        self.keep_button.setDefault(True)
        lines = column(
            Text(N_("Your texts would leave this computer"), role="title", wrap=True),
            Text(
                N_(
                    "In this project, what you type and every row that you evaluate would go to the service below. "
                    "Whoever runs it can read it, and may keep it: its terms of use say what is done with it."
                ),
                wrap=True,
            ),
            names,
            spacing=SPACE_3,
        )
        if requests > 1:
            lines.addWidget(
                Text(
                    lambda: ngettext("{n} request now.", "{n} requests now.", requests).format(n=f"{requests:,}"),
                    wrap=True,
                )
            )
        lines.addWidget(
            Text(
                N_("You are asked once for this project. Models on this computer go on answering here."),
                role="muted",
                wrap=True,
            )
        )
        column(
            lines,
            row(None, self.send_button, self.keep_button, spacing=SPACE_2),
            spacing=SPACE_4,
            margins=(SPACE_6,) * 4,
            parent=self,
        )
        self.keep_button.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit_height(self)
