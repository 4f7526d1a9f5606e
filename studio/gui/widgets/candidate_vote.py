"""Which is better, A or B? Four buttons with the keys 1 to 4, and how votes went so far."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.project import VoteChoice
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.viewmodels.try_blind import Blind
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import row, show_if
from studio.gui.widgets.text import Text

#: In the order of the keys 1 to 4.
CHOICES: tuple[tuple[VoteChoice, str], ...] = (
    ("a", N_("A is better")),
    ("b", N_("B is better")),
    ("tie", N_("Equally good")),
    ("both bad", N_("Both bad")),
)
_KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)


class VoteBar(Card):
    """Asks for a vote, and tells the outcome.

    Signals:
        voted: The user chose (a `studio.domain.project.VoteChoice`).
    """

    voted = Signal(str)

    def __init__(self, blind: Blind, parent: QWidget | None = None) -> None:
        super().__init__(margin=SPACE_3, parent=parent)
        self._blind = blind
        self._words = Text(self._said, wrap=True)
        self.buttons = [
            Button(words, on_click=partial(self.voted.emit, choice), hint=str(number))
            for number, (choice, words) in enumerate(CHOICES, 1)
        ]
        line = row(self._words, *self.buttons, spacing=SPACE_2)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        blind.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Ask, or tell."""
        for button in self.buttons:
            show_if(self._blind.choice is None, button)
            button.setEnabled(self._blind.can_vote)
        self._words.retranslate()
        self.setAccessibleName(self._words.text())

    def key(self, key: int) -> bool:
        """A key was pressed; whether it was a vote."""
        if key not in _KEYS or not self._blind.can_vote or self._blind.choice is not None:
            return False
        self.voted.emit(CHOICES[_KEYS.index(Qt.Key(key))][0])
        return True

    def _said(self) -> str:
        blind = self._blind
        if blind.choice is None:
            return _("Which answer is better?") if blind.can_vote else _("Names are hidden until you vote.")
        names = [state.label for state in blind.compared]
        voted = _(dict(CHOICES)[blind.choice])
        tally = blind.tally
        if len(names) < 2 or not tally.count:
            return _("Your vote: {vote}.").format(vote=voted)
        so_far = ngettext("{n} vote so far", "{n} votes so far", tally.count).format(n=tally.count)
        counts = (
            (names[0], tally.a),
            (names[1], tally.b),
            (_("Equally good"), tally.tie),
            (_("Both bad"), tally.both_bad),
        )
        return _("Your vote: {vote}. {so_far}: {counts}").format(
            vote=voted, so_far=so_far, counts="; ".join(f"{name}: {count}" for name, count in counts)
        )
