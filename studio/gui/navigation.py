"""Where the window is: the screen and the use case. Screens ask it to go elsewhere and hear where it went."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Navigation(QObject):
    """The way through the window.

    Signals:
        screen_opened: A screen (its id) shall be shown.
        task_opened: A use case (its task id) was chosen.
        place_chosen: A place inside the screen that was opened, such as a run's id.
    """

    screen_opened = Signal(str)
    task_opened = Signal(str)
    place_chosen = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._screen = ""
        self._task = ""

    @property
    def screen(self) -> str:
        """Id of the screen on show."""
        return self._screen

    @property
    def task(self) -> str:
        """Id of the use case in hand; empty before the first was chosen."""
        return self._task

    def open_screen(self, screen_id: str) -> None:
        """Show a screen."""
        self._screen = screen_id
        self.screen_opened.emit(screen_id)

    def open_place(self, screen_id: str, place: str) -> None:
        """Show a screen and a place inside it, such as one of its views."""
        self.open_screen(screen_id)
        self.place_chosen.emit(place)

    def open_task(self, task_id: str) -> None:
        """Take up a use case and show Try with it."""
        self.choose_task(task_id)
        self.open_screen("try")

    def choose_task(self, task_id: str) -> None:
        """Take up a use case and stay on this screen."""
        if task_id != self._task:
            self._task = task_id
            self.task_opened.emit(task_id)
