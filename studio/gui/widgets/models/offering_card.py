"""Offer a model to other programs: which, at which port, and how a program asks it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.offering import OfferingModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import Badge, Text
from studio.gui.words import Translated
from studio.server.offer import Offer
from studio.services.offering import snippet
from studio.tasks import find_task

_PORT = 8000
_STATES = {"off": N_("off"), "starting": N_("starting …"), "on": N_("on"), "stopping": N_("stopping …")}
_KINDS = (("python", N_("Python")), ("curl", "curl"))


class OfferingCard(Translated, QWidget):
    """The form, and what it takes to ask once it is on."""

    def __init__(self, model: OfferingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.which = QComboBox()
        self.port = QSpinBox()
        self.port.setRange(1024, 65535)
        self.port.setValue(_PORT)
        self.port.setFixedWidth(110)
        self.port.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.start_button = Button(N_("Start"), "secondary", "play", self.start)
        self.stop_button = Button(N_("Stop"), "secondary", "stop-circle", model.stop)
        self._state = Badge()
        self._told = column()
        self.url = Text(role="code", selectable=True)
        self.copy_url = Button(N_("Copy"), "ghost", "copy", lambda: _copy(self.url.text()))
        self.kinds = SegmentedControl(_KINDS, "python", N_("Language of the example"))
        self.code = Text(role="code", wrap=True, selectable=True)
        self.copy_code = Button(N_("Copy"), "ghost", "copy", lambda: _copy(self.code.text()))
        self._how = QWidget()
        self._lay_out()
        self.kinds.chosen.connect(lambda _kind: self._show())
        model.changed.connect(self._show)
        model.models_changed.connect(self._fill)
        self.retranslate()

    def _lay_out(self) -> None:
        port_label = Text(N_("Port"), role="caption")
        port_label.setBuddy(self.port)
        which_label = Text(N_("Model"), role="caption")
        which_label.setBuddy(self.which)
        parts = (
            column(which_label, self.which, spacing=SPACE_1),
            column(port_label, self.port, spacing=SPACE_1),
            row(self.start_button, self.stop_button),
        )
        form = row(*parts, spacing=SPACE_3)
        form.setStretch(0, 1)
        for part in parts:
            form.setAlignment(part, Qt.AlignmentFlag.AlignBottom)
        address = row(self.url, self.copy_url, spacing=SPACE_2)
        address.setStretch(0, 1)
        column(
            address,
            row(self.kinds, None, self.copy_code, spacing=SPACE_2),
            self.code,
            spacing=SPACE_2,
            parent=self._how,
        )
        card = Card(form, self._told, self._how, spacing=SPACE_3, margin=SPACE_4 - 2)
        column(
            row(Text(N_("Offer a model to other programs"), role="heading"), self._state, None, spacing=SPACE_2),
            Text(
                N_(
                    "A prototype that you build can ask a model of the studio as it would ask a cloud service, with "
                    "any OpenAI client. The address is on this computer, and no other computer can reach it."
                ),
                role="muted",
                wrap=True,
            ),
            card,
            spacing=SPACE_3,
            parent=self,
        )

    def arrive(self) -> None:
        """The view is shown."""
        self.model.read_again()

    def start(self) -> None:
        """Offer what is chosen."""
        chosen = self.which.currentData()
        self.model.start(Offer((chosen,) if chosen else (), port=self.port.value()))

    def retranslate(self) -> None:
        self.which.setAccessibleName(_("Model to offer"))
        self.port.setAccessibleName(_("Port"))
        self._fill()

    def _fill(self) -> None:
        offered = self.model.offer
        kept = self.which.currentData()
        if offered is not None and kept is None:
            kept = offered.models[0] if offered.models else ""
            self.port.setValue(offered.port)
        with QSignalBlocker(self.which):
            self.which.clear()
            for each in self.model.models:
                self.which.addItem(f"{each.title} · {_(find_task(each.task).title)}", each.name)
            if len(self.model.models) > 1:
                self.which.addItem(_("All of them, each opened when it is asked"), "")
            self.which.setCurrentIndex(max(0, self.which.findData(kept)))
        self._show()

    def _show(self) -> None:
        model = self.model
        off = model.state == "off"
        clear(self._told)
        if model.failure is not None and off:
            self._told.addWidget(Notice.of(model.failure))
        elif model.read and not model.models:
            none = N_("There is no model on this computer that talks, writes or embeds: get one first.")
            self._told.addWidget(Text(none, role="muted", wrap=True))
        for control in (self.which, self.port):
            control.setEnabled(off and bool(model.models))
        self.start_button.setEnabled(off and bool(model.models))
        show_if(off, self.start_button)
        show_if(not off, self.stop_button)
        self.stop_button.setEnabled(model.state != "stopping")
        self._state.set_tone("good" if model.state == "on" else "neutral")
        self._state.say(_STATES[model.state])
        show_if(model.state == "on", self._how)
        if model.state == "on" and model.offer is not None:
            self.url.setText(model.url)
            # Of all, the first is the example.
            names = model.offer.models or tuple(each.name for each in model.models)
            tasks = {each.name: each.task for each in model.models}
            name = names[0] if names else ""
            self.code.setText(snippet(self.kinds.value, model.url, name, tasks.get(name, "")))


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
