"""Settings: every setting has a control that shows and changes it, at once and in the file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from studio.gui.main_window import MainWindow
from studio.gui.pages.settings import AddressBox, ChoiceBox, FolderBox, NumberBox, SettingsPage
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.switch import Switch
from studio.services.settings import SETTINGS, Settings


def _page(window: MainWindow) -> SettingsPage:
    window.shell.navigation.open_screen("settings")
    page = window.page
    assert isinstance(page, SettingsPage)
    return page


def _button(control: QWidget, text: str) -> QAbstractButton:
    return next(button for button in control.findChildren(QAbstractButton) if button.text() == text)


def test_every_setting_has_a_control(window: MainWindow) -> None:
    assert set(_page(window).controls) == {setting.key for setting in SETTINGS}


def test_a_choice_takes_effect_and_is_stored(window: MainWindow, qtbot: QtBot, settings: Settings) -> None:
    control = _page(window).controls["theme"]
    assert isinstance(control, SegmentedControl)
    qtbot.mouseClick(_button(control, "Dark"), Qt.MouseButton.LeftButton)
    assert window.shell.theme.dark
    assert Settings(settings.file, {}).value("theme") == "dark"


def test_a_switch_a_number_and_a_list(window: MainWindow, qtbot: QtBot, settings: Settings) -> None:
    controls = _page(window).controls
    offline, threads, device = controls["offline"], controls["threads"], controls["device"]
    assert isinstance(offline, Switch)
    assert isinstance(threads, NumberBox)
    assert isinstance(device, (ChoiceBox, SegmentedControl))
    qtbot.mouseClick(offline, Qt.MouseButton.LeftButton)
    threads.setValue(3)
    again = Settings(settings.file, {})
    assert again.value("offline") is True
    assert again.value("threads") == 3


def test_controls_follow_changes_from_elsewhere(window: MainWindow, settings: Settings) -> None:
    controls = _page(window).controls
    settings.set("threads", 2)
    settings.set("theme", "dark")
    settings.set("offline", True)
    assert controls["threads"].value() == 2
    assert controls["theme"].value == "dark"
    assert controls["offline"].isChecked()


def test_a_folder_is_shown_and_can_be_reset(
    window: MainWindow, qtbot: QtBot, settings: Settings, tmp_path: Path
) -> None:
    control = _page(window).controls["library"]
    assert isinstance(control, FolderBox)
    assert not control.reset_button.isVisible()
    settings.set("library", str(tmp_path))
    assert control.reset_button.isVisible()
    before = window.shell.library
    qtbot.mouseClick(control.reset_button, Qt.MouseButton.LeftButton)
    assert settings.value("library") == ""
    assert window.shell.library is not before


def test_an_address_is_taken_over_when_it_is_complete(
    window: MainWindow, qtbot: QtBot, settings: Settings, monkeypatch
) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    control = _page(window).controls["hub"]
    assert isinstance(control, AddressBox)
    qtbot.keyClicks(control, "https://mirror.example/")
    assert settings.value("hub") == ""
    qtbot.keyClick(control, Qt.Key.Key_Return)
    assert settings.value("hub") == "https://mirror.example"
    assert control.text() == "https://mirror.example"
    # What is no address is said, and what was in force is shown again.
    control.setText("nowhere")
    qtbot.keyClick(control, Qt.Key.Key_Return)
    assert len(window.shell.toasts.toasts()) == 1
    assert control.text() == "https://mirror.example"
    control.clear()
    qtbot.keyClick(control, Qt.Key.Key_Return)
    assert settings.source("hub") == "default"


def test_a_value_that_cannot_be_stored_is_said_and_undone(window: MainWindow, settings: Settings) -> None:
    control = _page(window).controls["threads"]
    settings.file.parent.joinpath("settings.json").unlink(missing_ok=True)
    settings.file.mkdir()
    control.setValue(5)
    assert len(window.shell.toasts.toasts()) == 1
    assert control.value() == 0


def test_what_the_environment_sets_is_shown_but_not_changed(
    qtbot: QtBot, application, tmp_path: Path, monkeypatch
) -> None:
    from tests.gui.conftest import shown_window

    given = Settings(tmp_path / "settings.json", {"STUDIO_LANGUAGE": "en"})
    for window in shown_window(qtbot, application, given, tmp_path, monkeypatch):
        assert not _page(window).controls["language"].isEnabled()


def test_a_damaged_settings_file_is_said_when_the_window_opens(
    qtbot: QtBot, application, tmp_path: Path, monkeypatch
) -> None:
    from tests.gui.conftest import shown_window

    file = tmp_path / "settings.json"
    file.write_text("{ not json", encoding="utf-8")
    for window in shown_window(qtbot, application, Settings(file, {}), tmp_path, monkeypatch):
        assert "damaged" in window.shell.toasts.toasts()[0].accessibleName()
