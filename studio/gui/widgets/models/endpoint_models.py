"""Which of an endpoint's models are offered as candidates: a list to tick, and a field for what is not listed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_6
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, fit_height, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, plain

#: Where an endpoint offers no more than this, all are ticked at first.
FEW = 5
#: Height of the list, in rows.
_LEAST_ROWS, _MOST_ROWS, _ROW_HEIGHT = 2, 5, 30


class _Field(QLineEdit):
    """Enter takes what is typed, and does not press the dialog's button."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.text().strip():
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class ModelChoice(Translated, QWidget):
    """The list. Typing filters it; what is typed can be added where the endpoint does not list it.

    Signals:
        changed: Others are ticked.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _Field()
        self.field.setClearButtonEnabled(True)
        self.add_button = Button(N_("Add this name"), icon_name="plus", on_click=self._add_typed)
        self.list = QListWidget()
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._none = Text(self._none_words, role="caption", wrap=True)
        self.count = Text(self._count_words, role="caption")
        line = row(self.field, self.add_button, spacing=SPACE_2)
        line.setStretch(0, 1)
        column(line, self._none, self.list, self.count, spacing=SPACE_2, parent=self)
        self.field.textChanged.connect(lambda _text: self._filter())
        self.field.entered.connect(self._on_enter)
        self.list.itemChanged.connect(lambda _item: self._on_ticked())
        self.list.itemActivated.connect(_turn)
        self.retranslate()
        self._fit()
        self._filter()

    @property
    def models(self) -> tuple[str, ...]:
        """Those that are ticked."""
        return tuple(item.text() for item in self._items() if item.checkState() == Qt.CheckState.Checked)

    def show_models(self, listed: Iterable[str], ticked: Iterable[str]) -> None:
        """Show what the endpoint lists; what is ticked without being listed stands first."""
        wanted, known = list(ticked), list(listed)
        names = [*(name for name in wanted if name not in known), *known]
        self.list.blockSignals(True)
        self.list.clear()
        for name in names:
            self._append(name, name in wanted)
        self.list.blockSignals(False)
        self._fit()
        self._filter()
        self._on_ticked()

    def retranslate(self) -> None:
        self.field.setPlaceholderText(_("Find a model, or type its name"))
        self.field.setAccessibleName(_("Find a model, or type its name"))
        self.list.setAccessibleName(_("Models of the endpoint"))
        self.count.retranslate()
        self._none.retranslate()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Rows that were added before the style sheet was at work are too low.
        self.list.scheduleDelayedItemsLayout()

    def _append(self, name: str, ticked: bool) -> None:
        item = QListWidgetItem(name, self.list)
        item.setToolTip(name)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _fit(self) -> None:
        """As high as its rows, up to where it scrolls."""
        rows = min(max(self.list.count(), _LEAST_ROWS), _MOST_ROWS)
        self.list.setFixedHeight(rows * _ROW_HEIGHT + SPACE_2)
        # An empty box would only ask what is missing in it.
        for widget in (self.list, self.count):
            show_if(self.list.count() > 0, widget)
        show_if(not self.list.count(), self._none)

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(place) for place in range(self.list.count())]

    def _filter(self) -> None:
        words = self.field.text().lower().split()
        for item in self._items():
            item.setHidden(not all(word in item.text().lower() for word in words))
        typed = self.field.text().strip()
        show_if(bool(typed) and typed not in {item.text() for item in self._items()}, self.add_button)

    def _on_enter(self) -> None:
        shown = [item for item in self._items() if not item.isHidden()]
        if len(shown) == 1:
            shown[0].setCheckState(Qt.CheckState.Checked)
            self.field.clear()
        elif not shown:
            self._add_typed()

    def _add_typed(self) -> None:
        typed = self.field.text().strip()
        if typed:
            self._append(typed, True)
            self._fit()
            self.field.clear()
            self._on_ticked()

    def _on_ticked(self) -> None:
        self.count.retranslate()
        self.changed.emit()

    def _none_words(self) -> str:
        return _("It named no model. Type the name of one as its provider writes it, and press Enter.")

    def _count_words(self) -> str:
        n = len(self.models)
        if not n:
            return _("None chosen yet: tick those that you want to try.")
        return ngettext("{n} model becomes a candidate.", "{n} models become candidates.", n).format(n=n)


class ModelsDialog(QDialog):
    """Choose again.

    Signals:
        chosen: The models that shall be offered.
    """

    chosen = Signal(tuple)

    def __init__(self, name: str, listed: Iterable[str], ticked: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Models of {name}").format(name=name))
        self.setFixedWidth(480)
        self.choice = ModelChoice()
        self.choice.show_models(listed, ticked)
        self.choice.changed.connect(lambda: QTimer.singleShot(0, self, partial(fit_height, self)))
        self._told = column()
        self.done_button = Button(N_("Done"), "primary", on_click=self._done)
        self.done_button.setDefault(True)
        column(
            Text(plain(self.windowTitle()), role="title", wrap=True),
            Text(N_("Those that are ticked can be chosen as candidates."), role="muted", wrap=True),
            self._told,
            self.choice,
            row(None, Button(N_("Cancel"), on_click=self.reject), self.done_button, spacing=SPACE_2),
            spacing=SPACE_3,
            margins=(SPACE_6,) * 4,
            parent=self,
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit_height(self)

    def show_failure(self, failure: Failure) -> None:
        """The endpoint could not be asked for its models."""
        clear(self._told)
        self._told.addWidget(Notice.of(failure))
        QTimer.singleShot(0, self, partial(fit_height, self))

    def _done(self) -> None:
        self.accept()
        self.chosen.emit(self.choice.models)


def _turn(item: QListWidgetItem) -> None:
    """Enter or a double click ticks, or unticks."""
    on = item.checkState() == Qt.CheckState.Checked
    item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)
