"""What would make models run faster on this computer, with the command to type for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.gui.bridge import Background
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_6
from studio.gui.widgets.advice_card import AdviceCard
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Text
from studio.gui.words import Translated

if TYPE_CHECKING:
    from studio.services.devices import Diagnosis

_WIDTH = 560


class AdviceDialog(Translated, QDialog):
    """Looks at the computer (about a second) and says what would help."""

    def __init__(self, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_WIDTH)
        self._waiting = ProgressRow(N_("Looking at this computer"))
        self._found: QVBoxLayout = column(self._waiting, spacing=SPACE_3)
        column(
            Text(N_("What would make models faster here"), role="title"),
            self._found,
            row(None, Button(N_("Close"), "primary", on_click=self.accept)),
            spacing=SPACE_6 - SPACE_2,
            margins=(SPACE_6,) * 4,
            parent=self,
        )
        self.retranslate()

        def look() -> Diagnosis:
            from studio.services.devices import diagnose

            return diagnose()

        background.run(look, self._show, self._show_failure, owner=self)

    def retranslate(self) -> None:
        self.setWindowTitle(_("What would make models faster here"))

    def _show(self, diagnosis: Diagnosis) -> None:
        self._waiting.hide()
        for advice in diagnosis.advice:
            self._found.addWidget(AdviceCard(advice))
        if not diagnosis.advice:
            self._found.addWidget(
                Notice(
                    N_(
                        "Everything this computer has is in use already. Smaller precisions such as int8 are what "
                        "makes most models faster here."
                    ),
                    "good",
                )
            )
        self.adjustSize()

    def _show_failure(self, failure: Failure) -> None:
        self._waiting.hide()
        self._found.addWidget(Notice.of(failure))
        self.adjustSize()
