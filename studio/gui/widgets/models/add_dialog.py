"""Adding a model from this computer, and more precisions of one: what to make of it."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QLineEdit, QWidget

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.model import Model
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_6
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, row
from studio.gui.widgets.models.words import name_of
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Words, plain
from studio.library.add import AddRequest
from studio.library.plan import MAKEABLE
from studio.services.conversions import GAINS, makeable, more_precisions
from studio.tasks import all_tasks

_WIDTH = 560
_INDENT = SPACE_4 + SPACE_2


class _Form(QDialog):
    """What both dialogs have: a name, precisions, and a button that begins.

    Signals:
        wanted: The request.
    """

    wanted = Signal(AddRequest)

    def __init__(
        self, title: Words, about: str, name: str, precisions: tuple[str, ...], parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self.name = QLineEdit(name)
        self.name.setAccessibleName(_("Name in the library"))
        self.ticks: dict[str, QCheckBox] = {}
        self._problem = column()
        self.form = column(spacing=SPACE_2)
        head = Text(title, role="title", wrap=True)
        self.setWindowTitle(head.text())
        self.form.addWidget(Text(N_("Name in the library"), role="strong"))
        self.form.addWidget(self.name)
        self._choices = column(spacing=SPACE_2)
        for precision in precisions:
            tick = QCheckBox(precision)
            self.ticks[precision] = tick
            words = row(Text(GAINS[precision], role="caption", wrap=True), margins=(_INDENT, 0, 0, 0))
            self._choices.addLayout(column(tick, words, spacing=SPACE_1))
        self.begin_button = Button(N_("Add"), "primary", on_click=self._begin)
        self.begin_button.setDefault(True)
        column(
            head,
            ElidedText(plain(about), role="caption"),
            self.form,
            self._choices,
            self._problem,
            row(None, Button(N_("Cancel"), on_click=self.reject), self.begin_button, spacing=SPACE_2),
            spacing=SPACE_3,
            margins=(SPACE_6,) * 4,
            parent=self,
        )

    @property
    def precisions(self) -> tuple[str, ...]:
        """Those ticked, best quality first."""
        return tuple(name for name, tick in self.ticks.items() if tick.isChecked())

    def _begin(self) -> None:
        clear(self._problem)
        try:
            request = self.request()
        except InputError as error:
            from studio.domain.errors import Failure

            self._problem.addWidget(Notice.of(Failure.of(error)))
            return
        self.wanted.emit(request)
        self.accept()

    def request(self) -> AddRequest:
        """What was asked for.

        Raises:
            InputError: The name can't be used.
        """
        raise NotImplementedError


class AddDialog(_Form):
    """A folder or file becomes a model of the library."""

    def __init__(self, source: Path, parent: QWidget | None = None) -> None:
        super().__init__(N_("Add a model"), str(source), suggested_name(source), MAKEABLE, parent)
        self._source = source
        self.task_box = QComboBox()
        self.task_box.setAccessibleName(_("Use case"))
        self.task_box.addItem(_("As the model says"), "")
        for task in all_tasks():
            self.task_box.addItem(_(task.title), task.id)
        self.weights = QCheckBox(_("Keep the PyTorch weights, to compare with PyTorch"))
        self.pickled = QCheckBox(_("Open pickled weights, which can run code: only if you trust where they come from"))
        self.form.addWidget(Text(N_("Use case"), role="strong"))
        self.form.addWidget(self.task_box)
        self.form.addWidget(self.weights)
        self.form.addWidget(self.pickled)
        self.form.addWidget(Text(N_("Precisions to make (none ticked: what suits the use case)"), role="strong"))

    def request(self) -> AddRequest:
        from studio.library.safety import check_id

        return AddRequest(
            str(self._source),
            id=check_id(self.name.text().strip()),
            task=self.task_box.currentData() or None,
            precisions=self.precisions,
            keep_weights=self.weights.isChecked(),
            allow_pickle=self.pickled.isChecked(),
        )


class MorePrecisionsDialog(_Form):
    """Other precisions of a model, beside it."""

    def __init__(self, model: Model, parent: QWidget | None = None) -> None:
        possible = makeable(model)
        name = f"{model.id.rsplit('/', 1)[-1]}-{possible[-1]}" if possible else model.id
        super().__init__(N_("Add precisions"), name_of(model), f"mine/{name}", possible, parent)
        self._model = model
        if possible:
            self.ticks[possible[-1]].setChecked(True)
        self.form.addWidget(
            Text(
                N_("They become a model of their own beside this one, so that both can be compared."),
                role="muted",
                wrap=True,
            )
        )

    def request(self) -> AddRequest:
        from studio.library.safety import check_id

        return more_precisions(self._model, self.precisions, check_id(self.name.text().strip()))


def suggested_name(source: Path) -> str:
    """A name in the library for a folder or file: ``"mine/bert-base"``."""
    stem = source.name if source.is_dir() else source.parent.name if source.parent.name != "onnx" else source.stem
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")
    return f"mine/{made or 'model'}"
