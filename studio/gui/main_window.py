"""The window: rail, pages, status bar. It only navigates."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from studio import __version__
from studio.domain.i18n import _
from studio.gui.actions import Actions, keys_of
from studio.gui.files import Files
from studio.gui.page import Page
from studio.gui.rail import Rail
from studio.gui.screens import all_screens
from studio.gui.shell import Shell
from studio.gui.status_bar import HEIGHT as STATUS_HEIGHT
from studio.gui.status_bar import StatusBar
from studio.gui.theme.icons import icon
from studio.gui.viewmodels.computer import ComputerWatch
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.toast import ToastArea
from studio.gui.words import Translated, plain

if TYPE_CHECKING:
    from studio.gui.widgets.command_palette import CommandPalette, Entry
    from studio.services.projects import Change

_SMALLEST = (1024, 700)
_FIRST = (1280, 800)


class MainWindow(Translated, QMainWindow):
    """The studio's window.

    Attributes:
        shell: What screens work with.
        action_set: Everything it can do.
        files: Its project commands.
        pages: The pages built so far, by screen id.
    """

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.files = Files(shell, self)
        self.pages: dict[str, Page] = {}
        self._empty = Page()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self.action_set = Actions(self)
        self.rail = Rail(self.action_set)
        self.computer = ComputerWatch(shell.background, self)
        self.status = StatusBar(self.computer, shell.jobs, shell.project)
        central = self._central = QWidget()
        upper = row(self.rail, self._stack, spacing=0)
        upper.setStretch(1, 1)
        whole = column(upper, self.status, spacing=0, parent=central)
        whole.setStretch(0, 1)
        self.setCentralWidget(central)
        shell.toasts = ToastArea(central, above=STATUS_HEIGHT)
        shell.window_action = self.action_set.trigger
        shell.offer_undo = self.files.offer_undo
        self._palette: CommandPalette | None = None
        self.setMinimumSize(*_SMALLEST)
        self._restore_place()

        self.rail.chosen.connect(shell.navigation.open_screen)
        shell.navigation.screen_opened.connect(self._show_screen)
        shell.background.failed.connect(shell.toasts.show_failure)
        shell.preferences.changed.connect(self._on_setting)
        shell.preferences.refused.connect(lambda _key, failure: shell.toasts.show_failure(failure))
        shell.project.opened.connect(self._show_project)
        shell.project.opened.connect(shell.toasts.recheck)
        shell.project.edited.connect(self._on_edit)
        shell.project.chosen.connect(lambda: shell.navigation.open_screen("try"))
        self.status.gpu_help.clicked.connect(self._explain_gpu)
        self.status.private.clicked.connect(lambda: shell.navigation.open_screen("settings"))
        self.retranslate()

    @property
    def palette_box(self) -> CommandPalette:
        """The command palette, made when it is first wanted."""
        if self._palette is None:
            from studio.gui.widgets.command_palette import CommandPalette

            self._palette = CommandPalette(self._central, self._entries)
        return self._palette

    @property
    def page(self) -> Page:
        """The page on show."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, Page) else self._empty

    def start(self, project: Path | None = None) -> None:
        """What waits until the window has been painted: the first page, the project, this computer.

        Args:
            project: The file to open; where None, the project worked on last.
        """
        self.shell.navigation.open_screen("home")
        notice = self.shell.preferences.settings.notice
        if notice:
            self.shell.toasts.show(plain(notice), "warn")
        if project is None:
            self.shell.project.resume()
        else:
            self.shell.project.open(project)
        self.computer.start()
        # A click on a use case then waits for no import.
        self.shell.background.run(lambda: import_module("studio.gui.pages.try_page"), owner=self)

    def explain(self) -> None:
        """Say what the focused control is for."""
        from PySide6.QtWidgets import QApplication, QToolTip

        widget = QApplication.focusWidget() or self.page
        told = (widget.whatsThis(), widget.accessibleDescription(), widget.toolTip(), widget.accessibleName())
        text = next((words for words in told if words), _("Move with Tab to a control, then press F1 again."))
        QToolTip.showText(widget.mapToGlobal(widget.rect().bottomLeft()), text, widget)

    def show_about(self) -> None:
        """Say what this is."""
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(self)
        box.setWindowTitle(_("About the studio"))
        box.setText(_("Prototype Studio {version}").format(version=__version__))
        box.setInformativeText(
            _(
                "Compare local AI models on your own use case and decide with evidence. "
                "Everything runs on this computer, unless you add an endpoint that answers elsewhere."
            )
        )
        box.setStandardButtons(QMessageBox.StandardButton.Close)
        box.button(QMessageBox.StandardButton.Close).setText(_("Close"))
        box.open()

    def retranslate(self) -> None:
        self._show_project()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._settings().setValue("geometry", self.saveGeometry())
        # Closing processes may take a moment; nobody needs to watch it.
        self.hide()
        self.computer.stop()
        for page in self.pages.values():
            page.close()
        self.shell.close()
        super().closeEvent(event)

    def _show_screen(self, screen_id: str) -> None:
        screen = next((screen for screen in all_screens() if screen.id == screen_id), None)
        if screen is None:
            return
        if screen_id not in self.pages:
            page = screen.build(self.shell)
            page.setAccessibleName(_(screen.title))
            page.commands_changed.connect(self.action_set.refresh)
            self.pages[screen_id] = page
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(self.pages[screen_id])
        self.rail.show_screen(screen_id)
        self.action_set.refresh()
        self.page.arrive()

    def _on_setting(self, key: str) -> None:
        if key == "theme":
            self.shell.theme.choose(self.shell.preferences.theme)
        elif key == "library":
            self.shell.forget_library()

    def _on_edit(self, change: Change) -> None:
        if change.parts & {"info", "place"}:
            self._show_project()
        elif "undo" in change.parts:
            self.action_set.refresh()
        self.shell.toasts.recheck()

    def _show_project(self) -> None:
        name = self.shell.project.name
        self.rail.show_project(name)
        self.setWindowTitle(f"{name} – {_('Prototype Studio')}" if name else _("Prototype Studio"))
        self.action_set.refresh()

    def _entries(self) -> list[Entry]:
        from studio.gui.use_case_icons import icon_of
        from studio.gui.widgets.command_palette import Entry
        from studio.tasks import all_tasks

        self.action_set.refresh()
        use_cases = [
            Entry(
                _("Try: {use_case}").format(use_case=_(task.title)),
                icon(icon_of(task), "muted", "accent_ink"),
                "",
                partial(self.shell.navigation.open_task, task.id),
            )
            for task in all_tasks()
        ]
        actions = [
            Entry(made.text(), made.icon(), keys_of(made), made.trigger)
            for action_id in self.action_set.declared
            if action_id != "palette" and (made := self.action_set[action_id]).isEnabled()
        ]
        return [*actions, *use_cases]

    def _explain_gpu(self) -> None:
        from studio.gui.advice_dialog import AdviceDialog

        AdviceDialog(self.shell.background, self).open()

    def _settings(self) -> QSettings:
        return QSettings(str(self.shell.preferences.folder / "window.ini"), QSettings.Format.IniFormat)

    def _restore_place(self) -> None:
        geometry = self._settings().value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(*_FIRST)
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
