"""The window: navigation, actions, themes, languages, and that everyone can use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QAction, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollArea,
    QToolTip,
    QWidget,
)
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

from studio.domain.i18n import languages
from studio.gui.main_window import MainWindow
from studio.gui.screens import all_screens
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import DARK, LIGHT
from studio.gui.widgets.text import ElidedText


class _StrayWindows(QObject):
    """Notes every window that opens, the studio's own aside."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.found: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        opens = event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow()
        if opens and watched is not self._window:
            self.found.append(watched)
        return False


SCREENS = [screen.id for screen in all_screens()]
_CONTROLS = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox, QAbstractItemView)


def _visible(window: MainWindow, kinds: type | tuple[type, ...] = QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if isinstance(widget, kinds) and widget.isVisible():
            yield widget


def test_the_rail_opens_screens_by_mouse(window: MainWindow, qtbot: QtBot) -> None:
    for screen_id, button in window.rail.buttons.items():
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert window.page is window.pages[screen_id]
        assert button.isChecked()


def test_keys_open_screens(window: MainWindow, qtbot: QtBot) -> None:
    for number, screen_id in enumerate(SCREENS, 1):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
        assert window.page is window.pages[screen_id]


def test_no_widget_flashes_as_a_window_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    stray = _StrayWindows(window)
    QApplication.instance().installEventFilter(stray)
    try:
        for screen_id in SCREENS:
            window.shell.navigation.open_screen(screen_id)
        window.shell.toasts.show("Hello", action="Again", on_action=lambda: None)
        window.shell.jobs.begin("Job").end()
        window.palette_box.open_box()
        qtbot.wait(300)
    finally:
        QApplication.instance().removeEventFilter(stray)
    assert stray.found == []


def test_the_path_comes_first_and_in_its_order() -> None:
    assert SCREENS == ["home", "try", "evaluate", "decide", "report", "models", "settings"]


def test_every_control_can_be_reached_with_tab(window: MainWindow, qtbot: QtBot) -> None:
    for screen_id in ("home", "settings"):
        window.shell.navigation.open_screen(screen_id)
        wanted = {
            widget
            for widget in _visible(window.page)
            if widget.isEnabled()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not widget.focusProxy()
            # Of a choice the chosen one is reached with Tab, the others with the arrow keys.
            and not (widget.property("kind") == "segment" and not widget.isChecked())
        }
        reached: set[QWidget] = set()
        for _press in range(len(wanted) + 60):
            qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
            reached.add(QApplication.focusWidget())
        assert wanted - reached == set(), screen_id


def test_a_card_opens_try_with_its_use_case(window: MainWindow, qtbot: QtBot) -> None:
    card = window.pages["home"]._cards["text-classification"]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.shell.navigation.task == "text-classification"
    assert window.page is window.pages["try"]


def test_a_card_opens_with_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    card = window.pages["home"]._cards["chat"]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Space)
    assert window.shell.navigation.task == "chat"


def test_a_card_is_a_button_to_a_screen_reader(window: MainWindow) -> None:
    card = window.pages["home"]._cards["chat"]
    spoken = QAccessible.queryAccessibleInterface(card)
    assert spoken.role() == QAccessible.Role.Button
    assert spoken.text(QAccessible.Text.Name) == "Chat"
    assert spoken.text(QAccessible.Text.Description) == card.accessibleDescription() != ""


@pytest.mark.parametrize("screen_id", SCREENS)
def test_everything_says_what_it_is(window: MainWindow, screen_id: str) -> None:
    """A screen reader finds a name for every control, and a title for every page."""
    window.shell.navigation.open_screen(screen_id)
    nameless = [
        widget
        for widget in _visible(window)
        if (widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, _CONTROLS))
        and not isinstance(widget, QScrollArea)
        and not _is_part(widget)
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text().strip()))
    ]
    assert nameless == []
    assert window.page.accessibleName()


def _is_part(widget: QWidget) -> bool:
    """Qt's own parts of a control, such as the line edit in a spin box, and labels, which say themselves."""
    return isinstance(widget, QLabel) or widget.objectName().startswith("qt_") or isinstance(widget, QMenu)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("size", [(1280, 800), (1024, 700)], ids=["1280x800", "1024x700"])
def test_no_text_is_cut_and_nothing_scrolls_sideways(
    window: MainWindow, qtbot: QtBot, language: str, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.shell.preferences.set_value("language", language)
    for screen in all_screens():
        window.shell.navigation.open_screen(screen.id)
        try:
            # A page may need a moment to settle.
            qtbot.waitUntil(lambda: not _cut(window), timeout=3000)
        except TimeoutError:
            assert _cut(window) == [], screen.id


def _cut(window: MainWindow) -> list[str]:
    """What does not fit where it stands."""
    wide = [f"scrolls sideways: {area}" for area in _visible(window, QScrollArea) if _too_wide(area)]
    labels = [label.text() for label in _visible(window, QLabel) if label.text() and _label_cut(label)]
    buttons = [b.text() for b in _visible(window, QAbstractButton) if b.width() < b.minimumSizeHint().width()]
    return wide + labels + buttons


def _too_wide(area: QScrollArea) -> bool:
    off = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    return off and area.widget().width() > area.viewport().width()


def _label_cut(label: QLabel) -> bool:
    if isinstance(label, ElidedText):
        return False
    if label.wordWrap():
        return label.height() < label.heightForWidth(label.width())
    return label.height() < label.sizeHint().height() or label.width() < label.sizeHint().width()


def test_theme_switches_while_it_is_open(window: MainWindow) -> None:
    for choice, colours in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        window.shell.preferences.set_value("theme", choice)
        assert current_colours() is colours
        assert QApplication.palette().color(QPalette.ColorRole.Window).name() == colours.background
        pixel = window.grab().toImage().pixelColor(window.width() - 24, window.height() // 2)
        assert pixel.name() == colours.background


def test_theme_follows_the_system_until_one_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    # Off screen there is no system to change; this is what Qt says when it does.
    says = QApplication.styleHints().colorSchemeChanged
    says.emit(Qt.ColorScheme.Dark)
    assert current_colours() is DARK
    window.shell.preferences.set_value("theme", "light")
    assert current_colours() is LIGHT
    says.emit(Qt.ColorScheme.Dark)
    assert current_colours() is LIGHT
    window.shell.preferences.set_value("theme", "system")
    assert current_colours() is DARK
    says.emit(Qt.ColorScheme.Light)
    assert current_colours() is LIGHT


def test_language_switches_while_it_is_open(window: MainWindow, qtbot: QtBot) -> None:
    """Every word on every page is said again: the second English pass equals the first, the Chinese one differs."""

    def words() -> dict[str, list[str]]:
        said = {}
        for screen in all_screens():
            window.shell.navigation.open_screen(screen.id)
            said[screen.id] = [
                widget.text()
                for widget in window.page.findChildren(QWidget)
                if isinstance(widget, (QLabel, QAbstractButton)) and widget.text() and widget.isVisibleTo(window.page)
            ]
        return said

    qtbot.waitUntil(lambda: "open now" in words()["home"], timeout=10_000)
    english = words()
    window.shell.preferences.set_value("language", "zh_CN")
    assert window.rail.buttons["settings"].accessibleName() == "设置"
    chinese = words()
    assert english.keys() == chinese.keys()
    assert window.action_set["go.settings"].text() == "设置"
    window.shell.preferences.set_value("language", "en")
    assert words() == english


def test_shortcuts_are_unique(window: MainWindow) -> None:
    keys = Counter(keys for action in window.action_set.declared.values() for keys in action.shortcuts)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_action_stands_in_the_menu(window: MainWindow) -> None:
    def inside(menu: QMenu) -> Iterator[QAction]:
        for action in menu.actions():
            if action.menu() is not None:
                yield from inside(action.menu())
            elif not action.isSeparator():
                yield action

    listed = {action.objectName() for action in inside(window.rail.menu)}
    assert set(window.action_set.declared) - listed == set()


def test_actions_that_the_page_does_not_offer_are_disabled(window: MainWindow) -> None:
    assert not window.action_set["run"].isEnabled()
    window.page.offer("run", lambda: None)
    window.page.commands_changed.emit()
    assert window.action_set["run"].isEnabled() is (window.page is window.pages["home"])


def test_palette_finds_and_does(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    box = window.palette_box
    assert box.isVisible()
    assert "Theme: dark" in box.titles()
    qtbot.keyClicks(box.field, "thdk")
    assert box.titles()[0] == "Theme: dark"
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert not box.isVisible()
    assert window.shell.preferences.value("theme") == "dark"


def test_escape_closes_the_palette_and_only_that(window: MainWindow, qtbot: QtBot) -> None:
    stopped = []
    window.page.offer("stop", lambda: stopped.append(1))
    window.action_set.refresh()
    window.palette_box.open_box()
    qtbot.keyClick(window.palette_box.field, Qt.Key.Key_Escape)
    assert not window.palette_box.isVisible()
    assert stopped == []
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert stopped == [1]


def test_f1_explains_what_is_focused(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.navigation.open_screen("home")
    card = window.pages["home"]._cards["chat"]
    card.setFocus()
    window.action_set.trigger("explain")
    assert QToolTip.text() == card.accessibleDescription()
    QToolTip.hideText()


def test_a_job_shows_in_the_status_bar_and_can_be_stopped(window: MainWindow, qtbot: QtBot) -> None:
    stopped = []
    job = window.shell.jobs.begin("Converting", lambda: stopped.append(1))
    button = window.status.running
    assert button.isVisible()
    assert button.text() == "Converting"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    job.show_progress(0.25, "Quantizing")
    popup = window.status.popup
    popup.rows[0].stop_button.click()
    assert stopped == [1]
    job.end()
    assert not button.isVisible()


def test_a_failure_that_nobody_takes_becomes_a_toast(window: MainWindow, qtbot: QtBot) -> None:
    def fail() -> None:
        raise MemoryError

    window.shell.background.run(fail)
    qtbot.waitUntil(lambda: bool(window.shell.toasts.toasts()))
    toast = window.shell.toasts.toasts()[0]
    assert "not enough memory" in toast.accessibleName()
    central = window.centralWidget()
    assert central.rect().contains(toast.geometry())


def test_toasts_stack_and_stay_inside(window: MainWindow) -> None:
    toasts = [window.shell.toasts.show(f"Message {number}", "bad") for number in range(5)]
    shown = window.shell.toasts.toasts()
    assert shown == toasts[-3:]
    places = [toast.mapTo(window, QPoint(0, 0)).y() for toast in shown]
    assert places == sorted(places)


def test_it_keeps_its_place(window: MainWindow, qtbot: QtBot, application: QApplication, settings) -> None:
    from studio.gui.app import make_window

    window.resize(1111, 777)
    window.close()
    again = make_window(application, settings)
    assert (again.width(), again.height()) == (1111, 777)
    again.close()


def test_the_project_has_a_name_and_edits_can_be_undone(window: MainWindow, qtbot: QtBot) -> None:
    session = window.shell.project.session
    session.rename("Support pilot")
    qtbot.waitUntil(lambda: "Support pilot" in window.windowTitle())
    assert window.action_set["edit.undo"].isEnabled()
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: "Support pilot" not in window.windowTitle())
    assert window.action_set["edit.redo"].isEnabled()


def test_a_foreign_file_is_refused_with_a_sentence(window: MainWindow, qtbot: QtBot, tmp_path) -> None:
    foreign = tmp_path / "notes.studio"
    foreign.write_text("not a project", encoding="utf-8")
    window.files.open_path(foreign)
    qtbot.waitUntil(lambda: bool(window.shell.toasts.toasts()), timeout=10_000)
    assert "notes.studio" in window.shell.toasts.toasts()[0].accessibleName()
    assert foreign.read_text(encoding="utf-8") == "not a project"


def test_there_is_a_project_to_work_in_where_the_one_asked_for_cannot_be_opened(
    window: MainWindow, qtbot: QtBot, tmp_path
) -> None:
    foreign = tmp_path / "notes.studio"
    foreign.write_text("not a project", encoding="utf-8")
    # As after a start with this file: no project was open before.
    window.shell.project.session.close()
    window.shell.project._session = None
    window.files.open_path(foreign)
    qtbot.waitUntil(lambda: window.shell.project.session is not None, timeout=10_000)
    assert "notes.studio" in window.shell.toasts.toasts()[0].accessibleName()


def test_a_project_that_is_open_elsewhere_can_be_copied(window: MainWindow, qtbot: QtBot, tmp_path) -> None:
    other = window.shell.project.projects.new("Shared")
    place = tmp_path / "shared.studio"
    other.save(place)
    window.files.open_path(place)
    qtbot.waitUntil(lambda: bool(window.shell.toasts.toasts()), timeout=10_000)
    toast = window.shell.toasts.toasts()[0]
    copy = next(button for button in toast.findChildren(QAbstractButton) if button.text() == "Open a copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Shared" in window.windowTitle(), timeout=10_000)
    assert window.shell.project.session.path != place
    other.close()


def test_the_palette_opens_use_cases(window: MainWindow, qtbot: QtBot) -> None:
    window.palette_box.open_box()
    qtbot.keyClicks(window.palette_box.field, "try: translation")
    qtbot.keyClick(window.palette_box.field, Qt.Key.Key_Return)
    assert window.shell.navigation.task == "translation"
    assert window.page is window.pages["try"]


def test_a_project_that_is_opened_is_shown_in_try(window: MainWindow, qtbot: QtBot, tmp_path) -> None:
    other = window.shell.project.projects.new("Pilot")
    place = tmp_path / "pilot.studio"
    other.save(place)
    other.close()
    window.files.open_path(place)
    qtbot.waitUntil(lambda: window.shell.navigation.screen == "try", timeout=10_000)
    assert window.shell.project.session.path == place


def test_an_error_in_the_windows_own_code_is_shown(window: MainWindow, qtbot: QtBot, monkeypatch, capsys) -> None:
    import sys
    import threading

    from studio.gui.last_resort import show_unforeseen_errors

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    show_unforeseen_errors(window)
    try:
        raise KeyError("slot")
    except KeyError:
        sys.excepthook(*sys.exc_info())
    qtbot.waitUntil(lambda: bool(window.shell.toasts.toasts()))
    assert "KeyError" in window.shell.toasts.toasts()[0].accessibleName()
    assert "Traceback" in capsys.readouterr().err
