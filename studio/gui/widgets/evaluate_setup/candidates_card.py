"""Who takes part: every candidate of Try, and other systems whose answers stand in the data."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_setup_candidates import EvaluateCandidates, Participant
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.candidate_head import TONES, device_words
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import Translated, plain
from studio.services.candidate_offers import variant_of


class CandidatesCard(Translated, Card):
    """The list, with a check box each.

    Signals:
        add_wanted: Another candidate is wanted.
    """

    add_wanted = Signal()

    def __init__(self, candidates: EvaluateCandidates, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, margin=SPACE_3, parent=parent)
        self._candidates = candidates
        self.add_button = Button(N_("Add a candidate"), "ghost", "plus", self.add_wanted.emit)
        self._lines = column(spacing=SPACE_2)
        self._none = Text(N_("Nobody takes part yet: add a candidate."), role="muted", wrap=True)
        self.body.addWidget(Text(N_("Candidates"), role="heading"))
        self.body.addWidget(self._none)
        self.body.addLayout(self._lines)
        self.body.addLayout(row(self.add_button, None))
        self._shown: tuple[Participant, ...] = ()
        self.boxes: dict[str, QCheckBox] = {}
        candidates.changed.connect(self.show_all)
        candidates.offers_changed.connect(self.show_all)
        self.show_all()

    def retranslate(self) -> None:
        self._shown = ()
        self.show_all()

    def show_all(self) -> None:
        """Show who is there now."""
        there = self._candidates.all
        self.add_button.setEnabled(self._candidates.can_add)
        show_if(not there, self._none)
        if there == self._shown:
            return
        if [_same(each) for each in there] == [_same(each) for each in self._shown]:
            # Only a check mark: the boxes, and the focus in them, stay.
            for each in there:
                self.boxes[each.key].setChecked(each.takes_part)
            self._shown = there
            return
        self._shown = there
        self.boxes = {}
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for each in there:
            self._lines.addWidget(self._line(each))

    def _line(self, each: Participant) -> QWidget:
        box = QCheckBox()
        box.setChecked(each.takes_part)
        box.setAccessibleName(each.title)
        box.clicked.connect(lambda on, key=each.key: self._candidates.switch(key, on))
        self.boxes[each.key] = box
        name = ElidedText(plain(each.title), role="strong")
        if each.candidate is not None:
            remote = each.candidate.remote
            facts = variant_of(each.candidate)
            if not remote:
                facts += f" · {device_words(each.candidate)}"
            if each.offer is None:
                facts = _("its endpoint is gone") if remote else _("not on this computer any more")
        else:
            facts = _("answers from your data")
        second = row(ElidedText(plain(facts), role="caption"), spacing=SPACE_2)
        if each.offer is not None:
            light = each.offer.licence
            second.addWidget(Badge(light.words, TONES[light.light], light.meaning))
        words = column(name, second, spacing=SPACE_1 - 2)
        if each.candidate is not None and each.candidate.remote:
            words.setSpacing(SPACE_1)
            words.addLayout(row(SendingBadge(each.candidate), None))
        line = QWidget()
        layout = row(box, words, spacing=SPACE_2, parent=line)
        layout.setStretch(1, 1)
        if each.column is not None:
            remove = IconButton("x", N_("Remove the candidate, from Try as well"))
            remove.clicked.connect(lambda _checked=False, column_id=each.column.id: self._candidates.remove(column_id))
            layout.addWidget(remove)
        return line


def _same(each: Participant) -> tuple[object, ...]:
    return each.key, each.title, each.column, each.offer
