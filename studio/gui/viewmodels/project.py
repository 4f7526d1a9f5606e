"""The open project, with signals for what changed in it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure

if TYPE_CHECKING:
    from studio.gui.bridge import Background
    from studio.services.projects import Change, Projects, ProjectSession


class CurrentProject(QObject):
    """Holds the project that the window works in.

    Signals:
        opened: Another project is open now; read everything again.
        edited: Something in it changed (a `studio.services.project_session.Change`).
        chosen: The user opened a project, which is open now (`opened` was emitted before).
        not_opened: A file (its path) could not be opened, and why.
    """

    opened = Signal()
    edited = Signal(object)
    chosen = Signal()
    not_opened = Signal(Path, Failure)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._session: ProjectSession | None = None
        self._projects: Projects | None = None
        self._forget: Callable[[], None] | None = None
        self._opening = threading.Lock()
        self._arriving: ProjectSession | None = None
        self._closed = False

    @property
    def session(self) -> ProjectSession | None:
        """The open project; None for the moment until the first is open."""
        return self._session

    @property
    def projects(self) -> Projects:
        """All projects of this computer. Reads the disk when first asked: ask in the background."""
        if self._projects is None:
            from studio.services.projects import Projects

            self._projects = Projects()
        return self._projects

    @property
    def name(self) -> str:
        """What to show as its name; empty until the first project is open."""
        return self._session.name if self._session else ""

    def resume(self) -> None:
        """Go on with the project worked on last, or begin one."""
        self._open(lambda: self.projects.resume())  # noqa: PLW0108 - see `begin`

    def begin(self) -> None:
        """Begin a new project."""
        self._open(lambda: self.projects.new())  # noqa: PLW0108 - `projects` reads the disk: not on this thread

    def open(self, path: Path) -> None:
        """Open the project of that file; `not_opened` follows where that is not possible."""
        self._open(lambda: self.projects.open(path), lambda failure: self.not_opened.emit(path, failure), True)

    def look_at(self, path: Path) -> None:
        """Open a project without changing it."""
        self._open(lambda: self.projects.open(path, read_only=True), chosen=True)

    def open_copy(self, path: Path) -> None:
        """Open a copy of a project, as a draft."""
        self._open(lambda: self.projects.open_copy(path), chosen=True)

    def take(self, session: ProjectSession) -> None:
        """Work in this project from now on; the one before is closed."""
        if self._forget is not None:
            self._forget()
        before, self._session = self._session, session
        self._forget = session.on_change(self._on_change)
        if before is not None:
            self._background.run(before.close)
        self.opened.emit()

    def close(self) -> None:
        """Close it, when the window closes; also one that is just being opened."""
        with self._opening:
            self._closed = True
            if self._arriving is not None:
                self._arriving.close()
                self._arriving = None
        if self._forget is not None:
            self._forget()
            self._forget = None
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(
        self,
        opening: Callable[[], ProjectSession],
        on_failed: Callable[[Failure], object] | None = None,
        chosen: bool = False,
    ) -> None:
        def work() -> ProjectSession:
            with self._opening:
                if self._closed:
                    raise RuntimeError("the window is closed")
                self._arriving = opening()
                return self._arriving

        def opened(session: ProjectSession) -> None:
            if self._closed:
                return
            self._arriving = None
            self.take(session)
            if chosen:
                self.chosen.emit()

        self._background.run(work, opened, on_failed, owner=self)

    def _on_change(self, change: Change) -> None:
        self._background.post(lambda: None if self._closed else self.edited.emit(change))
