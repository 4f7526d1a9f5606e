"""A text that was written, word by word: how sure each was, and one of them chosen to look at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from studio.domain.explanation import Step
from studio.domain.i18n import _
from studio.gui.widgets.explain.shaded_text import ShadedText, Stretch
from studio.services.explaining_words import share

_KEYS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


class WrittenText(ShadedText):
    """The answer; unsure words are shaded. A word is chosen with the mouse or the arrow keys.

    Signals:
        chosen: The word at a place shall be looked at; -1 for none.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._steps: Sequence[Step] = ()
        super().__init__(parent)
        self._answer = ""
        self.place = -1

    def show_answer(self, answer: str, steps: Sequence[Step], place: int = -1) -> None:
        """Show an answer, the word at a place marked."""
        self._answer, self._steps, self.place = answer, steps, place
        self.show_stretches(
            answer,
            [
                Stretch(
                    step.start,
                    step.end,
                    "warn",
                    1 - step.probability,
                    f"{step.text}: {share(step.probability)}",
                    number == place,
                )
                for number, step in enumerate(steps)
            ],
        )

    def retranslate(self) -> None:
        super().retranslate()
        self.setAccessibleName(_("The answer, word by word: the arrow keys go through it"))
        if self._steps and self.place >= 0:
            step = self._steps[self.place]
            self.setAccessibleDescription(f"{step.text} {share(step.probability)}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        place = self.stretch_at(event)
        self.chosen.emit(-1 if place is None or place == self.place else place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _KEYS.get(Qt.Key(event.key()))
        if step is not None and self._steps and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            count = len(self._steps)
            self.chosen.emit((self.place + step) % count if self.place >= 0 else (0 if step > 0 else count - 1))
        elif event.key() == Qt.Key.Key_Escape and self.place >= 0:
            self.chosen.emit(-1)
        else:
            super().keyPressEvent(event)
