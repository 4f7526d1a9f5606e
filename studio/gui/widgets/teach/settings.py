"""How a model is fine-tuned: the settings, drawn from their declarations."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from studio.domain.i18n import N_, _
from studio.domain.task import Option
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_4
from studio.gui.widgets.composer_options import OptionField
from studio.gui.widgets.help_line import HelpLine
from studio.gui.widgets.layouts import column
from studio.gui.widgets.text import Text
from studio.gui.words import Translated
from studio.teaching.fine_tuning_plan import SETTINGS

_COLUMNS = 3
_CHOICES = ((None, N_("Automatic")), (True, N_("Yes")), (False, N_("No")))


class ChoiceField(Translated, QWidget):
    """Yes, no, or what the studio chooses.

    Signals:
        changed: The user chose something else.
    """

    changed = Signal()

    def __init__(self, option: Option, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        title = Text(option.title, role="caption")
        self.field = QComboBox()
        title.setBuddy(self.field)
        self.field.activated.connect(lambda _index: self.changed.emit())
        column(title, self.field, spacing=SPACE_1, parent=self)
        self.retranslate()

    @property
    def value(self) -> bool | None:
        """What is set; None for what the studio chooses."""
        return _CHOICES[max(0, self.field.currentIndex())][0]

    def retranslate(self) -> None:
        place = max(0, self.field.currentIndex())
        self.field.clear()
        self.field.addItems([_(words) for _value, words in _CHOICES])
        self.field.setCurrentIndex(place)
        self.field.setAccessibleName(_(self.option.title))
        self.field.setAccessibleDescription(_(self.option.help))
        self.setToolTip(_(self.option.help))


class TeachSettings(QWidget):
    """All settings of a fine-tuning.

    Signals:
        changed: Those that differ from the defaults.
    """

    changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, OptionField | ChoiceField] = {
            option.name: ChoiceField(option) if option.type == "bool" else OptionField(option) for option in SETTINGS
        }
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_4)
        grid.setVerticalSpacing(SPACE_2)
        for place, field in enumerate(self.fields.values()):
            grid.addWidget(field, place // _COLUMNS, place % _COLUMNS, Qt.AlignmentFlag.AlignTop)
            field.changed.connect(self._on_change)
        for each in range(_COLUMNS):
            grid.setColumnStretch(each, 1)
        told = [(field, field.option.help) for field in self.fields.values()]
        self.help = HelpLine(
            N_("What is set suits most sheets. Point at a setting, or go to it, to read what it does."), told
        )
        grid.addWidget(self.help, grid.rowCount(), 0, 1, _COLUMNS)

    @property
    def values(self) -> dict[str, Any]:
        """Those that differ from the defaults."""
        return {name: field.value for name, field in self.fields.items() if field.value != field.option.default}

    def _on_change(self) -> None:
        self.changed.emit(self.values)
