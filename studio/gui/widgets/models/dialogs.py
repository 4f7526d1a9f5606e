"""What is asked before a download: the licence, and a token for models that want an account."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_6
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, row
from studio.gui.widgets.models.words import LIGHTS
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Badge, Text
from studio.gui.words import plain
from studio.services.licences import licence_light

_WIDTH = 480


class LicenceDialog(QDialog):
    """Shows what a licence means and where it stands; accepted only after a tick.

    Args:
        name: The model.
        licence: Licence id; empty where none is stated.
        gated: Whether its authors also want the terms accepted on their page.
        page: The model's web page.
        link: Where the licence text is; empty for the model's page.
    """

    def __init__(
        self, name: str, licence: str, gated: bool, page: str, link: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("The licence of {name}").format(name=name))
        self.setFixedWidth(_WIDTH)
        light = licence_light(licence)
        lines = column(spacing=SPACE_3)
        badge = Badge(light.words, LIGHTS[light.light])
        lines.addWidget(Text(plain(name), role="title", wrap=True))
        lines.addLayout(row(badge, Text(plain(licence or _("not stated")), role="muted"), None, spacing=SPACE_2))
        lines.addWidget(Text(light.meaning, wrap=True))
        if gated:
            lines.addWidget(
                Text(N_("Its authors also want the terms accepted on their page, with an account there."), wrap=True)
            )
        target = link if link.startswith(("https://", "http://")) else page
        read = Button(N_("Read it in the browser"), "link", on_click=lambda: QDesktopServices.openUrl(QUrl(target)))
        read.setToolTip(target)
        lines.addLayout(row(read, None))
        self.tick = QCheckBox(_("I have read the licence and accept it"))
        self.accept_button = Button(N_("Download"), "primary", "download-simple", self.accept)
        self.accept_button.setEnabled(False)
        self.tick.toggled.connect(self.accept_button.setEnabled)
        buttons = row(None, Button(N_("Cancel"), on_click=self.reject), self.accept_button, spacing=SPACE_2)
        column(lines, self.tick, buttons, spacing=SPACE_6 - SPACE_2, margins=(SPACE_6,) * 4, parent=self)


#: Keeps a token: called with it, with what to do then, and with what to do where that fails.
KeepToken = Callable[[str, Callable[[str], object], Callable[[Failure], object]], object]


class TokenDialog(QDialog):
    """Takes a token for the Hub; it is checked there and kept in the system's keyring.

    Signals:
        kept: The token is in force.
    """

    kept = Signal()

    def __init__(self, keep: KeepToken, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keep = keep
        self.setWindowTitle(_("A token for the Hub"))
        self.setFixedWidth(_WIDTH)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("hf_…")
        self.field.setAccessibleName(_("Token"))
        self.field.textChanged.connect(lambda _text: self._show(False))
        self._problem = column()
        self.save_button = Button(N_("Check and keep"), "primary", on_click=self._save)
        self.save_button.setDefault(True)
        terms = Button(N_("The model's page"), "link", on_click=lambda: QDesktopServices.openUrl(QUrl(page)))
        terms.setToolTip(page)
        column(
            Text(N_("This model wants an account"), role="title", wrap=True),
            Text(
                N_(
                    "Accept its terms on its page, then make a token in your account's settings there, under Access "
                    "Tokens (reading is enough), and paste it here. It is kept in the system's keyring and shown to "
                    "this Hub only."
                ),
                wrap=True,
            ),
            row(terms, None),
            self.field,
            self._problem,
            row(None, Button(N_("Cancel"), on_click=self.reject), self.save_button, spacing=SPACE_2),
            spacing=SPACE_3,
            margins=(SPACE_6,) * 4,
            parent=self,
        )
        self._show(False)

    def _show(self, busy: bool) -> None:
        self.save_button.setEnabled(bool(self.field.text().strip()) and not busy)
        self.save_button.say(N_("Checking …") if busy else N_("Check and keep"))

    def _save(self) -> None:
        clear(self._problem)
        self._show(True)
        self._keep(self.field.text().strip(), self._on_kept, self._on_failed)

    def _on_kept(self, _account: str) -> None:
        self.kept.emit()
        self.accept()

    def _on_failed(self, failure: Failure) -> None:
        self._show(False)
        self._problem.addWidget(Notice.of(failure))
        self.adjustSize()
