"""Settings: drawn from the schema in `studio.services.settings`, so that a new setting needs no code here."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QSpinBox, QWidget

from studio.domain.i18n import N_, _, languages
from studio.gui.page import Page
from studio.gui.shell import Shell
from studio.gui.theme.tokens import SPACE_1, SPACE_3, SPACE_6
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.layouts import column, row, scrolled, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.section import FormRow, Section
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.switch import Switch
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, Words, plain, said
from studio.services.settings import SETTINGS, Setting

_MOST_SEGMENTS = 3
_CONTENT_WIDTH = 760


class ChoiceBox(Translated, QComboBox):
    """A list to choose from, for settings with many values."""

    def __init__(self, setting: Setting, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting, self._preferences = setting, preferences
        self.setMinimumWidth(200)
        for choice in setting.choices():
            self.addItem("", choice.value)
        self.retranslate()
        self.show_value()
        self.activated.connect(lambda index: preferences.set_value(setting.key, self.itemData(index)))

    def show_value(self) -> None:
        """Show the value in force."""
        self.setCurrentIndex(max(0, self.findData(self._preferences.value(self._setting.key))))

    def retranslate(self) -> None:
        self.setAccessibleName(_(self._setting.title))
        for index, words in enumerate(_titles(self._setting)):
            self.setItemText(index, said(words))


class NumberBox(Translated, QSpinBox):
    """A whole number with its unit."""

    def __init__(self, setting: Setting, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting, self._preferences = setting, preferences
        self.setRange(setting.low, setting.high)
        self.setMinimumWidth(150)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)
        self.retranslate()
        self.show_value()
        self.valueChanged.connect(lambda value: preferences.set_value(setting.key, value))

    def show_value(self) -> None:
        """Show the value in force."""
        self.blockSignals(True)
        self.setValue(int(self._preferences.value(self._setting.key)))
        self.blockSignals(False)

    def retranslate(self) -> None:
        self.setAccessibleName(_(self._setting.title))
        self.setSuffix(f" {_(self._setting.unit)}" if self._setting.unit else "")
        self.setSpecialValueText(_("Automatic") if self._setting.low == 0 == self._setting.default else "")


class FolderBox(QWidget):
    """A folder with a button to choose another and one to go back to the usual place."""

    def __init__(self, setting: Setting, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting, self._preferences = setting, preferences
        self._place = Text(role="caption", wrap=True, selectable=True)
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.reset_button = IconButton(
            "arrow-counter-clockwise", N_("Back to the usual place"), lambda: preferences.set_value(setting.key, "")
        )
        choose = Button(N_("Choose a folder …"), icon_name="folder-open", on_click=self._choose)
        column(row(None, self.reset_button, choose), self._place, spacing=SPACE_1, parent=self)
        self.setFixedWidth(280)
        self.show_value()

    def show_value(self) -> None:
        """Show the folder in force."""
        folder = str(self._preferences.value(self._setting.key))
        self._place.say(plain(folder) if folder else N_("The usual place"))
        show_if(bool(folder), self.reset_button)

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _(self._setting.title))
        if folder:
            self._preferences.set_value(self._setting.key, folder)


class AddressBox(Translated, QLineEdit):
    """An address; taken over when it is complete, and set back where it is none."""

    def __init__(self, setting: Setting, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting, self._preferences = setting, preferences
        self.setFixedWidth(280)
        self.setClearButtonEnabled(True)
        self.retranslate()
        self.show_value()
        self.editingFinished.connect(self._take)

    def show_value(self) -> None:
        """Show the address in force."""
        self.setText(str(self._preferences.value(self._setting.key)))

    def retranslate(self) -> None:
        self.setAccessibleName(_(self._setting.title))
        self.setPlaceholderText(_("None") if self._setting.kind == "cluster" else _("Automatic"))

    def _take(self) -> None:
        if self.text().strip() != self._preferences.value(self._setting.key):
            self._preferences.set_value(self._setting.key, self.text())


def _titles(setting: Setting) -> list[Words]:
    """The words of a setting's choices. Languages are named in themselves, whatever language is spoken."""
    codes = languages()
    return [plain(choice.title) if choice.value in codes else choice.title for choice in setting.choices()]


def control_for(setting: Setting, preferences: Preferences) -> QWidget:
    """The control that a setting's kind needs; each has ``show_value()``."""
    if setting.kind == "bool":
        return _switch(setting, preferences)
    if setting.kind == "int":
        return NumberBox(setting, preferences)
    if setting.kind == "folder":
        return FolderBox(setting, preferences)
    if setting.kind in ("address", "cluster"):
        return AddressBox(setting, preferences)
    if len(setting.choices()) <= _MOST_SEGMENTS:
        return _segments(setting, preferences)
    return ChoiceBox(setting, preferences)


def _switch(setting: Setting, preferences: Preferences) -> Switch:
    made = Switch(setting.title, bool(preferences.value(setting.key)))
    made.clicked.connect(lambda on: preferences.set_value(setting.key, on))
    preferences.changed.connect(
        lambda key: made.setChecked(bool(preferences.value(key))) if key == setting.key else None
    )
    return made


def _segments(setting: Setting, preferences: Preferences) -> SegmentedControl:
    choices = [(choice.value, words) for choice, words in zip(setting.choices(), _titles(setting), strict=True)]
    made = SegmentedControl(choices, str(preferences.value(setting.key)), setting.title)
    made.chosen.connect(lambda value: preferences.set_value(setting.key, value))
    preferences.changed.connect(
        lambda key: made.show_value(str(preferences.value(key))) if key == setting.key else None
    )
    return made


class SettingsPage(Page):
    """All settings, section by section; each takes effect at once."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._preferences = shell.preferences
        self.controls: dict[str, QWidget] = {}
        content = QWidget()
        body = column(Text(N_("Settings"), role="title"), spacing=SPACE_6, margins=(0, SPACE_6, 0, SPACE_6))
        if self._preferences.settings.notice:
            body.addWidget(Notice(plain(self._preferences.settings.notice), "warn"))
        for title, settings in groupby(SETTINGS, key=lambda setting: setting.section):
            section = Section(title)
            for setting in settings:
                section.add(self._row(setting))
            body.addWidget(section)
        body.addWidget(
            Text(
                lambda: _("Kept in {file}; `studio settings` in a terminal shows and changes the same.").format(
                    file=self._preferences.settings.file
                ),
                role="caption",
                wrap=True,
                selectable=True,
            )
        )
        body.addStretch(1)
        middle = QWidget()
        middle.setLayout(body)
        middle.setMaximumWidth(_CONTENT_WIDTH)
        outer = row(middle, margins=(SPACE_6, 0, SPACE_6, 0), spacing=SPACE_3, parent=content)
        outer.setStretch(0, 100)
        outer.addStretch(1)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(scrolled(content))
        self._preferences.changed.connect(self._show_value)
        self._preferences.refused.connect(lambda key, _failure: self._show_value(key))

    def _row(self, setting: Setting) -> FormRow:
        control = control_for(setting, self._preferences)
        self.controls[setting.key] = control
        given = self._preferences.settings.source(setting.key) == "environment"
        control.setEnabled(not given)
        if given:
            variable = setting.variable
            return FormRow(
                setting.title,
                lambda: _("Set by {variable} in the environment of this process.").format(variable=variable),
                control,
            )
        return FormRow(setting.title, setting.help, control)

    def _show_value(self, key: str) -> None:
        control = self.controls.get(key)
        if isinstance(control, (ChoiceBox, NumberBox, FolderBox, AddressBox)):
            control.show_value()
