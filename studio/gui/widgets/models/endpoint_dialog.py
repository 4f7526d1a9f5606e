"""Adding an endpoint, or setting one up in another way: its address, its key, what it offers, and its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLineEdit, QWidget

from studio.domain.endpoint import Endpoint, host_of
from studio.domain.errors import EndpointAccessError, Failure, InputError
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_6
from studio.gui.viewmodels.endpoints import Endpoints
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.composer_options import OptionField
from studio.gui.widgets.help_line import HelpLine
from studio.gui.widgets.layouts import clear, column, fit_height, row, scrolled, show_if
from studio.gui.widgets.models.endpoint_models import FEW, ModelChoice
from studio.gui.widgets.models.endpoint_words import KNOWN, Known, candidate_like
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Text
from studio.gui.words import plain
from studio.services.endpoints import LIMITS, check

if TYPE_CHECKING:
    from studio.services.endpoints import Reachable

#: Of the dialog, and the most that its form takes before it scrolls.
_WIDTH, _HEIGHT = 540, 580


class EndpointDialog(QDialog):
    """The form. "Connect" asks the endpoint for its models; what is not reachable now can be added all the same.

    Args:
        model: Adds and changes.
        endpoint: The one to set up in another way; None to add one.
        known: The server or service to begin with, where one is added.
    """

    def __init__(
        self,
        model: Endpoints,
        endpoint: Endpoint | None = None,
        known: Known | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._endpoint = model, endpoint
        self._busy = False
        self.setWindowTitle(_("Set up the endpoint") if endpoint else _("Add an endpoint"))
        self.setFixedWidth(_WIDTH)
        self.kind = QComboBox()
        self.kind.setAccessibleName(_("What it is"))
        for each in KNOWN:
            self.kind.addItem(_(each.title), each)
        self.name, self.address, self.key = QLineEdit(), QLineEdit(), QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.address.setPlaceholderText("https://api.example.com/v1")
        self.badge = SendingBadge()
        self.connect_button = Button(N_("Connect"), icon_name="link-simple", on_click=self.connect_now)
        self._told = column()
        self.models = ModelChoice()
        self.limits = {option.name: OptionField(option) for option in LIMITS}
        self.fold = Button(N_("Limits"), "link", "caret-right", self._turn_fold)
        self._limits = QWidget()
        self._lay_out_limits()
        self.done_button = Button(N_("Save") if endpoint else N_("Add"), "primary", on_click=self._done)
        self.done_button.setDefault(True)
        self._build()
        if endpoint is None:
            self.kind.setCurrentIndex(KNOWN.index(known or KNOWN[0]))
            self._take_kind()
        else:
            self._show(endpoint)
        self._connect()
        self._on_typed()

    def _build(self) -> None:
        address = row(self.address, self.connect_button, spacing=SPACE_2)
        address.setStretch(0, 1)
        self._kind_row = QWidget()
        column(_label(N_("What it is"), self.kind), self.kind, spacing=SPACE_1, parent=self._kind_row)
        show_if(self._endpoint is None, self._kind_row)
        names = row(
            self._kind_row,
            column(_label(N_("Name in the studio"), self.name), self.name, spacing=SPACE_1),
            spacing=SPACE_3,
        )
        names.setStretch(0, 1)
        names.setStretch(1, 1)
        self._content = QWidget()
        column(
            names,
            column(_label(N_("Address"), self.address), address, row(self.badge, None), spacing=SPACE_1 + 2),
            column(
                _label(N_("Key"), self.key),
                self.key,
                Text(self._key_help, role="caption", wrap=True),
                spacing=SPACE_1,
            ),
            self._told,
            self.models,
            row(self.fold, None),
            self._limits,
            None,
            spacing=SPACE_3,
            margins=(SPACE_6, 0, SPACE_6, 0),
            parent=self._content,
        )
        self._area = scrolled(self._content)
        column(
            row(Text(plain(self.windowTitle()), role="title", wrap=True), margins=(SPACE_6, 0, SPACE_6, 0)),
            self._area,
            row(
                None,
                Button(N_("Cancel"), on_click=self.reject),
                self.done_button,
                spacing=SPACE_2,
                margins=(SPACE_6, 0, SPACE_6, 0),
            ),
            spacing=SPACE_3,
            margins=(0, SPACE_6, 0, SPACE_6),
            parent=self,
        )
        # The name belongs to every candidate of it that stands in a project.
        self.name.setEnabled(self._endpoint is None)
        for field, words in ((self.name, _("Name in the studio")), (self.address, _("Address")), (self.key, _("Key"))):
            field.setAccessibleName(words)
        show_if(False, self.models)
        show_if(False, self._limits)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As tall as what it shows, where the screen is; else what it shows scrolls."""
        self._fit_now()
        # What was added just now counts once the layouts have heard of it.
        QTimer.singleShot(0, self, self._fit_now)

    def _fit_now(self) -> None:
        layout, screen = self._content.layout(), self.screen()
        if layout is None or screen is None:
            return
        layout.activate()
        around = self.sizeHint().height() - (self._area.minimumHeight() or self._area.sizeHint().height())
        most = min(_HEIGHT, screen.availableGeometry().height() - around - SPACE_6)
        wanted = layout.totalHeightForWidth(_WIDTH)
        self._area.setFixedHeight(min(wanted, most))
        fit_height(self)

    def _lay_out_limits(self) -> None:
        grid = QGridLayout(self._limits)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_3)
        grid.setVerticalSpacing(SPACE_2)
        for place, field in enumerate(self.limits.values()):
            grid.addWidget(field, place // 2, place % 2)
        for place in range(2):
            grid.setColumnStretch(place, 1)
        told = [(field, field.option.help) for field in self.limits.values()]
        help_line = HelpLine(N_("What is set suits most. Point at a limit, or go to it, to read what it does."), told)
        grid.addWidget(help_line, grid.rowCount(), 0, 1, 2)

    def _connect(self) -> None:
        self.kind.activated.connect(lambda _place: self._take_kind())
        for field in (self.name, self.address, self.key):
            field.textChanged.connect(lambda _text: self._on_typed())

    def _show(self, endpoint: Endpoint) -> None:
        self.name.setText(endpoint.name)
        self.address.setText(endpoint.base_url)
        if self._model.keys.get(endpoint.name, "none") != "none":
            self.key.setPlaceholderText(_("kept; type here to replace it"))
        for name, field in self.limits.items():
            field.show_value(getattr(endpoint, name))
        tested = self._model.tests.get(endpoint.name)
        listed = getattr(tested, "models", ())
        self.models.show_models(listed, endpoint.models)
        show_if(bool(listed or endpoint.models), self.models)

    def _take_kind(self) -> None:
        """Begin with what is usual for a server or service."""
        known: Known = KNOWN[self.kind.currentIndex()]
        self.address.setText(known.base_url)
        taken = {each.name for each in self._model.all}
        name = known.name
        number = 2
        while name and name in taken:
            name = f"{known.name}-{number}"
            number += 1
        self.name.setText(name)
        (self.address if not known.base_url else self.key if known.wants_key else self.connect_button).setFocus()

    def _key_help(self) -> str:
        return _("Kept in the system's keyring, and shown to this address only. Leave it empty where none is needed.")

    def _on_typed(self) -> None:
        host = host_of(self.address.text().strip())
        like = Endpoint("endpoint", self.address.text().strip())
        self.badge.show_candidate(candidate_like(like) if host else None)
        ready = bool(host) and not self._busy
        self.connect_button.setEnabled(ready)
        self.done_button.setEnabled(ready and bool(self.name.text().strip()))

    def _turn_fold(self) -> None:
        shown = self._limits.isVisibleTo(self)
        show_if(not shown, self._limits)
        self.fold.set_icon("caret-right" if shown else "caret-down")
        self._fit()

    # -- what is typed ---------------------------------------------------------------------------------------------

    def endpoint(self) -> Endpoint:
        """The endpoint as typed.

        Raises:
            InputError: Something about it can't be used.
        """
        before = self._endpoint or Endpoint("", "")
        models = self.models.models
        return check(
            replace(
                before,
                name=self.name.text().strip(),
                base_url=self.address.text().strip(),
                models=models,
                prices={model: price for model, price in before.prices.items() if model in models},
                **{name: field.value for name, field in self.limits.items()},
            )
        )

    def _typed_key(self) -> str | None:
        """The key as typed; None to leave the one that is kept."""
        typed = self.key.text().strip()
        if typed:
            return typed
        return "" if self._endpoint is None else None

    # -- connecting ------------------------------------------------------------------------------------------------

    def connect_now(self) -> None:
        """Ask the endpoint for its models."""
        asked = Endpoint(self.name.text().strip() or "new", self.address.text().strip())
        self._set_busy(True)
        self._model.ask(asked, self._typed_key(), self._on_reached, self._on_unreached)

    def _on_reached(self, found: Reachable) -> None:
        self._set_busy(False)
        self._tell(Notice(plain(found.sentence), "good"))
        ticked = self.models.models or (found.models if len(found.models) <= FEW else ())
        show_if(True, self.models)
        self.models.show_models(found.models, ticked)
        self.models.field.setFocus()
        self._fit()

    def _on_unreached(self, failure: Failure) -> None:
        self._set_busy(False)
        self._tell(Notice.of(failure))
        if failure.kind == EndpointAccessError.__name__:
            self.key.setFocus()
            self.key.selectAll()
        # It may be off just now: a model's name can be typed all the same.
        show_if(True, self.models)
        self._fit()

    def _done(self) -> None:
        try:
            endpoint = self.endpoint()
        except InputError as error:
            self._tell(Notice.of(Failure.of(error)))
            return
        self._set_busy(True)
        key = self._typed_key()
        if self._endpoint is None:
            self._model.add(endpoint, key or "", self.accept, self._on_refused)
        else:
            self._model.change(endpoint, key, self.accept, self._on_refused)

    def _on_refused(self, failure: Failure) -> None:
        self._set_busy(False)
        self._tell(Notice.of(failure))

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.connect_button.say(N_("Connecting …") if busy else N_("Connect"))
        self._on_typed()

    def _tell(self, notice: Notice) -> None:
        clear(self._told)
        self._told.addWidget(notice)
        self._fit()


def _label(words: str, control: QWidget) -> Text:
    label = Text(words, role="caption")
    label.setBuddy(control)
    return label
