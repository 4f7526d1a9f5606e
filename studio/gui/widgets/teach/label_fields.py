"""Where a label is given: keys for a few, typing ahead for many, a field for a number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import FlowLayout, clear, column
from studio.gui.words import Translated, plain

#: As many labels as there are keys.
KEYED = 9


class LabelKeys(QWidget):
    """A button for each label, with its key.

    Signals:
        chosen: A label.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self.buttons: list[Button] = []
        self._flow = FlowLayout(self)

    def show_labels(self, labels: Sequence[str], said: str) -> None:
        """Show these; ``said`` is what was said of the row before."""
        if tuple(labels) != self._labels:
            self._labels = tuple(labels)
            clear(self._flow)
            self.buttons = []
            for number, label in enumerate(labels, 1):
                button = Button(plain(f"{number}   {label}"), on_click=partial(self.chosen.emit, label))
                button.setAccessibleName(label)
                button.setCheckable(True)
                self.buttons.append(button)
                self._flow.addWidget(button)
        for button, label in zip(self.buttons, self._labels, strict=True):
            button.setChecked(label == said)

    def press(self, number: int) -> bool:
        """The key of that number; whether there is such a label."""
        if not 1 <= number <= len(self._labels):
            return False
        self.chosen.emit(self._labels[number - 1])
        return True


class LabelSearch(Translated, QWidget):
    """A field that narrows a list while one types; the model's guesses stand first.

    Signals:
        chosen: A label, also one that is not in the list yet.
        moved: Another row is wanted: -1 is back, 1 skips this one.
    """

    chosen = Signal(str)
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._guesses: tuple[tuple[str, float], ...] = ()
        self.field = QLineEdit()
        self.field.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field.textChanged.connect(lambda _text: self._narrow())
        self.list.itemClicked.connect(lambda item: self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole))))
        self.field.installEventFilter(self)
        self.setFocusProxy(self.field)
        column(self.field, self.list, spacing=SPACE_2, parent=self)
        self.retranslate()

    def show_labels(self, labels: Sequence[str], guesses: Sequence[tuple[str, float]]) -> None:
        """Show all labels for another row."""
        self._labels, self._guesses = tuple(labels), tuple(guesses)
        self.field.clear()
        self._narrow()

    def retranslate(self) -> None:
        self.field.setPlaceholderText(_("Type a label; Enter takes the first"))
        self.field.setAccessibleName(_("Label"))
        self.list.setAccessibleName(_("Labels"))
        self._narrow()

    def _narrow(self) -> None:
        typed = self.field.text().strip()
        shares = dict(self._guesses)
        order = [label for label, _share in self._guesses if label in self._labels]
        order += [label for label in self._labels if label not in shares]
        if typed:
            order = _matching(order, typed)
        self.list.clear()
        for label in order:
            share = shares.get(label)
            words = (
                label
                if share is None
                else _("{label}   the model: {share:.0f} %").format(label=label, share=100 * share)
            )
            self._add(words, label)
        if not typed and not order:
            item = QListWidgetItem(_("No label yet: type the first one."))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
            return
        if typed and typed not in self._labels:
            self._add(_("New label: {label}").format(label=typed), typed)
        self.list.setCurrentRow(0)

    def _add(self, words: str, label: str) -> None:
        item = QListWidgetItem(words)
        item.setData(Qt.ItemDataRole.UserRole, label)
        self.list.addItem(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key, empty = event.key(), not self.field.text()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if key == Qt.Key.Key_Down else -1
            self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), self.list.count() - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole)))
        elif empty and key in (Qt.Key.Key_Backspace, Qt.Key.Key_Left):
            self.moved.emit(-1)
        elif empty and key == Qt.Key.Key_Right:
            self.moved.emit(1)
        else:
            return False
        return True


class NumberField(Translated, QWidget):
    """A field for a number.

    Signals:
        chosen: What was typed.
        moved: Another row is wanted, as in `LabelSearch`.
    """

    chosen = Signal(str)
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.returnPressed.connect(lambda: self.chosen.emit(self.field.text()))
        self.field.installEventFilter(self)
        self.setFocusProxy(self.field)
        column(self.field, parent=self)
        self.retranslate()

    def show_value(self, said: str) -> None:
        """Show what was said of the row before."""
        self.field.setText(said)
        self.field.selectAll()

    def retranslate(self) -> None:
        self.field.setPlaceholderText(_("A number, then Enter"))
        self.field.setAccessibleName(_("Number"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if not self.field.text() and event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Left):
                self.moved.emit(-1)
                return True
            if not self.field.text() and event.key() in (Qt.Key.Key_Right, Qt.Key.Key_S):
                self.moved.emit(1)
                return True
        return super().eventFilter(watched, event)


def _matching(labels: Sequence[str], typed: str) -> list[str]:
    """Labels that begin with what was typed first, then those with it at the start of a word, then anywhere."""
    wanted = _folded(typed)

    def rank(label: str) -> int | None:
        told = _folded(label)
        if told.startswith(wanted):
            return 0
        if f" {wanted}" in told:
            return 1
        return 2 if wanted in told else None

    ranked = [(found, place) for place, label in enumerate(labels) if (found := rank(label)) is not None]
    return [labels[place] for _rank, place in sorted(ranked)]


def _folded(text: str) -> str:
    return text.casefold().replace("_", " ").replace("-", " ").strip()


#: What the keys do, by how a label is given.
HINTS = {
    "keys": N_("1 to 9 answer · N another · S skips · Backspace goes back"),
    "search": N_("Type and press Enter · → skips · Backspace in the empty field goes back"),
    "number": N_("Type and press Enter · S skips · Backspace in the empty field goes back"),
}
