"""Which label of a model each label of the data means: "refund" → "get refund"."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row, scrolled_on_card
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import plain
from studio.services.readiness import Readiness

_SIZE = (640, 520)
_CHOICE_WIDTH = 260


class LabelsDialog(QDialog):
    """The editor.

    Signals:
        mapped: What the labels mean, by label of the data; empty for one that means nothing the models know.
    """

    mapped = Signal(dict)

    def __init__(self, readiness: Readiness, label_map: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Labels the models do not know"))
        self.resize(*_SIZE)
        self._suggestions = {each.label: each.suggestion for each in readiness.unknown_labels if each.suggestion}
        self.choices: dict[str, QComboBox] = {}
        content = QWidget()
        lines = column(spacing=0, parent=content)
        for number, unknown in enumerate(readiness.unknown_labels):
            choice = QComboBox()
            choice.setFixedWidth(_CHOICE_WIDTH)
            choice.addItem(_("Unknown to the models"), "")
            for label in sorted(readiness.known_labels):
                choice.addItem(label, label)
            choice.setCurrentIndex(max(0, choice.findData(label_map.get(unknown.label, ""))))
            choice.setAccessibleName(_("What {label} means").format(label=unknown.label))
            self.choices[unknown.label] = choice
            rows = ngettext("{n} row", "{n} rows", unknown.rows).format(n=unknown.rows)
            words = column(
                ElidedText(plain(unknown.label), role="strong"), Text(plain(rows), role="caption"), spacing=2
            )
            line = QWidget()
            layout = row(
                words,
                Icon("arrow-right", 16),
                choice,
                spacing=SPACE_3,
                margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2),
                parent=line,
            )
            layout.setStretch(0, 1)
            if number:
                lines.addWidget(Line())
            lines.addWidget(line)
        lines.addStretch(1)
        area = scrolled_on_card(content)
        self.suggest_button = Button(N_("Use all suggestions"), icon_name="magic-wand", on_click=self._suggest)
        self.suggest_button.setEnabled(bool(self._suggestions))
        self.done_button = Button(N_("Done"), "primary", on_click=self._done)
        whole = column(
            Text(
                N_("Say which label of the models each of yours means, so that a right answer counts as right."),
                wrap=True,
            ),
            Card(area, margin=1),
            row(self.suggest_button, None, Button(N_("Cancel"), on_click=self.reject), self.done_button),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        whole.setStretch(1, 1)

    def _suggest(self) -> None:
        for label, suggestion in self._suggestions.items():
            if not self.choices[label].currentData():
                self.choices[label].setCurrentIndex(self.choices[label].findData(suggestion))

    def _done(self) -> None:
        self.accept()
        self.mapped.emit({label: str(choice.currentData()) for label, choice in self.choices.items()})
