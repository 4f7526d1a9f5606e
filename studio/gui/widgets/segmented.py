"""A choice of a few, all visible: "System | Light | Dark"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QWidget

from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import row, show_if
from studio.gui.words import Translated, Words, said


class SegmentedControl(Translated, Card):
    """One of several values.

    Signals:
        chosen: The user took another value.

    Args:
        choices: Values with their words, in order.
        value: The value at first.
        name: What is being chosen, for screen readers.
    """

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, Words]], value: str, name: Words = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(margin=2, spacing=0, parent=parent)
        self._name = name
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        line = row(spacing=2)
        for key, words in choices:
            button = Button(words, "segment")
            button.setCheckable(True)
            button.setChecked(key == value)
            button.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[key] = button
            line.addWidget(button)
        self.body.addLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.retranslate()

    @property
    def value(self) -> str:
        """The value that is chosen."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def show_value(self, value: str) -> None:
        """Show a value without saying that the user chose it."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def show_only(self, keys: Collection[str]) -> None:
        """Offer these values only."""
        for key, button in self._buttons.items():
            show_if(key in keys, button)

    def retranslate(self) -> None:
        name = said(self._name)
        self.setAccessibleName(name)
        for button in self._buttons.values():
            button.setAccessibleDescription(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(event.key())
        keys = [key for key, button in self._buttons.items() if not button.isHidden()]
        if step is None or self.value not in keys:
            super().keyPressEvent(event)
            return
        chosen = keys[(keys.index(self.value) + step) % len(keys)]
        self._buttons[chosen].setChecked(True)
        self._buttons[chosen].setFocus(Qt.FocusReason.TabFocusReason)
        self.chosen.emit(chosen)
