"""Acceptance criteria: what good enough means."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from studio.domain.decision import Criterion
from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.decide import DecideModel
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.decide.criterion_dialog import CriterionDialog
from studio.gui.widgets.decide.verdict_cards import criterion_title
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import plain


class CriteriaCard(Card):
    """The list, and how it is changed.

    Signals:
        removed: A criterion was taken away; undo can be offered.
    """

    removed = Signal()

    def __init__(self, model: DecideModel, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, parent=parent)
        self._model = model
        self.suggest_button = Button(N_("Suggestions"), icon_name="lightbulb", on_click=self._open_suggestions)
        self.add_button = Button(N_("Add a criterion"), icon_name="plus", on_click=lambda: self.open_dialog(None))
        self.body.addLayout(
            row(
                Text(N_("Acceptance criteria"), role="heading"),
                None,
                self.suggest_button,
                self.add_button,
                spacing=SPACE_2,
            )
        )
        self._none = Text(N_("No criterion yet. Without a must, nothing can be decided."), role="muted", wrap=True)
        self.body.addWidget(self._none)
        self._list = column(spacing=0)
        self.body.addLayout(self._list)
        self.edit_buttons: dict[str, IconButton] = {}
        self.remove_buttons: dict[str, IconButton] = {}
        self._shown: object = None

    def show_criteria(self, currency: str) -> None:
        """Show the criteria there are."""
        model = self._model
        self.suggest_button.setEnabled(model.writable and bool(model.suggestions))
        self.add_button.setEnabled(model.writable and model.task is not None)
        show_if(not model.criteria, self._none)
        shown = (model.criteria, currency, model.writable, _("must"))
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._list)
        self.edit_buttons, self.remove_buttons = {}, {}
        for criterion in model.criteria:
            self._list.addWidget(Line())
            self._list.addWidget(self._line(criterion, currency))

    def _line(self, criterion: Criterion, currency: str) -> QWidget:
        title = criterion_title(criterion, currency)
        edit = IconButton("pencil-simple", lambda: _("Edit: {name}").format(name=title))
        edit.clicked.connect(lambda: self.open_dialog(criterion))
        remove = IconButton("trash", lambda: _("Remove: {name}").format(name=title))
        remove.clicked.connect(lambda: self._remove(criterion))
        for button in (edit, remove):
            button.setEnabled(self._model.writable)
        self.edit_buttons[criterion.id], self.remove_buttons[criterion.id] = edit, remove
        rows = Text(role="caption")
        if criterion.minimum_rows:
            n = criterion.minimum_rows
            rows.setText(ngettext("from {n} row", "from {n} rows", n).format(n=f"{n:,}"))
        line = QWidget()
        layout = row(
            ElidedText(plain(title)),
            rows,
            Badge(criterion.weight, "accent" if criterion.weight == "must" else "neutral"),
            edit,
            remove,
            spacing=SPACE_3,
            margins=(0, SPACE_1, 0, SPACE_1),
            parent=line,
        )
        layout.setStretch(0, 1)
        return line

    def open_dialog(self, criterion: Criterion | None) -> CriterionDialog | None:
        """Ask for a criterion: a new one, or another form of this one."""
        if self._model.task is None or not self._model.writable:
            return None
        dialog = CriterionDialog(self._model, criterion, self)
        dialog.given.connect(self._model.put)
        dialog.open()
        return dialog

    def _remove(self, criterion: Criterion) -> None:
        if self._model.remove(criterion.id):
            self.removed.emit()

    def _open_suggestions(self) -> None:
        menu = QMenu(self)
        for criterion in self._model.suggestions:
            words = f"{criterion_title(criterion)}  ({_(criterion.weight)})"
            menu.addAction(words).triggered.connect(lambda _checked=False, each=criterion: self._model.put(each))
        menu.addSeparator()
        menu.addAction(_("All of these")).triggered.connect(
            lambda _checked=False: self._model.put_all(self._model.suggestions)
        )
        menu.popup(self.suggest_button.mapToGlobal(self.suggest_button.rect().bottomLeft()))
